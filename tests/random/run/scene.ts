/** What those see who judge a run: the truth around the module, its tables, and what it has just decided. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { World } from "../../../host/scenario/world.js";
import type { Views } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";
import type { RandomCase, StageName } from "../case.js";
import type { Decision } from "../observe/decisions.js";

/** Something that does not hold. */
export interface Breach {
  invariant: string;
  message: string;
  tick: number;
  nowMs: number;
  stage: StageName;
}

/** What an observer sees of a run. Tables are read through `views`; `world` is the truth around the module. */
export interface Scene {
  readonly case: RandomCase;
  readonly array: ArrayDescription;
  readonly world: World;
  readonly shim: Shim;
  readonly views: Views;
  /** Virtual time, and ticks so far. */
  readonly nowMs: number;
  readonly tick: number;
  readonly stage: StageName;
  /** Times a host has started: fresh starts forget, attached ones go on. */
  readonly hosts: number;
  /** Decisions that this tick made; empty before it. */
  readonly decisions: readonly Decision[];
  /** Rows of state tables that were damaged and not yet found whole again. */
  readonly damaged: ReadonlySet<string>;
}

export interface Observer {
  /** Name of the invariant that it judges. */
  readonly name: string;
  /** A host has started on a memory. `attached`: that of the one before. */
  started?(scene: Scene, attached: boolean): void;
  /** The module has adopted another configuration. */
  configured?(scene: Scene): void;
  /** All inputs are written. */
  beforeTick?(scene: Scene): void;
  /** The module has ticked; nothing is drained yet. */
  afterTick?(scene: Scene): void;
  /** A row was damaged. */
  damage?(scene: Scene, table: string): void;
  ended?(scene: Scene): void;
}

/** What an observer reports a breach by. */
export type Report = (message: string) => void;
/** Makes a new observer for one run. */
export type Invariant = { name: string; observe: (report: Report) => Observer };
