/** The shim: feeds one module its inputs, ticks it, and hands out its decisions. */

import type { ArrayDescription, Problem } from "../array/description.js";
import { type DecisionView, emptyDecision, fillDecision } from "./decision-view.js";
import { ScopeKind, ScopeRole, type TableLayout } from "./generated/layout.js";
import { Hosting } from "./hosting.js";
import { IdBook } from "./id-book.js";
import type { LatchedTable } from "./latched-rows.js";
import { type LatchedRows, openLatchedRows } from "./latched-path.js";
import { Membership } from "./membership.js";
import type { Core } from "./module.js";
import { Names } from "./names.js";
import { Observations } from "./observations.js";
import { Outcomes } from "./outcomes.js";
import type { Recorder } from "./recorder.js";
import { Sessions } from "./sessions.js";
import { checkSizes, problemOf, refusal, type Staged, stage } from "./staging.js";
import { swapModule } from "./swap.js";
import { WriterConfirmations, type WriterTicket } from "./writers.js";

export { epochOf } from "./decision-view.js";

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

export class Shim {
  readonly core: Core;
  readonly names: Names;
  readonly incarnation: number;
  /** Members and scopes. */
  readonly membership: Membership;
  /** While false, decisions stay in the ring. */
  draining = true;
  private book: IdBook;
  private readonly controller: string | undefined;
  private readonly epoch: number;
  private readonly sessions: Sessions;
  private readonly outcomes: Outcomes;
  private readonly confirmations = new WriterConfirmations();
  private readonly decision = emptyDecision();
  private readonly latched: LatchedRows;
  private readonly observations: Observations;
  private readonly hosting: Hosting;
  private readonly portSample = new Float64Array(5);
  private requests = 0;
  private recorder: Recorder | undefined;
  private adopted: ArrayDescription | undefined;

  constructor(core: Core, options: ShimOptions) {
    if (!(options.incarnation >= 1)) throw new RangeError(`incarnation is ${options.incarnation}: at least 1`);
    this.core = core;
    this.incarnation = options.incarnation;
    this.controller = options.controller;
    this.book = options.book ?? new IdBook();
    this.epoch = options.epoch ?? 1;
    const { sessionInput } = core.views;
    this.names = new Names((row) => [sessionInput.initiator(row), sessionInput.target(row), sessionInput.port(row)]);
    this.latched = openLatchedRows(core, options.attached === true);
    this.membership = new Membership(core, this.incarnation, this.latched);
    this.recorder = options.recorder;
    this.recorder?.begin(core, options.attached === true);
    if (options.attached !== true) this.reset();
    this.sessions = new Sessions(core.views, this.book, this.names);
    this.outcomes = new Outcomes(core.views);
    this.observations = new Observations(core, this.incarnation, this.names);
    this.hosting = new Hosting(core, this.incarnation, this.names);
    if (options.attached === true) {
      this.observations.readNames(this.book);
      this.hosting.readNames(this.book);
    }
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
    return this.core.views.header.tornRows(0) + (this.latched.mailbox?.tornRows ?? 0);
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
    if (this.controllerName(array) === undefined) {
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
    this.adopt(array, staged, book);
    return [];
  }

  /** Tells the module who it is: incarnation, controller, and that it decides for its own ports. */
  start(hostMs: number): void {
    const { control } = this.core.views;
    control.setHostMs(0, hostMs);
    control.setIncarnation(0, this.incarnation);
    control.markChanged(0);
    this.membership.setScope(SCOPE_PORTS, ScopeKind.PORTS, ScopeRole.DECIDING, 0, this.epoch);
  }

  /**
   * An operator's wish, answered by a decision REQUEST_ANSWERED about its row.
   * @param kind `RequestKind`; `subject` and `detail` as it says, NONE for no subject
   * @returns the row; the oldest request's row is used again
   */
  request(kind: number, subject: number, detail = 0): number {
    const { request } = this.core.views;
    const row = this.requests % request.capacity;
    this.requests++;
    request.setSequence(row, this.requests);
    request.setIncarnation(row, this.incarnation);
    request.setKind(row, kind);
    request.setSubject(row, subject);
    request.setDetail(row, detail);
    request.markChanged(row);
    return row;
  }

  /** Management requests that this controller's processor has under way: a planned switch-over waits for them. */
  setRequestsUnderWay(count: number): void {
    const { control } = this.core.views;
    if (control.requestsUnderWay(0) === count) return;
    control.setRequestsUnderWay(0, count);
    control.markChanged(0);
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
    this.observations.setLink(port, state);
  }

  /** Load and reserved load of another controller's port, in permille, as that controller's module judges them. */
  setRemoteLoad(port: number, loadPermille: number, plannedPermille: number): void {
    this.observations.setRemoteLoad(port, loadPermille, plannedPermille);
  }

  /**
   * Whether the owner of a port, another controller, withdraws a target's registration there: such a one counts as not
   * listed, though the server may list it yet.
   */
  setRemoteWithdrawn(target: number, port: number, withdrawn: boolean): void {
    this.observations.setRemoteWithdrawn(target, port, withdrawn);
  }

  /** Ports through which the iSNS server lists a target with a tag that is not NULL, as read back from it. */
  setRegistrations(target: number, ports: ReadonlySet<number> | readonly number[]): void {
    this.observations.setRegistrations(target, ports);
  }

  /** A network port as its kernel has it: `link` of `LinkState`; `errors` that the kernel counted. */
  networkPort(port: number, link: number, errors = 0): void {
    this.hosting.networkPort(port, link, errors);
  }

  /** Port whose kernel holds an interface's address, by that kernel's own or its controller's report; NONE: nobody. */
  interfaceAt(row: number, port: number): void {
    this.hosting.interfaceAt(row, port);
  }

  /** Member row of the server that a unit's shelf admits, and of the one that exports it now; NONE: nobody. */
  unitAt(unit: number, admitted: number, serving: number): void {
    this.hosting.unitAt(unit, admitted, serving);
  }

  /** Member row of a controller's server, by the controller's index. */
  serverRow(controller: number): number {
    return this.hosting.serverRow(controller);
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
    this.latched.writer.writeSample(port, this.portGeneration(port), sample);
  }

  /** Where worker threads write counters of ports, with a `CountersWriter` of their own: one writer a port. */
  get counters(): LatchedTable {
    return this.latched.counters;
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
    this.latched.latch?.latch();
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
    return swapModule(this.core, bytes, this.recorder);
  }

  private reset(): void {
    this.core.exports.reset();
    this.recorder?.call("reset", 0, 0);
  }

  /** Name of this controller; undefined for one that the array has not. */
  private controllerName(array: ArrayDescription): string | undefined {
    if (this.controller === undefined) return array.controllers[0]?.name ?? "";
    return array.controllers.find((controller) => controller.name === this.controller)?.name;
  }

  private adopt(array: ArrayDescription, staged: Staged, book: IdBook): void {
    this.book = book;
    this.sessions.useBook(book);
    this.adopted = array;
    const { targetPortConfigStaged, targetConfigStaged, control } = this.core.views;
    this.names.ports.clear();
    this.names.targets.clear();
    for (const [row, port] of staged.ports.entries())
      this.names.ports.set(targetPortConfigStaged.assigned(row), port.name);
    for (const [row, target] of staged.targets.entries()) {
      this.names.targets.set(targetConfigStaged.assigned(row), target.name);
    }
    this.hosting.adopt(staged);
    this.observations.forgetMovedRows();
    this.sessions.describe(array.initiators);
    control.setControllerIndex(0, Math.max(0, this.names.controllers.row(this.controllerName(array) ?? "")));
    control.markChanged(0);
    this.confirmWriters();
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
      fillDecision(this.decision, decision, tail & mask);
      header.setRingTail(0, (tail + 1) >>> 0);
      this.recorder?.drained(tail & mask);
      handler(this.decision);
    }
  }
}
