/**
 * Who says that it holds what: addresses on network ports, or units. Each thing has one place in the module's table,
 * put together here from what each controller says of itself.
 */

export const NOBODY = -1;

export class Claims {
  /** For each controller and thing what it says: a place of its own, or `NOBODY`. */
  private readonly said: Int32Array[];
  /** For each controller and thing: it has said anything of it. */
  private readonly heard: Uint8Array[];
  /** For each thing the controller whose claim counts, or `NOBODY`. */
  private readonly claimants: Int32Array;
  /** Things that two claimed at one time, ever. */
  doubled = 0;

  /** @param changed what is known of a thing has changed */
  constructor(
    controllers: number,
    private readonly things: number,
    private readonly changed: (thing: number) => void,
  ) {
    const each = Array.from({ length: controllers });
    this.said = each.map(() => new Int32Array(things).fill(NOBODY));
    this.heard = each.map(() => new Uint8Array(things));
    this.claimants = new Int32Array(things).fill(NOBODY);
  }

  /** A controller says where it holds a thing, or, with `NOBODY`, that it doesn't. */
  say(controller: number, thing: number, place: number): void {
    const said = this.said[controller] as Int32Array;
    const heard = this.heard[controller] as Uint8Array;
    if (heard[thing] === 1 && said[thing] === place) return;
    heard[thing] = 1;
    said[thing] = place;
    if (place !== NOBODY) this.claim(controller, thing);
    else if (this.claimants[thing] === controller) this.claimants[thing] = this.anyOther(thing);
    this.changed(thing);
  }

  /** All that a controller says is void: its liveness key is gone. */
  forget(controller: number): void {
    const heard = this.heard[controller] as Uint8Array;
    for (let thing = 0; thing < this.things; thing++) {
      if (heard[thing] === 0) continue;
      this.say(controller, thing, NOBODY);
      heard[thing] = 0;
    }
  }

  /** Where a thing is, by the controller whose claim counts; `NOBODY` without any. */
  place(thing: number): number {
    const claimant = this.claimants[thing] as number;
    return claimant === NOBODY ? NOBODY : ((this.said[claimant] as Int32Array)[thing] as number);
  }

  /** The controller whose claim counts, or `NOBODY`. */
  claimant(thing: number): number {
    return this.claimants[thing] as number;
  }

  /** What a controller says of a thing; `NOBODY` also where it has said nothing. */
  ofController(controller: number, thing: number): number {
    return (this.said[controller] as Int32Array)[thing] as number;
  }

  /** Whether a controller has said anything of a thing. */
  hasSaid(controller: number, thing: number): boolean {
    return (this.heard[controller] as Uint8Array)[thing] === 1;
  }

  /** Of two that claim a thing the later counts: it was given the thing under a later decision. */
  private claim(controller: number, thing: number): void {
    const before = this.claimants[thing] as number;
    if (before !== NOBODY && before !== controller) this.doubled++;
    this.claimants[thing] = controller;
  }

  private anyOther(thing: number): number {
    return this.said.findIndex((said) => said[thing] !== NOBODY);
  }
}
