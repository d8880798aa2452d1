/** Feeds the links of this controller's network ports: an event is in the module's table by the next tick. */

import type { Source } from "../../shim/actor.js";
import type { Shim } from "../../shim/shim.js";
import type { LinkWatch } from "./link-watch.js";

const NO_ROW = -1;

export class NetworkPortSource implements Source {
  private shim: Shim | undefined;
  private rows: Int32Array;
  /** Generation of the configuration for which `rows` holds. */
  private generation = -1;

  /** `ports`: this controller's network ports and their devices. */
  constructor(
    private ports: readonly { name: string; device: string }[],
    private readonly watch: LinkWatch,
  ) {
    this.rows = new Int32Array(ports.length).fill(NO_ROW);
  }

  attach(shim: Shim): void {
    this.shim = shim;
    void this.watch.start();
  }

  /** Other ports of this controller than before; the watch has to know their devices. */
  follow(ports: readonly { name: string; device: string }[]): void {
    this.ports = ports;
    this.rows = new Int32Array(ports.length).fill(NO_ROW);
    this.generation = -1;
  }

  /** Writes what has changed, and nothing else; allocates nothing unless the configuration changed. */
  beforeTick(): void {
    const shim = this.shim as Shim;
    const generation = shim.core.views.header.generation(0);
    if (generation !== this.generation) this.findRows(shim, generation);
    for (let port = 0; port < this.rows.length; port++) {
      const row = this.rows[port] as number;
      if (row === NO_ROW) continue;
      const { device } = this.ports[port] as { device: string };
      shim.networkPort(row, this.watch.state(device), Math.min(this.watch.errors(device), 0xffff));
    }
  }

  close(): Promise<void> {
    return this.watch.close();
  }

  private findRows(shim: Shim, generation: number): void {
    for (const [port, { name }] of this.ports.entries()) this.rows[port] = shim.names.networkPorts.row(name);
    this.generation = generation;
  }
}
