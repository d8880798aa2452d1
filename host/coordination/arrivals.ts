/**
 * Room for sessions that come from another controller's port: RESERVE_ARRIVAL is carried to the owner of the port, whose
 * own module grants or refuses it; a grant pins the (target, port) registration until it is released or its time is over.
 * `landings.ts` finds out where the session comes up.
 */

import type { DecisionView, Effector, Source } from "../shim/actor.js";
import { ArrivalStatus, DecisionKind, MoveState, OutcomeResult } from "../shim/generated/layout.js";
import type { Shim } from "../shim/shim.js";
import type { CommandLink, Message } from "./commands/link.js";
import { Landings } from "./landings.js";

export interface ArrivalOptions {
  link: CommandLink;
  /** Places of controllers in the array file: the module names an asker by one more than its place. */
  controllers(): readonly string[];
  /** Digest of the configuration in force; a controller of another one is neither asked nor answered. */
  configuration(): number;
  /** For an answer, in milliseconds: no longer than the module waits for it (`reserveMs`). */
  timeoutMs: number;
  /** How long a grant lasts where it isn't released (`moveMs`); one isn't given back for longer. */
  grantMs: number;
}

/** What an asker wants: all by name, since rows differ from module to module. */
interface Reservation {
  initiator: string;
  target: string;
  port: string;
  loadPermille: number;
  /** Names the reservation, with the asker's incarnation. */
  incarnation: number;
  sequence: number;
}

/** A reservation that this controller has asked for and may hold. */
interface Asked extends Reservation {
  owner: string;
  targetRow: number;
  portRow: number;
  /** The owner is being told that it isn't needed any more. */
  releasing: boolean;
  askedMs: number;
}

/** One that was asked of this controller. */
interface Granted extends Reservation {
  from: string;
  targetRow: number;
  portRow: number;
  /** Sequence under which the own module knows it. */
  arrival: number;
  answer: ((granted: boolean) => void) | undefined;
}

export class Arrivals implements Source, Effector {
  private shim: Shim | undefined;
  private readonly asked = new Set<Asked>();
  /** By row of the module's table of arrivals. */
  private readonly granted = new Map<number, Granted>();
  private sequence = 0;
  private hostMs = 0;
  private generation = -1;
  private readonly landings: Landings;

  constructor(private readonly options: ArrivalOptions) {
    this.landings = new Landings(options);
    options.link.serve("reserve", (from, message) => this.reserve(from, message));
    options.link.serve("release", (from, message) => Promise.resolve(this.release(from, message)));
  }

  attach(shim: Shim): void {
    this.shim = shim;
    this.landings.attach(shim);
  }

  beforeTick(hostMs: number): void {
    this.hostMs = hostMs;
    this.landings.beforeTick(hostMs);
    if (this.asked.size === 0 && this.granted.size === 0) return;
    this.followConfiguration();
    for (const [row, granted] of this.granted) this.look(row, granted);
    for (const asked of this.asked) {
      if (hostMs - asked.askedMs > this.options.grantMs) this.asked.delete(asked);
      else if (!asked.releasing && !this.isNeeded(asked)) void this.giveBack(asked);
    }
  }

  handle(decision: DecisionView): void {
    if (decision.kind !== DecisionKind.RESERVE_ARRIVAL) return;
    const { names, array } = this.shim as Shim;
    const port = names.ports.name(decision.to);
    const target = names.targets.name(decision.subject);
    const owner = array?.ports.find((each) => each.name === port)?.controller ?? "";
    const { incarnation, sequence, detail: loadPermille } = decision;
    const initiator = names.initiators.name(this.initiatorOf(sequence));
    const rows = { targetRow: decision.subject, portRow: decision.to };
    const asked = { initiator, target, port, loadPermille, incarnation, sequence, owner, ...rows };
    void this.ask({ ...asked, releasing: false, askedMs: this.hostMs });
  }

  /** Reservations that this controller holds, or may hold, on others. */
  get held(): number {
    return this.asked.size;
  }

  close(): Promise<void> {
    for (const { answer } of this.granted.values()) answer?.(false);
    this.granted.clear();
    return Promise.resolve();
  }

  // The asker's side.

  private async ask(asked: Asked): Promise<void> {
    this.asked.add(asked);
    const granted = await this.request("reserve", asked);
    // Without an answer it may be granted all the same: it is given back once the move has ended, which it has.
    if (granted === false) this.asked.delete(asked);
    const result = granted === true ? OutcomeResult.DONE : OutcomeResult.REFUSED;
    (this.shim as Shim).outcome(asked.incarnation, asked.sequence, result);
  }

  /** @returns undefined without an answer */
  private async request(kind: string, asked: Asked): Promise<boolean | undefined> {
    const { initiator, target, port, loadPermille, incarnation, sequence, owner } = asked;
    const configuration = this.options.configuration();
    const message = { kind, initiator, target, port, loadPermille, incarnation, sequence, configuration };
    try {
      const answer = await this.options.link.request(owner, message, this.options.timeoutMs);
      return answer.kind === kind ? answer.granted === true : undefined;
    } catch {
      return undefined;
    }
  }

  /** Row of the initiator whose session the move of a decision is about. */
  private initiatorOf(sequence: number): number {
    const { move } = (this.shim as Shim).core.views;
    for (let row = 0; row < move.capacity; row++) {
      if (move.state(row) === MoveState.RESERVING && move.sequence(row) === sequence) return move.initiator(row);
    }
    return -1;
  }

  /** Whether a move of the own module still counts on the room: its row names the pair until its load shows there. */
  private isNeeded({ targetRow, portRow }: Asked): boolean {
    const { move } = (this.shim as Shim).core.views;
    for (let row = 0; row < move.capacity; row++) {
      if (move.state(row) === MoveState.FREE) continue;
      if (move.target(row) === targetRow && move.to(row) === portRow) return true;
    }
    return false;
  }

  /** Until the owner has answered; where it never does, its grant ends by its deadline. */
  private async giveBack(asked: Asked): Promise<void> {
    asked.releasing = true;
    const answer = await this.request("release", asked);
    if (answer === undefined) asked.releasing = false;
    else this.asked.delete(asked);
  }

  // The owner's side.

  private reserve(from: string, message: Message): Promise<Message> {
    const wanted = readReservation(message);
    const place = this.options.controllers().indexOf(from);
    const rows = wanted === undefined ? undefined : this.rows(wanted);
    if (wanted === undefined || rows === undefined || place < 0 || this.isForeign(message)) return REFUSED;
    const row = this.rowFor(from, wanted);
    if (row < 0 || this.moves(wanted.initiator, rows.targetRow)) return REFUSED;
    this.write(row, place + 1, rows.targetRow, rows.portRow, wanted.loadPermille);
    return new Promise((resolve) => {
      const answer = (granted: boolean) => resolve({ kind: "reserve", granted });
      this.granted.set(row, { ...wanted, ...rows, from, arrival: this.sequence, answer });
    });
  }

  /** A host with several paths never loses two at once: no room for one whose other path this controller moves. */
  private moves(initiator: string, target: number): boolean {
    const { names, core } = this.shim as Shim;
    const { move } = core.views;
    const row = names.initiators.row(initiator);
    for (let each = 0; each < move.capacity; each++) {
      const state = move.state(each);
      if (state === MoveState.FREE || state === MoveState.SETTLING) continue;
      if (move.initiator(each) === row && move.target(each) === target) return true;
    }
    return false;
  }

  private release(from: string, message: Message): Message {
    const wanted = readReservation(message);
    if (wanted === undefined) return { kind: "release" };
    for (const [row, granted] of this.granted) if (isSame(granted, from, wanted)) this.end(row, granted);
    return { kind: "release" };
  }

  private isForeign({ configuration }: Message): boolean {
    return configuration !== this.options.configuration();
  }

  private rows({ target, port }: Reservation): { targetRow: number; portRow: number } | undefined {
    const { names } = this.shim as Shim;
    const rows = { targetRow: names.targets.row(target), portRow: names.ports.row(port) };
    return rows.targetRow < 0 || rows.portRow < 0 ? undefined : rows;
  }

  /** The row that the reservation has already, or a free one; -1 for none. */
  private rowFor(from: string, wanted: Reservation): number {
    const { arrivalInput } = (this.shim as Shim).core.views;
    for (const [row, granted] of this.granted) if (isSame(granted, from, wanted)) return row;
    for (let row = 0; row < arrivalInput.capacity; row++) if (!this.granted.has(row)) return row;
    return -1;
  }

  private write(row: number, requester: number, target: number, port: number, loadPermille: number): void {
    const { shim } = this;
    const { arrivalInput } = (shim as Shim).core.views;
    this.sequence++;
    arrivalInput.setRequester(row, requester);
    arrivalInput.setTarget(row, target);
    arrivalInput.setPort(row, port);
    arrivalInput.setLoadPermille(row, loadPermille);
    arrivalInput.setSequence(row, this.sequence);
    arrivalInput.setIncarnation(row, (shim as Shim).incarnation);
    arrivalInput.markChanged(row);
  }

  /** Passes the module's answer on; a refusal, and a grant whose time is over, leave the row. */
  private look(row: number, granted: Granted): void {
    const { arrivalState } = (this.shim as Shim).core.views;
    const answered = arrivalState.sequence(row) === granted.arrival;
    const status = answered ? arrivalState.status(row) : ArrivalStatus.FREE;
    if (status === ArrivalStatus.GRANTED) {
      granted.answer?.(true);
      granted.answer = undefined;
    } else if (status === ArrivalStatus.REFUSED || granted.answer === undefined) this.end(row, granted);
  }

  private end(row: number, granted: Granted): void {
    granted.answer?.(false);
    this.granted.delete(row);
    this.write(row, 0, 0, 0, 0);
  }

  /** What still has its rows in another configuration goes on: a pin lasts until its move has ended. */
  private followConfiguration(): void {
    const generation = (this.shim as Shim).core.views.header.generation(0);
    if (generation === this.generation) return;
    this.generation = generation;
    for (const [row, granted] of this.granted) if (!this.keepsRows(granted)) this.end(row, granted);
    for (const asked of this.asked) if (!this.keepsRows(asked)) this.asked.delete(asked);
  }

  private keepsRows(reservation: Reservation & { targetRow: number; portRow: number }): boolean {
    const rows = this.rows(reservation);
    return rows?.targetRow === reservation.targetRow && rows.portRow === reservation.portRow;
  }
}

function isSame(granted: Granted, from: string, { incarnation, sequence }: Reservation): boolean {
  return granted.from === from && granted.incarnation === incarnation && granted.sequence === sequence;
}

const REFUSED: Promise<Message> = Promise.resolve({ kind: "reserve", granted: false });
const PERMILLE_MAX = 0xffff;

function readReservation(message: Message): Reservation | undefined {
  const { initiator, target, port, loadPermille, incarnation, sequence } = message;
  if (typeof initiator !== "string" || initiator === "") return undefined;
  if (typeof target !== "string" || typeof port !== "string") return undefined;
  if (!isCount(loadPermille) || !isCount(incarnation) || !isCount(sequence)) return undefined;
  return loadPermille > PERMILLE_MAX ? undefined : { initiator, target, port, loadPermille, incarnation, sequence };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
