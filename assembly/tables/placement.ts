/** A plan of where things go: scratch of `placement/`, kept over ticks while a plan is under way. */

/** How far the plan under way has come. */
export enum PlacementStep {
  /** No plan is under way. */
  NONE = 0,
  /** Its caller opens places and classes and says what is where. */
  OPEN = 1,
  /** Things without a place are put on the least loaded one that they may use. */
  FILL = 2,
  /** Things are passed on along paths until nothing can be gained. */
  SPREAD = 3,
  /** The best spread is known: its caller takes places for its things. */
  DONE = 4,
}

@unmanaged
@table("placement", "state", 1)
export class Placement {
  @field("enum", "PlacementStep") step: u16;
  /** Places and classes opened. */
  @field("count") places: u16;
  @field("count") classes: u16;
  /** Class that is being filled, its place in the order of filling. */
  @field("count") filled: u16;
  /** Things passed on along paths since the plan began. */
  @field("count") passedOn: u32;
  @field("check") check: u32;

  @inline static get(): Placement {
    return changetype<Placement>(PLACEMENT_BASE);
  }
}
if (offsetof<Placement>() != 16) ERROR("Placement");

/** A place that things are put on, in the order that breaks ties. */
@unmanaged
@table("placement-place", "state", PLACE_MAX)
export class PlacementPlace {
  /** What it stands for: a row of the caller's. */
  @field("number") subject: u16;
  /** Places of the same owner (ports of a server). */
  @field("number") owner: u16;
  /** Weight: a place of twice the weight takes twice as many things. */
  @field("number") weight: u32;
  /** Earlier is preferred among equally loaded ones. */
  @field("number") rank: u16;
  /** Things on it. */
  @field("count") things: u16;
  /** Least loaded place that a thing of this one can be passed on to, itself if none. */
  @field("number") best: u16;
  /** First step of the way there: class of the thing, and the place that it goes to; `NONE` at its end. */
  @field("number") viaClass: u16;
  @field("number") viaPlace: u16;
  /** What the way costs in moves: a thing that leaves its present place costs one, one that returns there gives it back. */
  @field("number") moves: u16;
  /** The heap of the class that is being filled: place at this position. */
  @field("number") heap: u16;
  @field("pad") pad: u16;

  @inline static at(index: u32): PlacementPlace {
    return changetype<PlacementPlace>(PLACEMENT_PLACE_BASE + index * <u32>offsetof<PlacementPlace>());
  }
}
if (offsetof<PlacementPlace>() != 24) ERROR("PlacementPlace");

/** A class of interchangeable things. */
@unmanaged
@table("placement-class", "state", PLACE_CLASS_MAX)
export class PlacementClass {
  /** Least id of its things without a place: breaks ties between classes. */
  @field("number") leastId: u32;
  /** Things without a place, and how many of them are filled in. */
  @field("count") waiting: u16;
  @field("count") filled: u16;
  /** Things that have a place and may be moved. */
  @field("count") present: u16;
  @field("pad") pad: u16;
  /** Places that it may use. */
  @field("count") width: u16;
  /** Owner that its things came from, or `NONE` if from several: preferred among equals. */
  @field("number") owner: u16;
  /** Where taking places goes on. */
  @field("number") cursor: u16;
  /** Class at this place in the order of filling. */
  @field("number") order: u16;

  @inline static at(index: u32): PlacementClass {
    return changetype<PlacementClass>(PLACEMENT_CLASS_BASE + index * <u32>offsetof<PlacementClass>());
  }
}
if (offsetof<PlacementClass>() != 20) ERROR("PlacementClass");

/** Places that a class may use: row `class * PLACE_WORDS + word`. */
@unmanaged
@table("placement-allowed", "state", PLACE_CLASS_WORD_MAX)
export class PlacementAllowed {
  @field("number") places: u32;

  @inline static at(index: u32): PlacementAllowed {
    return changetype<PlacementAllowed>(PLACEMENT_ALLOWED_BASE + index * <u32>offsetof<PlacementAllowed>());
  }
}

/** Cells (class, place), eight in a row: how many things of the class are planned there, and how many are there now. */
@unmanaged
@table("placement-cells", "state", PLACE_CELL_ROW_MAX)
export class PlacementCells {
  @field("number") cell0: u32;
  @field("number") cell1: u32;
  @field("number") cell2: u32;
  @field("number") cell3: u32;
  @field("number") cell4: u32;
  @field("number") cell5: u32;
  @field("number") cell6: u32;
  @field("number") cell7: u32;
}
