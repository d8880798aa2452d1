/**
 * The configuration of all controllers by revision: staged and checked by each, committed in one write, then confirmed,
 * or given back by itself.
 *
 *   IN FORCE ──stage──► checked by all, alike ──commit──► UNCONFIRMED ──confirm──► IN FORCE
 *      ▲                                                      │ not confirmed in time, or given back
 *      └──────────────────────────────────────────────────────┘ the text before it, as a later revision
 *
 * The record is one key of the lease service's store, written only over the record that was read: of two commits at a
 * time one is refused. A controller that misses a commit adopts the record as soon as it sees it; until then its status
 * carries another digest, and it keeps what it has.
 */

import type { Clock, Timer } from "../clock.js";
import type { CommandLink, Message } from "../commands/link.js";
import type { RevisionRecord, RevisionStore } from "./record.js";

/** What a controller says of a text. */
export type Checked = { digest: number } | { problems: string[] };

export interface RevisionsParts {
  clock: Clock;
  link: CommandLink;
  store: RevisionStore;
  /** All other configured controllers. */
  others(): readonly string[];
  /** Reads and checks a text, without adopting anything. */
  check(text: string): Checked;
  /** Has the module take a text that was checked. @returns what is wrong with it here after all */
  adopt(text: string): string[];
  /** The text that this controller was started with: revision 0. */
  initial: string;
  /** How long a commit waits for its confirmation. */
  confirmMs: number;
  /** For another controller's answer. */
  timeoutMs: number;
  report(line: string): void;
}

/** Why a text is not committed: by controller. */
export class RevisionRefused extends Error {
  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
    this.name = "RevisionRefused";
  }
}

export class Revisions {
  private adopted = 0;
  private timer: Timer | undefined;

  constructor(private readonly parts: RevisionsParts) {
    parts.link.serve("stageConfiguration", (_, message) => Promise.resolve(this.staged(message)));
    parts.store.onChange(() => this.look());
  }

  /** Revision in force here; 0: the text that it was started with. */
  get revision(): number {
    return this.adopted;
  }

  /**
   * Has every controller check a text. @returns its digest, the same from all
   * @throws RevisionRefused with each controller's problems; one that doesn't answer refuses
   */
  async stage(text: string): Promise<number> {
    const own = this.parts.check(text);
    const answers = await Promise.all(this.parts.others().map((other) => this.ask(other, text)));
    const reasons = "problems" in own ? own.problems : [];
    const digest = "digest" in own ? own.digest : 0;
    for (const { other, answer } of answers) {
      if ("problems" in answer) reasons.push(...answer.problems.map((problem) => `${other}: ${problem}`));
      else if (reasons.length === 0 && answer.digest !== digest) reasons.push(`${other}: reads it as something else`);
    }
    if (reasons.length > 0) throw new RevisionRefused(reasons);
    return digest;
  }

  /**
   * Stages a text, then puts it in force everywhere, unconfirmed.
   * @throws RevisionRefused, also where another commit came first or waits for its confirmation
   */
  async commit(text: string): Promise<RevisionRecord> {
    const before = this.parts.store.read();
    if (before !== undefined && !before.record.confirmed) {
      throw new RevisionRefused([`revision ${before.record.revision} waits to be confirmed or given back`]);
    }
    const digest = await this.stage(text);
    const record: RevisionRecord = {
      revision: (before?.record.revision ?? 0) + 1,
      digest,
      text,
      confirmed: false,
      previous: before?.record.text ?? this.parts.initial,
    };
    await this.write(record, before?.modRevision ?? 0);
    return record;
  }

  /** Keeps the revision in force. @throws RevisionRefused where it is not the one that waits */
  async confirm(revision: number): Promise<void> {
    const { record, modRevision } = this.unconfirmed(revision);
    await this.write({ ...record, confirmed: true, previous: "" }, modRevision);
  }

  /** Puts the text before it in force again, as a later revision. @throws RevisionRefused as `confirm` */
  async giveBack(revision: number): Promise<void> {
    const { record, modRevision } = this.unconfirmed(revision);
    const digest = this.digestOf(record.previous);
    const text = record.previous;
    await this.write({ revision: revision + 1, digest, text, confirmed: true, previous: "" }, modRevision);
  }

  /** The record may be another. */
  look(): void {
    const found = this.parts.store.read();
    if (found === undefined) return;
    const { record } = found;
    if (record.revision !== this.adopted) this.take(record);
    if (record.confirmed) {
      this.timer?.cancel();
      this.timer = undefined;
    } else this.timer ??= this.parts.clock.after(this.parts.confirmMs, () => void this.overdue(record));
  }

  close(): void {
    this.timer?.cancel();
  }

  private take({ revision, text }: RevisionRecord): void {
    const problems = this.parts.adopt(text);
    for (const problem of problems) this.parts.report(`configuration ${revision}: not adopted: ${problem}`);
    if (problems.length === 0) this.parts.report(`configuration ${revision} is in force`);
    this.adopted = revision;
  }

  /** Not confirmed in time. Whoever comes first writes it for all; one that can't write gives back for itself. */
  private async overdue(record: RevisionRecord): Promise<void> {
    this.timer = undefined;
    const { report, store, adopt } = this.parts;
    const now = store.read()?.record;
    if (now === undefined || now.revision !== record.revision || now.confirmed) return;
    report(`configuration ${record.revision}: not confirmed in time, given back`);
    try {
      await this.giveBack(record.revision);
    } catch (error) {
      if (error instanceof RevisionRefused) return this.look();
      report(`configuration ${record.revision}: given back here alone: ${(error as Error).message}`);
      adopt(record.previous);
      // Whatever the record says once it is in reach is adopted anew.
      this.adopted = -1;
    }
  }

  private unconfirmed(revision: number): { record: RevisionRecord; modRevision: number } {
    const found = this.parts.store.read();
    if (found === undefined || found.record.revision !== revision || found.record.confirmed) {
      throw new RevisionRefused([`revision ${revision} does not wait for a confirmation`]);
    }
    return found;
  }

  private async write(record: RevisionRecord, modRevision: number): Promise<void> {
    const written = await this.parts.store.write(record, modRevision);
    if (!written) throw new RevisionRefused(["another revision came first"]);
    this.look();
  }

  private staged({ text }: Message): Message {
    const checked: Checked = typeof text === "string" ? this.parts.check(text) : { problems: ["no text"] };
    return { kind: "staged", ...checked };
  }

  private async ask(other: string, text: string): Promise<{ other: string; answer: Checked }> {
    const { link, timeoutMs } = this.parts;
    const answer = await link.request(other, { kind: "stageConfiguration", text }, timeoutMs).catch(() => undefined);
    if (typeof answer?.digest === "number") return { other, answer: { digest: answer.digest } };
    const problems = Array.isArray(answer?.problems) ? answer.problems.map(String) : ["no answer"];
    return { other, answer: { problems } };
  }

  private digestOf(text: string): number {
    const checked = this.parts.check(text);
    return "digest" in checked ? checked.digest : 0;
  }
}
