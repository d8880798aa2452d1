/** Rows of initiators and sessions: given out at first sight, each time under a larger generation. */

import type { InitiatorDescription } from "../array/description.js";
import { InitiatorFlag, MoveState, NextPortal, SessionFlag, type Views } from "./generated/layout.js";
import type { IdBook } from "./id-book.js";
import type { Names } from "./names.js";
import { RowPool } from "./row-pool.js";

/** Names of initiators kept in the id book, as a multiple of the rows that the profile has. */
const BOOK_FACTOR = 4;
const IN_FLIGHT_MAX = 0xffff;

export class Sessions {
  private readonly rows: RowPool;
  private readonly initiatorRows: RowPool;
  /** Sessions of each initiator row. */
  private readonly sessionCount: Uint32Array;
  /** Sessions of an earlier host that were not seen yet in this incarnation. */
  private readonly unseen: Uint8Array;
  private unseenCount = 0;
  /** Initiator rows without a session, the longest idle first. */
  private readonly idle = new Set<number>();
  private described = new Map<string, InitiatorDescription>();
  /** Logins and initiators for which there was no row. */
  dropped = 0;

  /** Rows that the memory already holds are taken over. */
  constructor(
    private readonly views: Views,
    private book: IdBook,
    private readonly names: Names,
  ) {
    const { sessionInput, initiatorInput } = views;
    const loggedIn = (row: number) => (sessionInput.flags(row) & SessionFlag.LOGGED_IN) !== 0;
    this.rows = new RowPool(sessionInput.capacity, loggedIn);
    this.initiatorRows = new RowPool(initiatorInput.capacity, (row) => initiatorInput.id(row) !== 0);
    this.sessionCount = new Uint32Array(initiatorInput.capacity);
    this.unseen = new Uint8Array(sessionInput.capacity);
    for (let row = 0; row < sessionInput.capacity; row++) {
      if (!loggedIn(row)) continue;
      this.unseen[row] = 1;
      this.unseenCount++;
      const initiator = sessionInput.initiator(row);
      this.sessionCount[initiator] = (this.sessionCount[initiator] as number) + 1;
    }
    const known = book.namesById("initiators");
    for (let row = 0; row < initiatorInput.capacity; row++) this.takeOverInitiator(row, known);
  }

  /** Goes on with the book of an adopted configuration. */
  useBook(book: IdBook): void {
    this.book = book;
  }

  /** What the array file says of initiators; rows already given out follow it. */
  describe(initiators: readonly InitiatorDescription[]): void {
    this.described = new Map(initiators.map((initiator) => [initiator.name, initiator]));
    for (const row of this.names.initiators.rows()) this.writeInitiator(row, this.names.initiators.name(row));
  }

  /** Row of an initiator, made at first sight; -1 when there is no row for it. */
  initiator(name: string): number {
    const known = this.names.initiators.row(name);
    if (known >= 0) return known;
    const row = this.takeInitiatorRow();
    if (row < 0) {
      this.dropped++;
      return -1;
    }
    const { initiatorInput } = this.views;
    this.names.initiators.set(row, name);
    initiatorInput.setId(row, this.book.idOf("initiators", name));
    initiatorInput.setGeneration(row, initiatorInput.generation(row) + 1);
    this.writeInitiator(row, name);
    initiatorInput.markChanged(row);
    this.idle.add(row);
    this.trimBook();
    return row;
  }

  /** Row of a new session; the same row for one that an earlier host left; -1 when there is none. */
  login(initiator: number, target: number, port: number, flags: number, switchingPriority: number): number {
    const left = this.findUnseen(initiator, target, port);
    const row = left >= 0 ? left : this.rows.take();
    if (row < 0) {
      this.dropped++;
      return -1;
    }
    const { sessionInput } = this.views;
    this.see(row);
    if (left < 0) {
      sessionInput.setGeneration(row, sessionInput.generation(row) + 1);
      this.clearCounters(row);
      this.count(initiator, 1);
    }
    sessionInput.setTarget(row, target);
    sessionInput.setInitiator(row, initiator);
    sessionInput.setPort(row, port);
    sessionInput.setSwitchingPriority(row, switchingPriority);
    sessionInput.setFlags(row, flags | SessionFlag.LOGGED_IN);
    sessionInput.markChanged(row);
    return row;
  }

  /** Ends a session; one that has ended already is left alone. */
  logout(row: number): void {
    if (!this.rows.isTaken(row)) return;
    const { sessionInput } = this.views;
    sessionInput.setFlags(row, 0);
    sessionInput.markChanged(row);
    this.see(row);
    this.count(sessionInput.initiator(row), -1);
    this.rows.release(row);
  }

  isLoggedIn(row: number): boolean {
    return this.rows.isTaken(row);
  }

  get loggedIn(): number {
    return this.rows.capacity - this.rows.free;
  }

  /** Row of a session by its ends; -1 for none. */
  find(initiator: number, target: number, port: number): number {
    const { sessionInput } = this.views;
    for (let row = 0; row < sessionInput.capacity; row++) {
      if (!this.rows.isTaken(row) || sessionInput.initiator(row) !== initiator) continue;
      if (sessionInput.target(row) === target && sessionInput.port(row) === port) return row;
    }
    return -1;
  }

  /** Ends the sessions that an earlier host left and that were not seen since. Returns how many. */
  dropUnseen(): number {
    let dropped = 0;
    for (let row = 0; row < this.unseen.length; row++) {
      if (this.unseen[row] === 0) continue;
      this.logout(row);
      dropped++;
    }
    return dropped;
  }

  counters(row: number, hostMs: number, operations: number, bytes: number, inFlight: number): void {
    const { sessionInput, sessionCounters } = this.views;
    sessionCounters.setGeneration(row, sessionInput.generation(row));
    sessionCounters.setSampledMs(row, hostMs >>> 0);
    sessionCounters.setOperations(row, operations >>> 0);
    sessionCounters.setBytes(row, bytes);
    sessionCounters.setInFlight(row, Math.min(inFlight, IN_FLIGHT_MAX));
    sessionCounters.markChanged(row);
  }

  private clearCounters(row: number): void {
    const { sessionInput, sessionCounters } = this.views;
    sessionCounters.setGeneration(row, sessionInput.generation(row));
    sessionCounters.setSampledMs(row, 0);
    sessionCounters.setOperations(row, 0);
    sessionCounters.setBytes(row, 0);
    sessionCounters.setInFlight(row, 0);
  }

  private takeOverInitiator(row: number, known: ReadonlyMap<number, string>): void {
    const id = this.views.initiatorInput.id(row);
    if (id === 0) return;
    const name = known.get(id);
    if (name !== undefined) this.names.initiators.set(row, name);
    if (this.sessionCount[row] === 0) this.idle.add(row);
  }

  /** A free row, or that of the initiator that has been without a session longest and is not moving. */
  private takeInitiatorRow(): number {
    const free = this.initiatorRows.take();
    if (free >= 0) return free;
    for (const row of this.idle) {
      if (this.isMoving(row)) continue;
      this.idle.delete(row);
      this.names.initiators.remove(row);
      return row;
    }
    return -1;
  }

  private isMoving(initiator: number): boolean {
    const { move } = this.views;
    for (let row = 0; row < move.capacity; row++) {
      if (move.state(row) !== MoveState.FREE && move.initiator(row) === initiator) return true;
    }
    return false;
  }

  private writeInitiator(row: number, name: string): void {
    const { initiatorInput } = this.views;
    const described = this.described.get(name);
    const flags = described?.pinned === true ? InitiatorFlag.PINNED : 0;
    const nextPortal = described?.nextPortal === "following" ? NextPortal.FOLLOWING : NextPortal.FIRST;
    const priority = described?.switchingPriority ?? 0;
    const same =
      initiatorInput.flags(row) === flags &&
      initiatorInput.nextPortal(row) === nextPortal &&
      initiatorInput.switchingPriority(row) === priority;
    if (same) return;
    initiatorInput.setFlags(row, flags);
    initiatorInput.setNextPortal(row, nextPortal);
    initiatorInput.setSwitchingPriority(row, priority);
    initiatorInput.markChanged(row);
  }

  private count(initiator: number, change: number): void {
    const count = (this.sessionCount[initiator] as number) + change;
    this.sessionCount[initiator] = count;
    if (count === 0) this.idle.add(initiator);
    else this.idle.delete(initiator);
  }

  private see(row: number): void {
    if (this.unseen[row] === 1) this.unseenCount--;
    this.unseen[row] = 0;
  }

  private findUnseen(initiator: number, target: number, port: number): number {
    if (this.unseenCount === 0) return -1;
    const row = this.find(initiator, target, port);
    return row >= 0 && this.unseen[row] === 1 ? row : -1;
  }

  /** Keeps the book of initiators bounded: those that have no row go first. */
  private trimBook(): void {
    const most = this.views.initiatorInput.capacity * BOOK_FACTOR;
    if (this.book.size("initiators") <= most) return;
    for (const name of this.book.names("initiators")) {
      if (this.names.initiators.has(name)) continue;
      this.book.forget("initiators", name);
      if (this.book.size("initiators") <= most) return;
    }
  }
}
