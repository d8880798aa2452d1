/** Units as one controller serves them: admitted at the shelf, then exported under the name that the shelf admits. */

import type { UnitExporter } from "./exporter.js";
import type { ShelfUnit, UnitShelf } from "./unit-shelf.js";

export class UnitService {
  /** Name under which the shelf admits this controller to a unit. */
  private readonly initiators = new Map<string, string>();

  /**
   * @param self name of this controller
   * @param served told after each answer of the shelf which server each unit has
   */
  constructor(
    private readonly self: string,
    private readonly shelf: UnitShelf,
    private readonly exporter: UnitExporter,
    private readonly served: (servers: ReadonlyMap<string, string>) => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * Has the shelf shut everybody else out. @param server this controller: nobody is admitted in another's name
   * @throws ShelfRefusal for an epoch lower than the highest that the shelf has seen for the unit
   */
  async admit(unit: string, server: string, epoch: number): Promise<void> {
    if (server !== this.self) throw new Error(`${this.self} asks the shelf for itself, not for ${server}`);
    const { initiator } = await this.shelf.admit(unit, epoch);
    this.initiators.set(unit, initiator);
  }

  /** Exports a unit that was admitted. Resolves when the export answers. */
  async serve(unit: string): Promise<void> {
    const initiator = this.initiators.get(unit);
    if (initiator === undefined) throw new Error(`unit ${unit}: the shelf has not admitted ${this.self}`);
    await this.exporter.start(unit, initiator);
  }

  /** Ends an export. The shelf goes on admitting this controller until it admits another. */
  async stop(unit: string): Promise<void> {
    this.initiators.delete(unit);
    await this.exporter.stop(unit);
  }

  serving(): Promise<string[]> {
    return Promise.resolve(this.exporter.serving());
  }

  /** Whom the shelf admits. Connections to this controller's addresses go there from then on. */
  async states(): Promise<ShelfUnit[]> {
    const states = await this.shelf.states();
    const servers = states.flatMap(({ unit, server }) => (server === undefined ? [] : [[unit, server] as const]));
    await this.served(new Map(servers));
    return states;
  }

  close(): Promise<void> {
    return this.exporter.close();
  }
}
