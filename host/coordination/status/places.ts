/** Rows of this module by places in the array file: controllers agree on places, and each module gives out its own rows. */

import type { ArrayDescription } from "../../array/description.js";
import { layouts } from "../../shim/generated/layout.js";
import type { NameTable } from "../../shim/names.js";
import type { Shim } from "../../shim/shim.js";
import type { Membership } from "./channel.js";
import { configurationDigest } from "./identity.js";
import type { Sizes } from "./wire.js";

/** A place or row that is none. */
export const NOWHERE = -1;

export class Places {
  readonly digest: number;
  readonly sizes: Sizes;
  /** Place of this controller. */
  readonly own: number;
  readonly controllers: readonly string[];
  /** Rows by place; -1 for what has none. */
  readonly servers: Int32Array;
  readonly processors: Int32Array;
  readonly networkPorts: Int32Array;
  readonly interfaces: Int32Array;
  readonly targetPorts: Int32Array;
  readonly targets: Int32Array;
  readonly units: Int32Array;
  /** Place of the controller that owns each network port and each target port. */
  readonly networkPortOwners: Int32Array;
  readonly targetPortOwners: Int32Array;
  /** Places by row, of network ports. */
  private readonly networkPortPlaces: Map<number, number>;

  /** Holds for the configuration in force; made anew after another. `own`: name of this controller. */
  constructor(
    shim: Shim,
    readonly array: ArrayDescription,
    own: string,
  ) {
    const { names } = shim;
    this.digest = configurationDigest(array);
    this.controllers = array.controllers.map((controller) => controller.name);
    this.own = this.controllers.indexOf(own);
    this.servers = rowsOf(names.members, this.controllers);
    const firstServer = layouts[shim.core.profile].limits.PROCESSOR_MAX ?? 0;
    this.processors = processorRows(names.members, this.controllers, firstServer);
    this.networkPorts = rowsOf(names.networkPorts, namesOf(array.networkPorts));
    this.interfaces = rowsOf(names.interfaces, namesOf(array.interfaces));
    this.targetPorts = rowsOf(names.ports, namesOf(array.ports));
    this.targets = rowsOf(names.targets, namesOf(array.targets));
    this.units = rowsOf(names.units, namesOf(array.units));
    this.networkPortOwners = this.ownersOf(array.networkPorts ?? []);
    this.targetPortOwners = this.ownersOf(array.ports);
    this.networkPortPlaces = new Map([...this.networkPorts].map((row, place) => [row, place]));
    this.sizes = {
      networkPorts: this.networkPorts.length,
      interfaces: this.interfaces.length,
      targetPorts: this.targetPorts.length,
      targets: this.targets.length,
      units: this.units.length,
    };
  }

  membership(): Membership {
    const { controllers, digest, sizes } = this;
    return { controllers, own: controllers[this.own] as string, configuration: digest, sizes };
  }

  networkPortPlace(row: number): number {
    return this.networkPortPlaces.get(row) ?? NOWHERE;
  }

  private ownersOf(ports: readonly { controller: string }[]): Int32Array {
    return Int32Array.from(ports, (port) => this.controllers.indexOf(port.controller));
  }
}

function namesOf(things: readonly { name: string }[] | undefined): string[] {
  return (things ?? []).map((thing) => thing.name);
}

function rowsOf(table: NameTable, names: readonly string[]): Int32Array {
  return Int32Array.from(names, (name) => table.row(name));
}

/** A processor has its controller's name, by row only: the name itself stands for the server's row. */
function processorRows(members: NameTable, controllers: readonly string[], firstServer: number): Int32Array {
  const rows = new Int32Array(controllers.length).fill(NOWHERE);
  for (let row = 0; row < firstServer; row++) {
    const place = controllers.indexOf(members.name(row));
    if (place >= 0) rows[place] = row;
  }
  return rows;
}
