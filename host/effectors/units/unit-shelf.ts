/** What a controller asks of the shelf that holds its units' blocks; over a link (`shelf-client.ts`) or simulated. */

/** The shelf lets this initiator in, and nobody else. */
export interface Admission {
  /** iSCSI name to log in with: another one for each admission, so that an earlier export never comes back. */
  initiator: string;
}

/** A unit as the shelf has it. */
export interface ShelfUnit {
  unit: string;
  /** Name of the server that is admitted; undefined: nobody. */
  server: string | undefined;
  /** Highest epoch that the shelf has seen for the unit. */
  epoch: number;
}

/** The shelf refuses: the epoch is lower than the highest it has seen, or it has no such unit. */
export class ShelfRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ShelfRefusal";
  }
}

export interface UnitShelf {
  /**
   * Admits this controller to a unit and shuts everybody else out. When it resolves, the connections of the earlier server
   * are closed at the shelf: none of its writes arrives any more.
   * @throws ShelfRefusal, or Error where the shelf doesn't answer: this controller may then be admitted or not
   */
  admit(unit: string, epoch: number): Promise<Admission>;
  /** Gives a unit up: nobody is admitted. One that another server has is left alone. @throws as `admit` */
  release(unit: string, epoch: number): Promise<void>;
  /** All units. @throws Error where the shelf doesn't answer */
  states(): Promise<ShelfUnit[]>;
}
