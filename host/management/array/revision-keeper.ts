/**
 * The array file of several controllers: checked by each, committed to all at once, confirmed or taken back for all. What
 * a command does here holds whichever processor is asked, and goes on when that processor fails.
 */

import { formatProblem } from "../../array/checked-yaml.js";
import { type MaintenanceSubject, withMaintenance } from "../../array/maintenance-text.js";
import { RevisionRefused } from "../../coordination/configuration/refused.js";
import type { Revisions } from "../../coordination/configuration/revisions.js";
import { digestOf } from "./configuration-keeper.js";
import type { Configurations } from "./configurations.js";
import { CHANGED, type ConfigurationFacts, type FoundProblem, type Unfulfilled } from "./managed-array.js";

export class RevisionKeeper implements Configurations {
  constructor(
    private readonly revisions: Revisions,
    readonly file: string | undefined,
  ) {}

  get text(): string {
    return this.revisions.textInForce;
  }

  get facts(): ConfigurationFacts {
    const { waiting } = this.revisions;
    return {
      digest: digestOf(this.text),
      unconfirmed: waiting !== undefined,
      returnsInMs: waiting?.leftMs ?? null,
    };
  }

  async check(text: string): Promise<{ problems: FoundProblem[] }> {
    try {
      await this.revisions.stage(text);
      return { problems: [] };
    } catch (error) {
      if (!(error instanceof RevisionRefused)) throw error;
      return { problems: problemsOf(error) };
    }
  }

  async commit(
    text: string,
    confirmWithinMs: number,
    still: () => boolean,
  ): Promise<{ returnsInMs: number } | Unfulfilled> {
    const refused = await this.refusal(() => this.revisions.commit(text, { confirmMs: confirmWithinMs, still }));
    return refused ?? { returnsInMs: this.revisions.waiting?.leftMs ?? confirmWithinMs };
  }

  /** Confirmed already, by a processor whose answer was lost, is confirmed. */
  async confirm(digest: string): Promise<Unfulfilled | undefined> {
    const { waiting } = this.revisions;
    if (waiting === undefined && this.revisions.revision > 0 && digest === digestOf(this.text)) return undefined;
    if (waiting !== undefined && digest !== digestOf(waiting.text)) return CHANGED;
    return this.refusal(() => this.revisions.confirm(waiting?.revision ?? -1));
  }

  async giveBack(digest: string): Promise<Unfulfilled | undefined> {
    const { waiting } = this.revisions;
    if (waiting === undefined && this.revisions.hasReturned(digest)) return undefined;
    if (waiting !== undefined && digest !== digestOf(waiting.text)) return CHANGED;
    return this.refusal(() => this.revisions.giveBack(waiting?.revision ?? -1));
  }

  /** A revision of its own, in force at once: a controller that is dead or away takes it when it comes back. */
  setMaintenance(
    subject: MaintenanceSubject,
    maintenance: boolean,
    still: () => boolean,
  ): Promise<Unfulfilled | undefined> {
    return this.refusal(async () => {
      await this.revisions.put(withMaintenance(this.text, subject, maintenance), still);
    });
  }

  afterTick(): void {
    // The revisions have a clock of their own: they go on without any tick.
  }

  private async refusal(work: () => Promise<unknown>): Promise<Unfulfilled | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (!(error instanceof RevisionRefused))
        return { refused: "conflict", code: "not_written", detail: words(error) };
      if (error.code === "changed") return CHANGED;
      const problems = problemsOf(error);
      return { refused: "conflict", code: error.code, detail: DETAILS[error.code] ?? error.message, problems };
    }
  }
}

const DETAILS: Partial<Record<RevisionRefused["code"], string>> = {
  not_adopted: "the array file is not adopted: nothing has changed at any controller",
  unconfirmed: "an array file waits to be confirmed: confirm or return it first",
  nothing_unconfirmed: "no array file waits to be confirmed",
  not_in_force: "it is not in force at every controller yet, and goes on waiting to be confirmed",
};

function words(error: unknown): string {
  return `it may have been done or not: look again: ${(error as Error).message}`;
}

function problemsOf({ reasons }: RevisionRefused): FoundProblem[] {
  return reasons.map(({ controller, problem }) => ({ ...problem, controller }));
}

/** A problem in one line, with the controller that found it. */
export function foundWords({ controller, ...problem }: FoundProblem): string {
  return controller === undefined ? formatProblem(problem) : `${controller}: ${formatProblem(problem)}`;
}
