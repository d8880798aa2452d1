/**
 * The configuration of all controllers by revision: staged and checked by each, committed in one write, then confirmed,
 * or given back by itself.
 *
 *   IN FORCE ──stage──► checked by all, alike ──commit──► UNCONFIRMED ──in force at all, confirm──► IN FORCE
 *      ▲                                                      │ not confirmed in time, or given back
 *      └──────────────────────────────────────────────────────┘ the text before it, as a later revision
 *
 * The record is one key of the lease service's store, written only over the record that was read: of two commits at a
 * time one is refused. A controller that misses a commit adopts the record as soon as it sees it; until then its status
 * carries another digest, and it keeps what it has.
 *
 * A controller that a revision adds takes no part (no lease, so no scope and nothing to hold) before every other one has
 * the revision in force: one that knows nothing of it would not ask it for its promise when the lease service is out of
 * reach. One that a revision leaves out gives up all it has, and its lease last.
 */

import { createHash } from "node:crypto";
import { formatProblem } from "../../array/checked-yaml.js";
import type { Problem } from "../../array/description.js";
import { problemOf } from "../../shim/staging.js";
import type { Clock, Timer } from "../clock.js";
import type { CommandLink, Message } from "../commands/link.js";
import { Asking, type Refused } from "./asking.js";
import type { RevisionRecord, RevisionStore } from "./record.js";
import { RevisionRefused } from "./refused.js";
import type { RunningConfiguration } from "./running-configuration.js";

export interface RevisionsParts {
  self: string;
  clock: Clock;
  link: CommandLink;
  store: RevisionStore;
  running: RunningConfiguration;
  /** The text that this controller was started with: revision 0. */
  initial: string;
  /** For another controller's answer. */
  timeoutMs: number;
  /** Between two questions of one that joins. */
  joinMs: number;
  report(line: string): void;
}

export interface CommitOptions {
  /** How long it waits to be confirmed, in milliseconds. */
  confirmMs: number;
  /** Asked after the last check, right before the write: false has it refused as `changed`. */
  still?: () => boolean;
}

/** With the text before it beside it; etcd takes no more than 1.5 MiB in one request. */
const RECORD_BYTES_MAX = 1024 * 1024;

export class Revisions {
  private adopted = 0;
  /** The text in force here. */
  private text: string;
  /** The record that was looked at last could not be adopted: the text before it is in force. */
  private behind = false;
  private timer: Timer | undefined;
  private timedRevision = 0;
  private dueMs = 0;
  private joinTimer: Timer | undefined;
  private asking = false;
  private keptRevision = -1;
  private readonly asks: Asking;

  constructor(private readonly parts: RevisionsParts) {
    this.text = parts.initial;
    this.asks = new Asking(parts.link, parts.timeoutMs);
    parts.link.serve("stageConfiguration", (_, message) => this.staged(message));
    parts.link.serve("configurationInForce", () => this.inForce());
    parts.store.onChange(() => this.look());
  }

  /** Revision in force here; 0: the text that it was started with. */
  get revision(): number {
    return this.adopted;
  }

  get textInForce(): string {
    return this.text;
  }

  /** The text that waits to be confirmed, and the time left, in milliseconds. */
  get waiting(): { revision: number; text: string; leftMs: number } | undefined {
    const record = this.parts.store.read()?.record;
    if (record === undefined || record.confirmed) return undefined;
    const leftMs = Math.max(0, Math.round(this.dueMs - this.parts.clock.monotonicMs()));
    return { revision: record.revision, text: record.text, leftMs };
  }

  /** Whether the revision in force took back the text with this SHA-256, in hex. */
  hasReturned(digest: string): boolean {
    return this.parts.store.read()?.record.returned === digest;
  }

  /**
   * Has every controller check a text. @returns its digest, the same from all
   * @throws RevisionRefused with each controller's problems; one that doesn't answer refuses
   */
  async stage(text: string): Promise<number> {
    const { self, running } = this.parts;
    const own = running.check(text);
    const present = running.digest();
    const answers = await Promise.all(
      this.others().map(async (other) => ({ other, answer: await this.asks.stage(other, text, present) })),
    );
    const reasons: Refused[] = [];
    if ("problems" in own) for (const problem of own.problems) reasons.push({ controller: self, problem });
    for (const { other, answer } of answers) {
      if ("problems" in answer) for (const problem of answer.problems) reasons.push({ controller: other, problem });
      else if ("digest" in own && answer.digest !== own.digest) {
        reasons.push({
          controller: other,
          problem: problemOf("", "reads it as something else", "one version of fairlead"),
        });
      }
    }
    if (reasons.length > 0 || "problems" in own) throw new RevisionRefused("not_adopted", reasons);
    return own.digest;
  }

  /**
   * Stages a text, then puts it in force everywhere, unconfirmed. The one that waits already is committed only once.
   * @throws RevisionRefused, also where another commit came first or waits for its confirmation
   */
  async commit(text: string, { confirmMs, still = () => true }: CommitOptions): Promise<RevisionRecord> {
    const before = this.parts.store.read();
    if (before !== undefined && !before.record.confirmed) {
      if (before.record.text === text) return before.record;
      throw this.refused("unconfirmed", `revision ${before.record.revision} waits to be confirmed or given back`);
    }
    const previous = this.text;
    const digest = await this.stage(text);
    if (!still() || this.text !== previous) throw this.refused("changed", "things have changed since: look again");
    const joining = this.joining(text, previous, before?.record.joining ?? []);
    const revision = (before?.record.revision ?? 0) + 1;
    const record = { revision, digest, text, confirmed: false, previous, confirmMs, returned: "", joining };
    await this.write(record, before?.modRevision ?? 0);
    return record;
  }

  /**
   * Puts a text in force at once and for good that differs from the one in force in maintenance alone: every controller
   * can take it, so none is asked, and a dead one doesn't hold it up. @throws RevisionRefused
   */
  async put(text: string, still: () => boolean): Promise<RevisionRecord> {
    const before = this.parts.store.read();
    if (before !== undefined && !before.record.confirmed) {
      throw this.refused("unconfirmed", `revision ${before.record.revision} waits to be confirmed or given back`);
    }
    const checked = this.parts.running.check(text);
    if ("problems" in checked) throw this.refusedBy("not_adopted", checked.problems);
    if (this.behind || !still()) throw this.refused("changed", "things have changed since: look again");
    const revision = (before?.record.revision ?? 0) + 1;
    const joining = before?.record.joining ?? [];
    const record = { ...kept(revision, text), digest: checked.digest, joining };
    await this.write(record, before?.modRevision ?? 0);
    return record;
  }

  /**
   * Keeps the revision in force, once every other controller has it in force.
   * @throws RevisionRefused where it is not the one that waits, or one has it not; then it goes on waiting
   */
  async confirm(revision: number): Promise<void> {
    const missing = await this.notInForceAt(this.unconfirmed(revision).record);
    if (this.behind) throw this.refused("not_in_force", `revision ${revision} could not be adopted here`);
    if (missing.length > 0) throw new RevisionRefused("not_in_force", missing);
    const { record, modRevision } = this.unconfirmed(revision);
    await this.write({ ...record, confirmed: true, previous: "" }, modRevision);
  }

  /** Puts the text before it in force again, as a later revision. @throws RevisionRefused as `confirm` */
  async giveBack(revision: number): Promise<void> {
    const { record, modRevision } = this.unconfirmed(revision);
    const text = record.previous;
    const joining = this.joining(text, record.text, record.joining);
    const returned = sha256(record.text);
    await this.write({ ...kept(revision + 1, text), digest: this.digestOf(text), returned, joining }, modRevision);
  }

  /** The record may be another. */
  look(): void {
    const found = this.parts.store.read();
    if (found === undefined) return;
    const { record } = found;
    if (record.revision !== this.adopted) this.take(record);
    this.followPart(record);
    this.keepConfirmed(record);
    if (record.confirmed) this.stopWaiting();
    else if (this.timedRevision !== record.revision) this.startWaiting(record);
  }

  close(): void {
    this.timer?.cancel();
    this.joinTimer?.cancel();
  }

  private startWaiting(record: RevisionRecord): void {
    this.stopWaiting();
    const { clock } = this.parts;
    this.timedRevision = record.revision;
    this.dueMs = clock.monotonicMs() + record.confirmMs;
    this.timer = clock.after(record.confirmMs, () => void this.overdue(record));
  }

  private stopWaiting(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.timedRevision = 0;
  }

  private take({ revision, text }: RevisionRecord): void {
    const { self, running, report } = this.parts;
    this.adopted = revision;
    if (!this.names(text).includes(self)) {
      report(`configuration ${revision} has no controller ${self}: it gives up what it has and takes no part`);
      this.text = text;
      this.behind = false;
      return;
    }
    const problems = running.adopt(text);
    this.behind = problems.length > 0;
    for (const problem of problems) report(`configuration ${revision}: not adopted: ${formatProblem(problem)}`);
    if (this.behind) return;
    this.text = text;
    report(`configuration ${revision} is in force`);
  }

  /** One that the record leaves out takes no part; one that joins does once all others know of it. */
  private followPart(record: RevisionRecord): void {
    const { self, running, clock, joinMs } = this.parts;
    this.joinTimer?.cancel();
    this.joinTimer = undefined;
    const named = this.behind || this.names(record.text).includes(self);
    const joins = named && !this.behind && record.joining.includes(self);
    running.takePart(named && !joins);
    if (!joins) return;
    void this.join(record);
    this.joinTimer = clock.after(joinMs, () => this.look());
  }

  private async join(record: RevisionRecord): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const missing = await this.notInForceAt(record);
      const found = this.parts.store.read();
      if (missing.length > 0 || found === undefined || found.record.revision !== record.revision) return;
      const joining = found.record.joining.filter((name) => name !== this.parts.self);
      await this.write({ ...found.record, joining }, found.modRevision);
      this.parts.report(`configuration ${record.revision}: joined: every other controller has it in force`);
    } catch (error) {
      // Out of reach, or another write came first: asked anew after a while.
      if (!(error instanceof RevisionRefused))
        this.parts.report(`configuration: not joined: ${(error as Error).message}`);
    } finally {
      this.asking = false;
    }
  }

  /** Not confirmed in time. Whoever comes first writes it for all. */
  private async overdue(record: RevisionRecord): Promise<void> {
    const { report, store } = this.parts;
    this.timer = undefined;
    const now = store.read()?.record;
    if (now === undefined || now.revision !== record.revision || now.confirmed) return;
    report(`configuration ${record.revision}: not confirmed in time, given back`);
    try {
      await this.giveBack(record.revision);
    } catch (error) {
      if (error instanceof RevisionRefused) return this.look();
      this.giveBackAlone(record, error as Error);
    }
  }

  /**
   * Out of reach: it is given back for this controller alone, and whatever the record says once it is in reach is adopted
   * anew. Not where the array has other controllers before it: one that is asked for no promise may take over.
   */
  private giveBackAlone(record: RevisionRecord, error: Error): void {
    const { report, running, clock, joinMs } = this.parts;
    const before = [...this.names(record.previous)].sort().join("\n");
    if (before !== [...this.names(record.text)].sort().join("\n")) {
      this.timer = clock.after(joinMs, () => void this.overdue(record));
      return;
    }
    report(`configuration ${record.revision}: given back here alone: ${error.message}`);
    if (running.adopt(record.previous).length === 0) this.text = record.previous;
    this.adopted = -1;
  }

  private keepConfirmed({ confirmed, revision, text }: RevisionRecord): void {
    if (!confirmed || this.behind || this.keptRevision === revision) return;
    this.keptRevision = revision;
    this.parts.running.keep(text);
  }

  /** Controllers of an earlier revision that don't have this one in force. Those that have not joined are not asked. */
  private async notInForceAt({ revision, joining }: RevisionRecord): Promise<Refused[]> {
    const asked = this.others().filter((other) => !joining.includes(other));
    const answers = await Promise.all(
      asked.map(async (controller) => [controller, await this.asks.inForceAt(controller)] as const),
    );
    return answers.flatMap(([controller, at]) => {
      if (at !== undefined && at >= revision) return [];
      const message = at === undefined ? "no answer" : `revision ${revision} is not in force there`;
      return [{ controller, problem: problemOf("", message, "every controller running, with the revision in force") }];
    });
  }

  private others(): string[] {
    return this.parts.running.controllers().filter((name) => name !== this.parts.self);
  }

  /** Controllers of a text; none where it can't be read. */
  private names(text: string): readonly string[] {
    const read = this.parts.running.read(text);
    return "controllers" in read ? read.controllers : [];
  }

  /** Those that a text adds to another, and those that had not joined before. */
  private joining(text: string, previous: string, before: readonly string[]): string[] {
    const known = this.names(previous);
    return this.names(text).filter((name) => !known.includes(name) || before.includes(name));
  }

  private unconfirmed(revision: number): { record: RevisionRecord; modRevision: number } {
    const found = this.parts.store.read();
    if (found === undefined || found.record.revision !== revision || found.record.confirmed) {
      throw this.refused("nothing_unconfirmed", `revision ${revision} does not wait for a confirmation`);
    }
    return found;
  }

  private refused(code: RevisionRefused["code"], message: string): RevisionRefused {
    return this.refusedBy(code, [problemOf("", message, "")]);
  }

  private refusedBy(code: RevisionRefused["code"], problems: readonly Problem[]): RevisionRefused {
    return new RevisionRefused(
      code,
      problems.map((problem) => ({ controller: this.parts.self, problem })),
    );
  }

  private async write(record: RevisionRecord, modRevision: number): Promise<void> {
    const bytes = Buffer.byteLength(record.text) + Buffer.byteLength(record.previous);
    if (bytes > RECORD_BYTES_MAX) {
      throw this.refused("too_large", `${bytes} bytes with the text before it; at most ${RECORD_BYTES_MAX}`);
    }
    const written = await this.parts.store.write(record, modRevision);
    if (!written) throw this.refused("changed", "another revision came first");
    this.look();
  }

  private async staged({ text, present }: Message): Promise<Message> {
    const { running } = this.parts;
    const refuse = (message: string, expected: string) => ({
      kind: "staged",
      problems: [problemOf("", message, expected)],
    });
    if (typeof text !== "string") return refuse("no text", "the text of an array file");
    if (present !== running.digest())
      return refuse("has another configuration in force", "the same at every controller");
    try {
      await running.settled();
    } catch (error) {
      return refuse(`what the configuration before had is not gone: ${(error as Error).message}`, "once it is gone");
    }
    const checked = running.check(text);
    return "problems" in checked
      ? { kind: "staged", problems: checked.problems }
      : { kind: "staged", digest: checked.digest };
  }

  private async inForce(): Promise<Message> {
    const settled = await this.parts.running.settled().then(
      () => true,
      () => false,
    );
    return { kind: "configurationInForce", revision: this.behind || !settled ? -1 : this.adopted };
  }

  private digestOf(text: string): number {
    const read = this.parts.running.read(text);
    return "digest" in read ? read.digest : 0;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A record that stays. */
function kept(revision: number, text: string): Omit<RevisionRecord, "digest" | "joining"> {
  return { revision, text, confirmed: true, previous: "", confirmMs: 0, returned: "" };
}
