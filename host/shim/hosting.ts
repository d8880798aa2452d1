/** Inputs of the interface failover: links of network ports, where addresses and units are. */

import { layouts } from "./generated/layout.js";
import type { IdBook } from "./id-book.js";
import type { Core } from "./module.js";
import { type Names, type NameTable, NONE } from "./names.js";
import type { Staged } from "./staging.js";

export class Hosting {
  private readonly firstServer: number;

  constructor(
    private readonly core: Pick<Core, "views" | "profile">,
    private readonly incarnation: number,
    private readonly names: Names,
  ) {
    this.firstServer = layouts[core.profile].limits.PROCESSOR_MAX ?? 0;
  }

  serverRow(controller: number): number {
    return this.firstServer + controller;
  }

  /** What is as it was is not marked again. */
  networkPort(port: number, link: number, errors: number): void {
    const { networkPortInput: input, networkPortConfig } = this.core.views;
    const generation = networkPortConfig.generation(port);
    const known = input.incarnation(port) === this.incarnation && input.generation(port) === generation;
    if (known && input.link(port) === link && input.errors(port) === (errors & NONE)) return;
    input.setGeneration(port, generation);
    input.setIncarnation(port, this.incarnation);
    input.setLink(port, link);
    input.setErrors(port, errors & NONE);
    input.markChanged(port);
  }

  interfaceAt(row: number, port: number): void {
    const { interfaceInput: input, interfaceConfig } = this.core.views;
    const generation = interfaceConfig.generation(row);
    const known = input.incarnation(row) === this.incarnation && input.generation(row) === generation;
    if (known && input.port(row) === port) return;
    input.setGeneration(row, generation);
    input.setIncarnation(row, this.incarnation);
    input.setPort(row, port);
    input.markChanged(row);
  }

  unitAt(unit: number, admitted: number, serving: number): void {
    const { unitInput: input, unitConfig } = this.core.views;
    const generation = unitConfig.generation(unit);
    const known = input.incarnation(unit) === this.incarnation && input.generation(unit) === generation;
    if (known && input.server(unit) === admitted && input.serving(unit) === serving) return;
    input.setGeneration(unit, generation);
    input.setIncarnation(unit, this.incarnation);
    input.setServer(unit, admitted);
    input.setServing(unit, serving);
    input.markChanged(unit);
  }

  /** Names of the rows that the module gave out. */
  adopt(staged: Staged): void {
    const { memberConfigStaged, networkPortConfigStaged, interfaceConfigStaged, unitConfigStaged } = this.core.views;
    this.names.members.clear();
    this.names.processors.clear();
    this.names.controllers.clear();
    for (const [place, name] of staged.controllers.entries()) {
      const server = memberConfigStaged.assigned(this.firstServer + place);
      this.names.members.set(server, name);
      this.names.controllers.set(server - this.firstServer, name);
      if (place < this.firstServer) this.nameProcessor(memberConfigStaged.assigned(place), name);
    }
    rename(this.names.networkPorts, staged.networkPorts, (row) => networkPortConfigStaged.assigned(row));
    rename(this.names.interfaces, staged.interfaces, (row) => interfaceConfigStaged.assigned(row));
    rename(this.names.units, staged.units, (row) => unitConfigStaged.assigned(row));
  }

  /** After an attach: names of the rows in force, by their ids. */
  readNames(book: IdBook): void {
    const { networkPortConfig, interfaceConfig, unitConfig, memberConfig } = this.core.views;
    for (const [kind, config] of [
      ["networkPorts", networkPortConfig],
      ["interfaces", interfaceConfig],
      ["units", unitConfig],
    ] as const) {
      const names = book.namesById(kind);
      for (let row = 0; row < config.capacity; row++) {
        const name = names.get(config.id(row));
        if (name !== undefined) this.names[kind].set(row, name);
      }
    }
    const controllers = book.namesById("controllers");
    const members = this.firstServer + (layouts[this.core.profile].limits.SERVER_MAX ?? 0);
    for (let row = 0; row < members; row++) {
      const name = controllers.get(memberConfig.id(row));
      if (name === undefined) continue;
      if (row < this.firstServer) this.nameProcessor(row, name);
      else {
        this.names.members.set(row, name);
        this.names.controllers.set(row - this.firstServer, name);
      }
    }
  }

  /** A processor has its controller's name, by row only: the name stands for the server's row. */
  private nameProcessor(row: number, name: string): void {
    this.names.members.alias(row, name);
    this.names.processors.set(row, name);
  }
}

function rename(table: NameTable, names: readonly string[], rowOf: (row: number) => number): void {
  table.clear();
  for (const [row, name] of names.entries()) table.set(rowOf(row), name);
}
