/** The shim: feeds one module its inputs, ticks it, and hands out its decisions. */

import type { ArrayDescription, Problem } from "../array/description.js";
import type { DecisionView } from "./decision-view.js";
import { layouts, ScopeKind, ScopeRole, type TableLayout } from "./generated/layout.js";
import { IdBook } from "./id-book.js";
import { CountersWriter, type LatchedTable } from "./latched-rows.js";
import { MailboxLatch, createMailbox, type Mailbox, sharedTables, takeOverRows } from "./mailbox.js";
import { type Core, changedSummariesAddress, instantiate } from "./module.js";
import { Names } from "./names.js";
import { Outcomes } from "./outcomes.js";
import type { Recorder } from "./recorder.js";
import { Sessions } from "./sessions.js";
import { checkSizes, problemOf, refusal, type Staged, stage } from "./staging.js";
import { WriterConfirmations, type WriterTicket } from "./writers.js";

export interface ShimOptions {
  /** Larger at each start of the host, at least 1. */
  incarnation: number;
  /** Name of the controller that this shim runs on; without one the first of the array. */
  controller?: string;
  /** Ids of an earlier run. */
  book?: IdBook;
  /** The memory holds an array that `attach()` has taken over: don't reset it. */
  attached?: boolean;
  /** Epoch of the scope of own ports until `setScope` says another; 1 if not given. */
  epoch?: number;
  recorder?: Recorder;
}

/** Row of the scope of this controller's own ports. */
const SCOPE_PORTS = 0;
const TWO_TO_32 = 2 ** 32;

function emptyDecision(): DecisionView {
  return {
    sequence: 0,
    incarnation: 0,
    timeMs: 0,
    epochLow: 0,
    epochHigh: 0,
    kind: 0,
    reason: 0,
    subjectKind: 0,
    subject: 0,
    subjectGeneration: 0,
    from: 0,
    to: 0,
    detail: 0,
    scope: 0,
  };
}

export class Shim {
  readonly core: Core;
  readonly names: Names;
  readonly incarnation: number;
  /** While false, decisions stay in the ring. */
  draining = true;
  private book: IdBook;
  private readonly controller: string | undefined;
  private readonly epoch: number;
  private readonly sessions: Sessions;
  private readonly outcomes: Outcomes;
  private readonly confirmations = new WriterConfirmations();
  private readonly decision = emptyDecision();
  private readonly mailbox: Mailbox | undefined;
  private readonly latch: MailboxLatch | undefined;
  private readonly countersTable: LatchedTable;
  private readonly countersWriter: CountersWriter;
  private readonly portWords: Uint32Array;
  private readonly portSample = new Float64Array(5);
  private recorder: Recorder | undefined;
  private adopted: ArrayDescription | undefined;
  /** Generation of each target row for which registrations were last given. */
  private readonly targetGenerations = new Map<number, number>();

  constructor(core: Core, options: ShimOptions) {
    if (!(options.incarnation >= 1)) throw new RangeError(`incarnation is ${options.incarnation}: at least 1`);
    this.core = core;
    this.incarnation = options.incarnation;
    this.controller = options.controller;
    this.book = options.book ?? new IdBook();
    this.epoch = options.epoch ?? 1;
    const { sessionInput } = core.views;
    this.names = new Names((row) => [sessionInput.initiator(row), sessionInput.target(row), sessionInput.port(row)]);
    this.portWords = new Uint32Array(layouts[core.profile].limits.TARGET_PORT_WORDS ?? 1);
    this.recorder = options.recorder;
    this.recorder?.begin(core, options.attached === true);
    if (options.attached !== true) this.reset();
    this.sessions = new Sessions(core.views, this.book, this.names);
    this.outcomes = new Outcomes(core.views);
    if (options.attached === true) this.readNames();
    const tables = this.latchedTables();
    this.mailbox = tables.mailbox;
    if (options.attached === true) takeOverRows(core.memory.buffer, core.profile, tables.mailbox);
    this.latch = tables.latch;
    this.countersTable = tables.counters;
    this.countersWriter = new CountersWriter(tables.counters);
  }

  /** The configuration in force as it was described; undefined before the first. */
  get array(): ArrayDescription | undefined {
    return this.adopted;
  }

  /** Stable ids by name, for the snapshot. */
  get idBook(): IdBook {
    return this.book;
  }

  /** Rows that were torn and left for a later tick, in the mailbox and by the module itself. */
  get tornRows(): number {
    return this.core.views.header.tornRows(0) + (this.mailbox?.tornRows ?? 0);
  }

  /** Logins and initiators for which the profile had no row. */
  get droppedLogins(): number {
    return this.sessions.dropped;
  }

  /**
   * Stages an array and has the module adopt it. Things keep their rows by their stable ids.
   * @returns nothing when adopted; otherwise what is wrong, and the configuration in force stays as it was.
   */
  configure(array: ArrayDescription): Problem[] {
    const problems = checkSizes(this.core, array);
    const controllerIndex = this.controllerIndex(array);
    if (controllerIndex < 0) {
      const known = array.controllers.map((controller) => controller.name).join(", ");
      problems.push(problemOf("controllers", `no controller ${this.controller}`, `one of: ${known}`));
    }
    if (problems.length > 0) return problems;
    const book = this.book.copy();
    const staged = stage(this.core, array, book);
    this.recorder?.staged();
    const code = this.core.exports.configure();
    this.recorder?.call("configure", 0, code);
    if (code !== 0) return [refusal(this.core, staged, code)];
    this.adopt(array, staged, book, controllerIndex);
    return [];
  }

  /** Tells the module who it is: incarnation, controller, and that it decides for its own ports. */
  start(hostMs: number): void {
    const { control } = this.core.views;
    control.setHostMs(0, hostMs);
    control.setIncarnation(0, this.incarnation);
    control.markChanged(0);
    this.setScope(SCOPE_PORTS, ScopeKind.PORTS, ScopeRole.DECIDING, 0, this.epoch);
  }

  /** Role and epoch of a scope in this incarnation. `subject`: group, or lower server of the pair. */
  setScope(row: number, kind: number, role: number, subject: number, epoch: number): void {
    const { scope } = this.core.views;
    scope.setKind(row, kind);
    scope.setRole(row, role);
    scope.setSubject(row, subject);
    scope.setIncarnation(row, this.incarnation);
    scope.setEpoch(row, epoch);
    scope.markChanged(row);
  }

  /** Flags of `ControlFlag`. */
  setControlFlags(flags: number): void {
    const { control } = this.core.views;
    control.setFlags(0, flags);
    control.markChanged(0);
  }

  /** Generation of a port's row in force; writers of counters give it with each sample. */
  portGeneration(port: number): number {
    return this.core.views.targetPortConfig.generation(port);
  }

  /** `state` of `LinkState`. */
  setLink(port: number, state: number): void {
    const { targetPortInput } = this.core.views;
    const generation = this.portGeneration(port);
    const same =
      targetPortInput.link(port) === state &&
      targetPortInput.incarnation(port) === this.incarnation &&
      targetPortInput.generation(port) === generation;
    if (same) return;
    targetPortInput.setGeneration(port, generation);
    targetPortInput.setIncarnation(port, this.incarnation);
    targetPortInput.setLink(port, state);
    targetPortInput.markChanged(port);
  }

  /** Load and reserved load of another controller's port, in permille, as that controller's module judges them. */
  setRemoteLoad(port: number, loadPermille: number, plannedPermille: number): void {
    const { targetPortInput } = this.core.views;
    targetPortInput.setRemoteLoadPermille(port, loadPermille);
    targetPortInput.setRemotePlannedPermille(port, plannedPermille);
    targetPortInput.markChanged(port);
  }

  /** Ports through which the iSNS server lists a target with a tag that is not NULL, as read back from it. */
  setRegistrations(target: number, ports: ReadonlySet<number> | readonly number[]): void {
    const words = this.portWords;
    words.fill(0);
    for (const port of ports) words[port >> 5] = (words[port >> 5] as number) | (1 << (port & 31));
    const { registrationInput } = this.core.views;
    for (let word = 0; word < words.length; word++) {
      const row = target * words.length + word;
      const bits = words[word] as number;
      const known = registrationInput.incarnation(row) === this.incarnation;
      if (known && registrationInput.ports(row) === bits) continue;
      registrationInput.setIncarnation(row, this.incarnation);
      registrationInput.setPorts(row, bits);
      registrationInput.markChanged(row);
    }
  }

  /** Row of an initiator, made at first sight under what the array file says of it; -1 when there is no row. */
  initiator(name: string): number {
    return this.sessions.initiator(name);
  }

  /**
   * A session has begun. `flags` of `SessionFlag` (LOGGED_IN is added); `switchingPriority` 0: the initiator's, or
   * computed. @returns its row, or -1 when the profile has no row left: the session is then not seen by the module.
   */
  login(initiator: number, target: number, port: number, flags: number, switchingPriority = 0): number {
    return this.sessions.login(initiator, target, port, flags, switchingPriority);
  }

  /** A session has ended. */
  logout(session: number): void {
    this.sessions.logout(session);
  }

  /** Whether the row holds a session now. */
  isLoggedIn(session: number): boolean {
    return this.sessions.isLoggedIn(session);
  }

  /** Row of a session by its ends; -1 for none. Walks all sessions: not for every tick. */
  findSession(initiator: number, target: number, port: number): number {
    return this.sessions.find(initiator, target, port);
  }

  /** After an attach, once all sessions were reported by `login`: ends those of the earlier host that were not. */
  dropUnseenSessions(): number {
    return this.sessions.dropUnseen();
  }

  /** Counters of a session: `operations` goes round at 2^32, `bytes` is monotonic, `inFlight` is now. */
  sessionCounters(session: number, hostMs: number, operations: number, bytes: number, inFlight: number): void {
    this.sessions.counters(session, hostMs, operations, bytes, inFlight);
  }

  /** One sample of a port's counters, into the mailbox or under the row's sequence word. */
  portCounters(
    port: number,
    hostMs: number,
    busyUs: number,
    bytes: number,
    operations: number,
    queueDepth: number,
  ): void {
    // Small, so that it becomes part of its caller: numbers too large to pass on unboxed then stand in an array.
    const sample = this.portSample;
    sample[0] = hostMs;
    sample[1] = queueDepth;
    sample[2] = busyUs;
    sample[3] = bytes;
    sample[4] = operations;
    this.writePortSample(port, sample);
  }

  /** As `portCounters`, from an array: milliseconds, queue depth, busy microseconds, bytes, operations. */
  writePortSample(port: number, sample: Float64Array): void {
    this.countersWriter.writeSample(port, this.portGeneration(port), sample);
  }

  /** Where worker threads write counters of ports, with a `CountersWriter` of their own: one writer a port. */
  get counters(): LatchedTable {
    return this.countersTable;
  }

  /** Registers a writer of input rows on another thread: removed rows are not given out anew before it confirms. */
  writer(name: string): WriterTicket {
    return this.confirmations.writer(name, this.core.views.header.generation(0));
  }

  /** What came of a decision. False: no slot was free; it is kept and written before a later tick. */
  outcome(incarnation: number, sequence: number, result: number, detail = 0): boolean {
    return this.outcomes.report(incarnation, sequence, result, detail);
  }

  /**
   * One step at the host's monotonic milliseconds. `handler` gets each decision in one object that is used again.
   * A handler that throws loses only its own decision: the others are drained by the next tick.
   */
  tick(hostMs: number, handler: (decision: DecisionView) => void): void {
    const { control } = this.core.views;
    control.setHostMs(0, hostMs);
    this.confirmWriters();
    this.outcomes.flush();
    this.latch?.latch();
    this.recorder?.beforeTick();
    const waiting = this.core.exports.tick();
    this.recorder?.afterTick(waiting);
    if (this.draining) this.drain(handler);
  }

  /** Verifies the check words of further rows; returns how many were broken. */
  scrub(rows: number): number {
    this.recorder?.beforeCall();
    const broken = this.core.exports.scrub(rows);
    this.recorder?.call("scrub", rows, broken);
    return broken;
  }

  /** A row was written past the shim, and not marked changed: a recording must know of it. */
  noteWritten(table: TableLayout, row: number): void {
    this.recorder?.row(table, row);
  }

  /** Begins to record into `recorder`, from the memory as it is now; undefined ends it. */
  record(recorder: Recorder | undefined): void {
    this.recorder = recorder;
    recorder?.begin(this.core, true);
  }

  /**
   * Hot swap: goes on with another module of the same layout on the same memory.
   * @returns 0, or what `attach` returned (`ErrorCode` in the low byte), and the module in service stays.
   * @throws ModuleError for a file that is no such module.
   */
  swap(bytes: Uint8Array): number {
    const { constantsAddress, constantsBytes } = this.constants();
    const memory = new Uint8Array(this.core.memory.buffer);
    const kept = memory.slice(constantsAddress, constantsAddress + constantsBytes);
    const next = instantiate(bytes, this.core.memory);
    this.recorder?.beforeCall();
    const code = next.exports.attach();
    this.recorder?.call("attach", 0, code);
    if (code === 0) this.core.exports = next.exports;
    else memory.set(kept, constantsAddress);
    return code;
  }

  private constants(): { constantsAddress: number; constantsBytes: number } {
    const tables = layouts[this.core.profile].tables;
    const constantsAddress = this.core.views.header.directoryAddress(0);
    const first = Math.min(...tables.filter((table) => table.base > constantsAddress).map((table) => table.base));
    return { constantsAddress, constantsBytes: first - constantsAddress };
  }

  private reset(): void {
    this.core.exports.reset();
    this.recorder?.call("reset", 0, 0);
  }

  private latchedTables(): { mailbox?: Mailbox; latch?: MailboxLatch; counters: LatchedTable } {
    const { profile, memory, views, shared } = this.core;
    const find = (tables: readonly LatchedTable[]) =>
      tables.find((table) => table.name === "target-port-counters") as LatchedTable;
    if (shared) {
      const tables = sharedTables(
        profile,
        memory.buffer as unknown as SharedArrayBuffer,
        changedSummariesAddress(profile),
      );
      return { counters: find(tables) };
    }
    const mailbox = createMailbox(profile);
    const latch = new MailboxLatch(mailbox, {
      words: new Int32Array(memory.buffer),
      bases: mailbox.tables.map((table) => layoutBase(profile, table.name) >> 2),
      mark: mailbox.tables.map((table) => {
        const view = table.name === "heartbeat" ? views.heartbeat : views.targetPortCounters;
        return (row: number) => view.markChanged(row);
      }),
    });
    return { mailbox, latch, counters: find(mailbox.tables) };
  }

  /** Row of this controller among those of the array; -1 for a name that the array has not. */
  private controllerIndex(array: ArrayDescription): number {
    if (this.controller === undefined) return 0;
    return array.controllers.findIndex((controller) => controller.name === this.controller);
  }

  private adopt(array: ArrayDescription, staged: Staged, book: IdBook, controllerIndex: number): void {
    this.book = book;
    this.sessions.useBook(book);
    this.adopted = array;
    const { targetPortConfigStaged, targetConfigStaged, control } = this.core.views;
    this.names.ports.clear();
    this.names.targets.clear();
    this.names.controllers.clear();
    for (const [row, port] of staged.ports.entries())
      this.names.ports.set(targetPortConfigStaged.assigned(row), port.name);
    for (const [row, target] of staged.targets.entries()) {
      this.names.targets.set(targetConfigStaged.assigned(row), target.name);
    }
    for (const [index, controller] of array.controllers.entries()) this.names.controllers.set(index, controller.name);
    this.forgetMovedRows();
    this.sessions.describe(array.initiators);
    control.setControllerIndex(0, controllerIndex);
    control.markChanged(0);
    this.confirmWriters();
  }

  /** Inputs of rows that now belong to another port or target count as unknown until they are observed. */
  private forgetMovedRows(): void {
    const { targetPortInput, registrationInput, targetConfig } = this.core.views;
    for (const row of this.names.ports.rows()) {
      const generation = this.portGeneration(row);
      if (targetPortInput.generation(row) === generation) continue;
      targetPortInput.setGeneration(row, generation);
      targetPortInput.setIncarnation(row, 0);
      targetPortInput.setLink(row, 0);
      targetPortInput.setRemoteLoadPermille(row, 0);
      targetPortInput.setRemotePlannedPermille(row, 0);
      targetPortInput.markChanged(row);
    }
    for (const row of this.names.targets.rows()) {
      const generation = targetConfig.generation(row);
      if (this.targetGenerations.get(row) === generation) continue;
      this.targetGenerations.set(row, generation);
      for (let word = 0; word < this.portWords.length; word++) {
        registrationInput.setIncarnation(row * this.portWords.length + word, 0);
        registrationInput.markChanged(row * this.portWords.length + word);
      }
    }
  }

  /** After an attach: names of the rows in force, by their ids. */
  private readNames(): void {
    const { targetPortConfig, targetConfig } = this.core.views;
    const read = (kind: "ports" | "targets", capacity: number, idOf: (row: number) => number) => {
      for (let row = 0; row < capacity; row++) {
        const name = idOf(row) === 0 ? undefined : this.book.nameOf(kind, idOf(row));
        if (name !== undefined) this.names[kind].set(row, name);
      }
    };
    read("ports", targetPortConfig.capacity, (row) => targetPortConfig.id(row));
    read("targets", targetConfig.capacity, (row) => targetConfig.id(row));
    for (const row of this.names.targets.rows()) this.targetGenerations.set(row, targetConfig.generation(row));
  }

  /** Tells the module the latest generation that all writers know. */
  private confirmWriters(): void {
    const { control, header } = this.core.views;
    const known = this.confirmations.known(header.generation(0));
    if (control.writersGeneration(0) === known) return;
    control.setWritersGeneration(0, known);
    control.markChanged(0);
  }

  private drain(handler: (decision: DecisionView) => void): void {
    const { header, decision } = this.core.views;
    const head = header.ringHead(0);
    const mask = decision.capacity - 1;
    for (let tail = header.ringTail(0); tail !== head; tail = (tail + 1) >>> 0) {
      this.fill(tail & mask);
      header.setRingTail(0, (tail + 1) >>> 0);
      this.recorder?.drained(tail & mask);
      handler(this.decision);
    }
  }

  private fill(slot: number): void {
    const { decision } = this.core.views;
    const view = this.decision;
    view.sequence = decision.sequence(slot);
    view.incarnation = decision.incarnation(slot);
    view.timeMs = decision.timeMs(slot);
    view.epochLow = decision.epochLow(slot);
    view.epochHigh = decision.epochHigh(slot);
    view.kind = decision.kind(slot);
    view.reason = decision.reason(slot);
    view.subjectKind = decision.subjectKind(slot);
    view.subject = decision.subject(slot);
    view.subjectGeneration = decision.subjectGeneration(slot);
    view.from = decision.from(slot);
    view.to = decision.to(slot);
    view.detail = decision.detail(slot);
    view.scope = decision.scope(slot);
  }
}

function layoutBase(profile: Core["profile"], name: string): number {
  return layouts[profile].tables.find((table) => table.name === name)?.base ?? 0;
}

/** A 64-bit epoch of a decision as a number, exact to 2^53. */
export function epochOf(decision: DecisionView): number {
  return decision.epochHigh * TWO_TO_32 + decision.epochLow;
}
