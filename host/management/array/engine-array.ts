/** The managed array over the engine of `fairlead run`, in the engine's own thread: everything happens between ticks. */

import type { ArrayDescription, Problem } from "../../array/description.js";
import type { Engine, RunListener } from "../../cli/run/engine.js";
import type { DecisionRecord, RunEvent } from "../../cli/run/records.js";
import type { NameTable } from "../../shim/names.js";
import type { BundleKeeper } from "./bundle-keeper.js";
import { ConfigurationKeeper, digestOf } from "./configuration-keeper.js";
import {
  type ArraySnapshot,
  type ArrayWatcher,
  type BundleWish,
  CHANGED,
  type ConfigurationText,
  type DecisionPage,
  type EngineFacts,
  type ManagedArray,
  type NamedRows,
  type Operation,
  type Performed,
  type SlotFacts,
  type Unfulfilled,
} from "./managed-array.js";

const DECISIONS_KEPT = 1000;

export interface EngineArrayOptions {
  engine: Engine;
  /** Name of the controller that the engine runs. */
  controller: string;
  /** The array file as it was read, and where a changed one is written. */
  text: string;
  file: string | undefined;
  bundles?: BundleKeeper;
  report?(line: string): void;
}

export class EngineArray implements ManagedArray, RunListener {
  private readonly kept: DecisionRecord[] = [];
  private readonly watchers = new Set<ArrayWatcher>();
  private readonly configurationKeeper: ConfigurationKeeper;
  private readonly engine: Engine;
  private decisionCount = 0;
  private tickedMs = -1;

  constructor(private readonly options: EngineArrayOptions) {
    this.engine = options.engine;
    const { array } = this.engine.shim;
    if (array === undefined) throw new RangeError("the engine has no configuration yet");
    this.configurationKeeper = new ConfigurationKeeper({
      text: options.text,
      file: options.file,
      array,
      adopt: (next) => this.engine.shim.configure(next),
      namesAreFixed: this.engine.world !== undefined,
      report: options.report ?? (() => {}),
    });
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
    const { ports, targets, initiators, controllers } = shim.names;
    return {
      takenMs: Date.now(),
      profile: shim.core.profile,
      memory,
      names: {
        ports: namedRows(ports),
        targets: namedRows(targets),
        initiators: namedRows(initiators),
        controllers: namedRows(controllers),
      },
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

  get configurationDigest(): string {
    return this.configurationKeeper.facts.digest;
  }

  facts(): EngineFacts {
    const { engine } = this;
    return {
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
        return this.setPorts((port) => port.name === operation.port, operation.maintenance, "port", operation.port);
      case "controller-maintenance": {
        const { controller, maintenance } = operation;
        return this.setPorts((port) => port.controller === controller, maintenance, "controller", controller);
      }
      case "switch-over":
        return this.switchOver(operation.processor);
      default:
        return {
          refused: "conflict",
          code: "nothing_to_place",
          detail: "the array has no virtual interfaces and no units",
        };
    }
  }

  async configuration(): Promise<ConfigurationText> {
    const { text, file, facts } = this.configurationKeeper;
    return { text, file: file ?? null, revision: this.revisionNow(), ...facts };
  }

  async checkConfiguration(text: string): Promise<{ problems: Problem[]; digest: string }> {
    return { problems: this.configurationKeeper.check(text).problems, digest: digestOf(text) };
  }

  async commitConfiguration(
    text: string,
    confirmWithinMs: number,
    revision: string | undefined,
  ): Promise<{ digest: string; revision: string; returnsInMs: number } | Unfulfilled> {
    if (revision !== undefined && revision !== this.revisionNow()) return CHANGED;
    const committed = this.configurationKeeper.commit(text, confirmWithinMs);
    if ("refused" in committed) return committed;
    return { digest: digestOf(text), revision: this.revisionNow(), returnsInMs: committed.returnsInMs };
  }

  async confirmConfiguration(digest: string): Promise<{ digest: string } | Unfulfilled> {
    return this.configurationKeeper.confirm(digest) ?? { digest };
  }

  async returnConfiguration(digest: string): Promise<{ digest: string; revision: string } | Unfulfilled> {
    const refused = this.configurationKeeper.giveBack(digest);
    return refused ?? { digest: this.configurationKeeper.facts.digest, revision: this.revisionNow() };
  }

  async bundles(): Promise<SlotFacts> {
    return this.options.bundles?.facts() ?? { slots: null, waiting: [] };
  }

  async changeBundles(wish: BundleWish): Promise<SlotFacts | Unfulfilled> {
    const { bundles } = this.options;
    if (bundles !== undefined) return bundles.change(wish);
    return { refused: "conflict", code: "no_slots", detail: "this run has no slots (fairlead run --slots)" };
  }

  private epoch(): number {
    return this.engine.shim.core.views.scope.epoch(0);
  }

  private setPorts(
    isMeant: (port: ArrayDescription["ports"][number]) => boolean,
    maintenance: boolean,
    kind: string,
    subject: string,
  ): Performed | Unfulfilled {
    const change = (array: ArrayDescription): ArrayDescription => ({
      ...array,
      ports: array.ports.map((port) => (isMeant(port) ? { ...port, maintenance } : port)),
    });
    const array = this.engine.shim.array as ArrayDescription;
    const meant = array.ports.filter(isMeant);
    if (meant.length === 0)
      return { refused: "missing", code: `no_${kind}`, detail: `no ${kind} ${subject} with ports` };
    const operation = maintenance ? "drain" : "end-maintenance";
    // What is so already is not adopted anew: the revision stays.
    if (meant.every((port) => port.maintenance === maintenance)) {
      return { operation, subject, state: "done", revision: this.revisionNow() };
    }
    const problems = this.engine.shim.configure(change(array));
    if (problems.length > 0) {
      return { refused: "conflict", code: "not_adopted", detail: "the module refused the change", problems };
    }
    this.configurationKeeper.follow(change);
    return { operation, subject, state: maintenance ? "under-way" : "done", revision: this.revisionNow() };
  }

  private switchOver(processor: string): Performed | Unfulfilled {
    const names = this.engine.shim.names.controllers.names();
    if (!names.includes(processor)) {
      return { refused: "missing", code: "no_processor", detail: `no processor ${processor}` };
    }
    if (processor === this.options.controller) {
      return { operation: "switch-over", subject: processor, state: "done", revision: this.revisionNow() };
    }
    return {
      refused: "conflict",
      code: "single_controller",
      detail: "this run has the lease in its own process alone",
    };
  }
}

function namedRows(table: NameTable): NamedRows {
  return table.rows().map((row) => [row, table.name(row)] as const);
}
