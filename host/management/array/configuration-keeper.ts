/**
 * The array file in force, and the way back: an adopted one that is not confirmed in time is taken back by itself. Only
 * a confirmed one is written to the file, so a restart in between is a way back too.
 *
 *   in force ──commit──► unconfirmed ──confirm──► in force, and written
 *      ▲                     │ time over, or returned
 *      └─────────────────────┘
 */

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type ArrayDescription, type Problem, parseArray } from "../../array/description.js";
import { writeWhole } from "../access/safe-file.js";
import type { MaintenanceSubject } from "../../array/maintenance-text.js";
import type { Configurations } from "./configurations.js";
import { CHANGED, type ConfigurationFacts, type Unfulfilled } from "./managed-array.js";

export interface ConfigurationKeeperOptions {
  text: string;
  /** Where a confirmed text is written; none for the embedded array. */
  file: string | undefined;
  array: ArrayDescription;
  /** Has the module adopt an array: nothing when it did. */
  adopt(array: ArrayDescription): Problem[];
  /** The sources of a run have been made for these ports and targets. */
  namesAreFixed: boolean;
  report(line: string): void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const UPLOADED = "<configuration>";

interface Kept {
  text: string;
  array: ArrayDescription;
}

export class ConfigurationKeeper implements Configurations {
  private inForce: Kept;
  private before: Kept | undefined;
  private dueMs = 0;
  private readonly now: () => number;

  constructor(private readonly options: ConfigurationKeeperOptions) {
    this.inForce = { text: options.text, array: options.array };
    this.now = options.now ?? (() => performance.now());
  }

  get text(): string {
    return this.inForce.text;
  }

  get file(): string | undefined {
    return this.options.file;
  }

  get facts(): ConfigurationFacts {
    const unconfirmed = this.before !== undefined;
    return {
      digest: digestOf(this.inForce.text),
      unconfirmed,
      returnsInMs: unconfirmed ? Math.max(0, Math.round(this.dueMs - this.now())) : null,
    };
  }

  /** Structure, meaning, and whether the run can take it without a restart. Whether the module adopts it shows at the commit. */
  check(text: string): { array?: ArrayDescription; problems: Problem[] } {
    const { array, problems } = parseArray(text, UPLOADED);
    if (array === undefined) return { problems };
    const hindrances = this.hindrances(array);
    return hindrances.length > 0 ? { problems: hindrances } : { array, problems: [] };
  }

  /** Done in one go: nothing comes between the caller's look and the write. */
  commit(text: string, confirmWithinMs: number): { returnsInMs: number } | Unfulfilled {
    if (this.before !== undefined) {
      const detail = "an array file waits to be confirmed: confirm or return it first";
      return { refused: "conflict", code: "unconfirmed", detail };
    }
    const { array, problems } = this.check(text);
    const found = array === undefined ? problems : this.options.adopt(array);
    if (array === undefined || found.length > 0) {
      const detail = "the array file is not adopted; the one in force stays so";
      return { refused: "conflict", code: "not_adopted", detail, problems: found };
    }
    this.before = this.inForce;
    this.inForce = { text, array };
    this.dueMs = this.now() + confirmWithinMs;
    return { returnsInMs: confirmWithinMs };
  }

  /** Writes the file; where that fails it stays unconfirmed. */
  confirm(digest: string): Unfulfilled | undefined {
    const waits = this.waiting(digest);
    if (waits !== undefined) return waits;
    try {
      if (this.options.file !== undefined) writeWhole(this.options.file, this.inForce.text, 0o644);
    } catch (error) {
      return { refused: "conflict", code: "not_written", detail: `the array file can't be written: ${String(error)}` };
    }
    this.before = undefined;
    return undefined;
  }

  /** Takes back what was adopted last. */
  giveBack(digest: string): Unfulfilled | undefined {
    const waits = this.waiting(digest);
    if (waits !== undefined) return waits;
    this.takeBack("on request");
    return undefined;
  }

  /** Called with each tick. */
  afterTick(): void {
    if (this.before !== undefined && this.now() >= this.dueMs) this.takeBack("it was not confirmed in time");
  }

  /** For as long as the run: the text stays as it is, and what is taken back keeps the maintenance. */
  setMaintenance(subject: MaintenanceSubject, maintenance: boolean): Unfulfilled | undefined {
    const change = (from: ArrayDescription) => maintained(from, subject, maintenance);
    const changed = change(this.inForce.array);
    const problems = this.options.adopt(changed);
    if (problems.length > 0) {
      return { refused: "conflict", code: "not_adopted", detail: "the module refused the change", problems };
    }
    this.inForce = { ...this.inForce, array: changed };
    if (this.before !== undefined) this.before = { ...this.before, array: change(this.before.array) };
    return undefined;
  }

  private waiting(digest: string): Unfulfilled | undefined {
    if (this.before === undefined) {
      return { refused: "conflict", code: "nothing_unconfirmed", detail: "no array file waits to be confirmed" };
    }
    return digest === digestOf(this.inForce.text) ? undefined : CHANGED;
  }

  private takeBack(why: string): void {
    const { before } = this;
    if (before === undefined) return;
    const problems = this.options.adopt(before.array);
    if (problems.length > 0) {
      // It was in force before, so this is a fault of ours: say so, and try again with the next tick.
      this.options.report(`configuration: the earlier array file was refused: ${problems[0]?.message}`);
      return;
    }
    this.inForce = before;
    this.before = undefined;
    this.options.report(`configuration: the earlier array file is back in force: ${why}`);
  }

  private hindrances(array: ArrayDescription): Problem[] {
    const { array: present } = this.inForce;
    const problem = (field: string, message: string): Problem => ({
      file: UPLOADED,
      line: 0,
      column: 0,
      field,
      message,
      expected: "the same as in force, or a restart with the new file",
    });
    const problems: Problem[] = [];
    if (array.profile !== present.profile) problems.push(problem("profile", "another profile is another module"));
    if (!isDeepStrictEqual(array.sources, present.sources)) {
      problems.push(problem("sources", "sources are opened when a run starts"));
    }
    if (!isDeepStrictEqual(names(array.controllers), names(present.controllers))) {
      problems.push(problem("controllers", "controllers are opened when a run starts"));
    }
    if (!this.options.namesAreFixed) return problems;
    for (const kind of ["ports", "targets"] as const) {
      if (!isDeepStrictEqual(names(array[kind]), names(present[kind]))) {
        problems.push(problem(kind, `the simulated array was made with other ${kind}`));
      }
    }
    return problems;
  }
}

/** An array with a port, or a controller and its ports, in maintenance or out of it. */
function maintained(from: ArrayDescription, subject: MaintenanceSubject, maintenance: boolean): ArrayDescription {
  const set = <T extends { name: string; controller?: string }>(things: readonly T[]): T[] =>
    things.map((thing) => (isSubject(thing, subject) ? { ...thing, maintenance } : thing));
  return {
    ...from,
    ports: set(from.ports),
    ...("controller" in subject ? { controllers: set(from.controllers) } : {}),
  };
}

/** Whether a target port or a controller goes into maintenance with a subject. */
export function isSubject(thing: { name: string; controller?: string }, subject: MaintenanceSubject): boolean {
  return "port" in subject ? thing.name === subject.port : (thing.controller ?? thing.name) === subject.controller;
}

function names(things: readonly { name: string }[]): string[] {
  return things.map(({ name }) => name);
}
