/**
 * The running array as the servers see it: copies of its tables to read from, and wishes. One implementation stands over
 * the engine of `fairlead run` (`engine-array.ts`); another one speaks to it from the server's own thread
 * (`remote-array.ts`), so that nothing a server does holds up a tick.
 */

import type { ArrayDescription, Problem } from "../../array/description.js";
import type { DecisionRecord, RunEvent } from "../../cli/run/records.js";
import type { ChannelFacts } from "../../coordination/status/channel-facts.js";
import type { ProfileName } from "../../shim/generated/layout.js";

/** Names of rows: row and name. */
export type NamedRows = readonly (readonly [row: number, name: string])[];

/** Tables whose rows have names. */
export const NAMED_TABLES = [
  "ports",
  "targets",
  "initiators",
  "controllers",
  "members",
  "processors",
  "networkPorts",
  "interfaces",
  "units",
] as const;
export type NamedTable = (typeof NAMED_TABLES)[number];

export interface EngineFacts {
  ticks: number;
  tickMeanUs: number;
  tickLongestUs: number;
  /** Monotonic milliseconds of the process since the last tick when the copy was made; -1 before the first. */
  lastTickAgeMs: number;
  upMs: number;
  decisions: number;
  simulated: boolean;
  /** Where the module runs from, in words. */
  incarnation: number;
  epoch: number;
  /** What the status messages have come to; absent for an array without `coordination`. */
  status?: ChannelFacts;
}

export interface ConfigurationFacts {
  digest: string;
  unconfirmed: boolean;
  /** Time left to confirm in; null where nothing waits. */
  returnsInMs: number | null;
}

/** The array at one moment: a copy of the module's memory and what its rows are called. */
export interface ArraySnapshot {
  /** Wall clock, milliseconds since 1970. */
  takenMs: number;
  profile: ProfileName;
  memory: ArrayBuffer;
  names: Readonly<Record<NamedTable, NamedRows>>;
  description: ArrayDescription;
  controller: string;
  engine: EngineFacts;
  configuration: ConfigurationFacts;
  /** What commands name in If-Match: changes with each start, adopted configuration and epoch. */
  revision: string;
}

/** What an operator wishes. Each says a wished state: said twice it does no harm. */
export type Operation =
  | { kind: "port-maintenance"; port: string; maintenance: boolean }
  | { kind: "controller-maintenance"; controller: string; maintenance: boolean }
  /** All that is displaced, or what one server lost. */
  | { kind: "fail-back"; server: string | undefined }
  | { kind: "rebalance" }
  | { kind: "switch-over"; processor: string };

export interface Performed {
  operation: string;
  subject: string;
  state: "done" | "under-way";
  revision: string;
}

/** Why a wish is not carried out. `missing`: there is no such thing; `conflict`: not in the state that the array is in. */
export type Unfulfilled = { refused: "missing" | "conflict"; code: string; detail: string; problems?: FoundProblem[] };

/** A problem of an array file, with the controller that found it where several were asked. */
export type FoundProblem = Problem & { controller?: string };

export interface ConfigurationText extends ConfigurationFacts {
  /** The array file in force; null where it was not read from a text. */
  text: string | null;
  file: string | null;
  revision: string;
}

export interface SlotFacts {
  slots: {
    active: "a" | "b";
    trial: "none" | "pending";
    trialDigest: string;
    attempts: number;
    attemptsMax: number;
    confirmMs: number;
    returned: string;
    securityCounter: number;
  } | null;
  waiting: string[];
}

export type BundleWish =
  | { kind: "install"; bundle: string; attempts: number; confirmMs: number }
  | { kind: "confirm" }
  | { kind: "return" };

export interface ArrayWatcher {
  decision?(record: DecisionRecord): void;
  event?(event: RunEvent): void;
}

export interface DecisionPage {
  items: DecisionRecord[];
  total: number;
}

export interface ManagedArray {
  /** A copy that is at most so old, in milliseconds. */
  snapshot(ageMaxMs?: number): Promise<ArraySnapshot>;
  /** Revision now; cheaper than a copy. */
  revision(): Promise<string>;
  /** Kept decisions after a sequence number, the oldest first. */
  decisions(after: number, limit: number): Promise<DecisionPage>;
  /** @returns what ends the watching */
  watch(watcher: ArrayWatcher): () => void;
  /** `revision`: carried out only if it still holds, looked at and done without a tick between. */
  perform(operation: Operation, revision: string | undefined): Promise<Performed | Unfulfilled>;
  configuration(): Promise<ConfigurationText>;
  /** Checks and changes nothing. */
  checkConfiguration(text: string): Promise<{ problems: FoundProblem[]; digest: string }>;
  commitConfiguration(
    text: string,
    confirmWithinMs: number,
    revision: string | undefined,
  ): Promise<{ digest: string; revision: string; returnsInMs: number } | Unfulfilled>;
  /** `digest`: of the configuration that is meant. */
  confirmConfiguration(digest: string): Promise<{ digest: string } | Unfulfilled>;
  returnConfiguration(digest: string): Promise<{ digest: string; revision: string } | Unfulfilled>;
  bundles(): Promise<SlotFacts>;
  changeBundles(wish: BundleWish): Promise<SlotFacts | Unfulfilled>;
}

export function isUnfulfilled(value: object): value is Unfulfilled {
  return "refused" in value;
}

/** The refusal where what was to be changed is no longer what was seen. */
export const CHANGED: Unfulfilled = {
  refused: "conflict",
  code: "changed",
  detail: "things have changed since: look again",
};
