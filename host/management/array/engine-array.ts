/** The managed array over the engine of `fairlead run`, in the engine's own thread: everything happens between ticks. */

import type { ArrayDescription, Problem } from "../../array/description.js";
import type { Engine, RunListener } from "../../cli/run/engine.js";
import type { DecisionRecord, RunEvent } from "../../cli/run/records.js";
import { lowerWords } from "../../cli/run/wording.js";
import type { MaintenanceSubject } from "../../array/maintenance-text.js";
import type { Revisions } from "../../coordination/configuration/revisions.js";
import { ProcessorRole, RequestKind, RequestResult } from "../../shim/generated/layout.js";
import { NONE, type NameTable } from "../../shim/names.js";
import type { BundleKeeper } from "./bundle-keeper.js";
import { ConfigurationKeeper, digestOf, isSubject } from "./configuration-keeper.js";
import type { Configurations } from "./configurations.js";
import {
  type ArraySnapshot,
  type ArrayWatcher,
  type BundleWish,
  CHANGED,
  type ConfigurationText,
  type DecisionPage,
  type EngineFacts,
  type FoundProblem,
  type ManagedArray,
  NAMED_TABLES,
  type NamedRows,
  type Operation,
  type Performed,
  type SlotFacts,
  type Unfulfilled,
} from "./managed-array.js";
import { RevisionKeeper } from "./revision-keeper.js";

const DECISIONS_KEPT = 1000;
/** Row of the scope whose holder is the active processor. */
const SCOPE_ARRAY = 3;
/** A wish that the module has not answered by then is under way. */
const ANSWER_MS = 2000;

export interface EngineArrayOptions {
  engine: Engine;
  /** Name of the controller that the engine runs. */
  controller: string;
  /** The array file as it was read, and where a changed one is written. */
  text: string;
  file: string | undefined;
  report?(line: string): void;
  /** The configuration of all controllers, where they have one: the file is theirs then. */
  revisions?: Revisions | undefined;
  /** Told after the module has adopted another configuration. */
  adopted?(): void;
}

export class EngineArray implements ManagedArray, RunListener {
  private readonly kept: DecisionRecord[] = [];
  private readonly watchers = new Set<ArrayWatcher>();
  private readonly configurationKeeper: Configurations;
  private readonly engine: Engine;
  /** Wishes that the module has not answered yet, by their row. */
  private readonly asked = new Map<number, (result: number | undefined) => void>();
  /** Slots of this processor, where it has some. */
  bundleKeeper: BundleKeeper | undefined;
  private decisionCount = 0;
  private tickedMs = -1;

  constructor(private readonly options: EngineArrayOptions) {
    this.engine = options.engine;
    const { array } = this.engine.shim;
    if (array === undefined) throw new RangeError("the engine has no configuration yet");
    const { text, file, revisions } = options;
    this.configurationKeeper =
      revisions === undefined
        ? new ConfigurationKeeper({
            text,
            file,
            array,
            adopt: (next) => this.adopt(next),
            namesAreFixed: this.engine.world !== undefined,
            report: options.report ?? (() => {}),
          })
        : new RevisionKeeper(revisions, file);
    this.engine.listen(this);
  }

  /** Called by the run after each tick. */
  afterTick(): void {
    this.tickedMs = performance.now();
    this.configurationKeeper.afterTick();
  }

  decision(record: DecisionRecord): void {
    this.decisionCount++;
    this.kept.push(record);
    if (this.kept.length > 2 * DECISIONS_KEPT) this.kept.splice(0, DECISIONS_KEPT);
    for (const watcher of this.watchers) watcher.decision?.(record);
    if (record.kind === "REQUEST_ANSWERED") this.asked.get(requestRow(record.subject))?.(record.detail);
  }

  event(event: RunEvent): void {
    for (const watcher of this.watchers) watcher.event?.(event);
  }

  async snapshot(): Promise<ArraySnapshot> {
    return this.copy();
  }

  /** One copy of the module's memory: some 0.3 ms for the standard profile. */
  copy(): ArraySnapshot {
    const { shim } = this.engine;
    const bytes = new Uint8Array(shim.core.memory.buffer);
    const memory = new ArrayBuffer(bytes.byteLength);
    new Uint8Array(memory).set(bytes);
    const names = Object.fromEntries(NAMED_TABLES.map((table) => [table, namedRows(shim.names[table])]));
    return {
      takenMs: Date.now(),
      profile: shim.core.profile,
      memory,
      names: names as ArraySnapshot["names"],
      description: shim.array as ArrayDescription,
      controller: this.options.controller,
      engine: this.facts(),
      configuration: this.configurationKeeper.facts,
      revision: this.revisionNow(),
    };
  }

  async revision(): Promise<string> {
    return this.revisionNow();
  }

  /** Start of the host, adopted configuration, epoch of the array's scope. */
  revisionNow(): string {
    const { shim } = this.engine;
    return `"${shim.incarnation}.${shim.core.views.header.generation(0)}.${this.epoch()}"`;
  }

  /** A planned switch-over waits for these. */
  setRequestsUnderWay(count: number): void {
    this.engine.shim.setRequestsUnderWay(count);
  }

  get configurationDigest(): string {
    return this.configurationKeeper.facts.digest;
  }

  facts(): EngineFacts {
    const { engine } = this;
    const status = engine.channelFacts();
    return {
      ...(status === undefined ? {} : { status }),
      ticks: engine.ticks,
      tickMeanUs: engine.ticks === 0 ? 0 : Math.round((engine.tickUs / engine.ticks) * 10) / 10,
      tickLongestUs: Math.round(engine.longestTickUs),
      lastTickAgeMs: this.tickedMs < 0 ? -1 : Math.round(performance.now() - this.tickedMs),
      upMs: Math.round(engine.elapsedMs),
      decisions: this.decisionCount,
      simulated: engine.world !== undefined,
      incarnation: engine.shim.incarnation,
      epoch: this.epoch(),
    };
  }

  async decisions(after: number, limit: number): Promise<DecisionPage> {
    const items = this.kept.filter((record) => record.sequence > after).slice(0, limit);
    return { items, total: this.decisionCount };
  }

  watch(watcher: ArrayWatcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  async perform(operation: Operation, revision: string | undefined): Promise<Performed | Unfulfilled> {
    if (revision !== undefined && revision !== this.revisionNow()) return CHANGED;
    switch (operation.kind) {
      case "port-maintenance":
        return this.setMaintenance({ port: operation.port }, operation.maintenance, this.stillAt(revision));
      case "controller-maintenance":
        return this.setMaintenance({ controller: operation.controller }, operation.maintenance, this.stillAt(revision));
      case "switch-over":
        return this.switchOver(operation.processor);
      case "rebalance":
        return this.placed() ? this.ask(operation.kind, "", RequestKind.REBALANCE, NONE) : NOTHING_TO_PLACE;
      case "fail-back":
        return this.failBack(operation.server);
    }
  }

  async configuration(): Promise<ConfigurationText> {
    const { text, file, facts } = this.configurationKeeper;
    return { text, file: file ?? null, revision: this.revisionNow(), ...facts };
  }

  async checkConfiguration(text: string): Promise<{ problems: FoundProblem[]; digest: string }> {
    return { problems: (await this.configurationKeeper.check(text)).problems, digest: digestOf(text) };
  }

  async commitConfiguration(
    text: string,
    confirmWithinMs: number,
    revision: string | undefined,
  ): Promise<{ digest: string; revision: string; returnsInMs: number } | Unfulfilled> {
    if (revision !== undefined && revision !== this.revisionNow()) return CHANGED;
    const committed = await this.configurationKeeper.commit(text, confirmWithinMs, this.stillAt(revision));
    if ("refused" in committed) return committed;
    return { digest: digestOf(text), revision: this.revisionNow(), returnsInMs: committed.returnsInMs };
  }

  async confirmConfiguration(digest: string): Promise<{ digest: string } | Unfulfilled> {
    return (await this.configurationKeeper.confirm(digest)) ?? { digest };
  }

  async returnConfiguration(digest: string): Promise<{ digest: string; revision: string } | Unfulfilled> {
    const refused = await this.configurationKeeper.giveBack(digest);
    return refused ?? { digest: this.configurationKeeper.facts.digest, revision: this.revisionNow() };
  }

  async bundles(): Promise<SlotFacts> {
    return this.bundleKeeper?.facts() ?? { slots: null, waiting: [] };
  }

  async changeBundles(wish: BundleWish): Promise<SlotFacts | Unfulfilled> {
    if (this.bundleKeeper !== undefined) return this.bundleKeeper.change(wish);
    return { refused: "conflict", code: "no_slots", detail: "this run has no slots (fairlead run --slots)" };
  }

  private epoch(): number {
    return this.engine.shim.core.views.scope.epoch(0);
  }

  /** Whether a condition holds: asked again after whatever was waited for. */
  private stillAt(revision: string | undefined): () => boolean {
    return () => revision === undefined || revision === this.revisionNow();
  }

  private adopt(array: ArrayDescription): Problem[] {
    const problems = this.engine.shim.configure(array);
    if (problems.length === 0) this.options.adopted?.();
    return problems;
  }

  /** Drains ports, and with `controller` that controller's server and processor too, or takes them back. */
  private async setMaintenance(
    subject: MaintenanceSubject,
    maintenance: boolean,
    still: () => boolean,
  ): Promise<Performed | Unfulfilled> {
    const array = this.engine.shim.array as ArrayDescription;
    const things = "port" in subject ? array.ports : [...array.controllers, ...array.ports];
    const meant = things.filter((thing) => isSubject(thing, subject));
    const [kind, name] = Object.entries(subject)[0] as [string, string];
    if (meant.length === 0) return { refused: "missing", code: `no_${kind}`, detail: `no ${kind} ${name}` };
    const operation = maintenance ? "drain" : "end-maintenance";
    // What is so already is not adopted anew: the revision stays.
    if (meant.every((thing) => (thing.maintenance ?? false) === maintenance)) {
      return { operation, subject: name, state: "done", revision: this.revisionNow() };
    }
    const refused = await this.configurationKeeper.setMaintenance(subject, maintenance, still);
    return (
      refused ?? { operation, subject: name, state: maintenance ? "under-way" : "done", revision: this.revisionNow() }
    );
  }

  private placed(): boolean {
    const { interfaces = [], units = [] } = this.engine.shim.array as ArrayDescription;
    return interfaces.length > 0 || units.length > 0;
  }

  private async failBack(server: string | undefined): Promise<Performed | Unfulfilled> {
    if (!this.placed()) return NOTHING_TO_PLACE;
    const { shim } = this.engine;
    const controller = server === undefined ? -1 : shim.names.controllers.row(server);
    if (server !== undefined && controller < 0) {
      return { refused: "missing", code: "no_server", detail: `no server ${server}` };
    }
    const subject = server === undefined ? NONE : shim.serverRow(controller);
    return this.ask("fail-back", server ?? "", RequestKind.FAIL_BACK, subject);
  }

  private async switchOver(processor: string): Promise<Performed | Unfulfilled> {
    const { names } = this.engine.shim;
    if (names.controllers.row(processor) < 0) {
      return { refused: "missing", code: "no_processor", detail: `no processor ${processor}` };
    }
    if (names.controllers.size === 1) {
      return { operation: "switch-over", subject: processor, state: "done", revision: this.revisionNow() };
    }
    const row = names.processors.row(processor);
    // A retry reaches the one that has just become active: what was wished is so.
    if (this.isActive(row)) {
      return { operation: "switch-over", subject: processor, state: "done", revision: this.revisionNow() };
    }
    return this.ask("switch-over", processor, RequestKind.SWITCH_OVER, row);
  }

  private isActive(row: number): boolean {
    const { scope, processorState } = this.engine.shim.core.views;
    return scope.holder(SCOPE_ARRAY) === row && processorState.role(row) === ProcessorRole.ACTIVE;
  }

  /** Hands a wish to the module, which answers it by a decision: at once, or when it can. */
  private ask(operation: string, name: string, kind: number, subject: number): Promise<Performed | Unfulfilled> {
    const row = this.engine.shim.request(kind, subject);
    return new Promise((resolve) => {
      const settle = (result: number | undefined) => {
        clearTimeout(late);
        this.asked.delete(row);
        const refused = result === undefined ? undefined : REFUSED[result];
        if (refused !== undefined)
          return resolve({ refused: "conflict", code: refused, detail: `${operation}: ${lowerWords(refused)}` });
        const state = result === RequestResult.DONE ? "done" : "under-way";
        resolve({ operation, subject: name, state, revision: this.revisionNow() });
      };
      const late = setTimeout(() => settle(undefined), ANSWER_MS);
      this.asked.set(row, settle);
    });
  }
}

/** Requests have no names: in print they are `#row`. */
function requestRow(subject: string): number {
  return Number(/\d+$/.exec(subject)?.[0] ?? -1);
}

/** Results of a request that was not carried out, in a word. */
const REFUSED: Readonly<Record<number, string>> = {
  [RequestResult.REFUSED]: "refused_by_the_module",
  [RequestResult.NO_SUCH_SUBJECT]: "no_such_subject",
  [RequestResult.TIMED_OUT]: "not_done_in_time",
};

const NOTHING_TO_PLACE: Unfulfilled = {
  refused: "conflict",
  code: "nothing_to_place",
  detail: "the array has no virtual interfaces and no units",
};

/** Members of several kinds have the name of their controller: rows are gone through, not names. */
function namedRows(table: NameTable): NamedRows {
  const rows: [number, string][] = [];
  for (let row = 0; row < table.length; row++) {
    const name = table.name(row);
    if (name !== "") rows.push([row, name]);
  }
  return rows;
}
