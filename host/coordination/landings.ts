/**
 * Where a session that had to leave comes up: each controller sees the sessions of its own ports only, so the one that
 * moves it asks the other owners of the target's ports, before the session is asked to leave, to watch for it. Whoever
 * sees it tells, also where it wasn't expected: the host may take any portal that it knows.
 */

import { MoveState, TargetPortStatus } from "../shim/generated/layout.js";
import type { Shim } from "../shim/shim.js";
import type { CommandLink, Message } from "./commands/link.js";

export interface LandingOptions {
  link: CommandLink;
  controllers(): readonly string[];
  /** Digest of the configuration in force; a controller of another one is neither asked nor answered. */
  configuration(): number;
  /** For an answer, in milliseconds; while a move lasts, it is asked for again after as long: an owner may have started anew. */
  timeoutMs: number;
  /** How long a move lasts at most, in milliseconds (`moveMs`). */
  grantMs: number;
}

/** A move of the own module whose session is watched for. */
interface Watched {
  /** Names the watch, with the own incarnation. */
  sequence: number;
  initiator: string;
  target: string;
  /** Of the move: its row is another's once it differs. */
  startedMs: number;
  /** When each owner was last asked, by the shim's host time. */
  askedMs: Map<string, number>;
  /** Session of the own module that stands for the one that has come up elsewhere. */
  stand: { row: number; generation: number } | undefined;
}

/** What an asker wants watched: all by name, since rows differ from module to module. */
interface Wanted {
  initiator: string;
  target: string;
  /** Where it should land: there a session that is there already counts as well. */
  port: string;
  /** The session had left its port when this was sent. */
  left: boolean;
  incarnation: number;
  sequence: number;
}

/** A watch that this controller keeps for another. */
interface Watch extends Wanted {
  from: string;
  sinceMs: number;
  /** Other paths of the host, which were there before: generations by session row. */
  before: ReadonlyMap<number, number>;
  /** The asker is being told. */
  telling: boolean;
}

export class Landings {
  private shim: Shim | undefined;
  /** By row of the module's table of moves. */
  private readonly watched = new Map<number, Watched>();
  /** By asker, incarnation and sequence; the oldest first. */
  private readonly watches = new Map<string, Watch>();
  private sequence = 0;
  private hostMs = 0;

  constructor(private readonly options: LandingOptions) {
    options.link.serve("watch", (from, message) => Promise.resolve(this.watch(from, message)));
    options.link.serve("landed", (from, message) => Promise.resolve(this.landed(from, message)));
  }

  attach(shim: Shim): void {
    this.shim = shim;
  }

  beforeTick(hostMs: number): void {
    this.hostMs = hostMs;
    for (const [key, watch] of this.watches) this.look(key, watch);
    const { moduleState, move } = (this.shim as Shim).core.views;
    if (moduleState.movesInUse(0) === 0 && this.watched.size === 0) return;
    for (let row = 0; row < move.capacity; row++) this.follow(row);
  }

  // The asker's side.

  /** From the withdrawal on, so that the owners know the host's other paths before its session leaves. */
  private follow(row: number): void {
    const { move } = (this.shim as Shim).core.views;
    const state = move.state(row);
    const before = this.watched.get(row);
    if (before !== undefined && (state === MoveState.FREE || before.startedMs !== move.startedMs(row))) {
      this.end(row, before);
    }
    const underWay = state >= MoveState.WITHDRAWING && state <= MoveState.AWAITING_LOGIN;
    if (!underWay) return;
    const watched = this.watched.get(row) ?? this.begin(row);
    if (watched.stand !== undefined) return;
    const { names } = this.shim as Shim;
    const left = state === MoveState.AWAITING_LOGIN;
    for (const owner of this.ownersOf(watched.target)) this.ask(owner, watched, names.ports.name(move.to(row)), left);
  }

  private begin(row: number): Watched {
    const { names, core } = this.shim as Shim;
    const { move } = core.views;
    const watched = {
      sequence: ++this.sequence,
      initiator: names.initiators.name(move.initiator(row)),
      target: names.targets.name(move.target(row)),
      startedMs: move.startedMs(row),
      askedMs: new Map<string, number>(),
      stand: undefined,
    };
    this.watched.set(row, watched);
    return watched;
  }

  /** Other controllers with a port of the target. */
  private ownersOf(target: string): Set<string> {
    const { array, names } = this.shim as Shim;
    const through = array?.targets.find(({ name }) => name === target)?.ports ?? [];
    const others = (array?.ports ?? []).filter(
      ({ name }) => through.includes(name) && !this.isOwn(names.ports.row(name)),
    );
    return new Set(others.map(({ controller }) => controller));
  }

  private isOwn(port: number): boolean {
    return ((this.shim as Shim).core.views.targetPortState.status(port) & TargetPortStatus.OWN) !== 0;
  }

  /** Without an answer, or refused for now, it is asked again as long as the move lasts. */
  private ask(owner: string, { askedMs, initiator, target, sequence }: Watched, port: string, left: boolean): void {
    const { link, timeoutMs, configuration } = this.options;
    if (this.hostMs - (askedMs.get(owner) ?? Number.NEGATIVE_INFINITY) < timeoutMs) return;
    askedMs.set(owner, this.hostMs);
    const { incarnation } = this.shim as Shim;
    const wanted = { initiator, target, port, left, incarnation, sequence, configuration: configuration() };
    link.request(owner, { kind: "watch", ...wanted }, timeoutMs).catch(() => undefined);
  }

  /** An owner sees the session on its port: it stands among the own module's sessions while its move lasts. */
  private landed(from: string, { incarnation, sequence, port }: Message): Message {
    const shim = this.shim as Shim;
    for (const watched of this.watched.values()) {
      if (incarnation !== shim.incarnation || sequence !== watched.sequence || watched.stand !== undefined) continue;
      const owner = shim.array?.ports.find(({ name }) => name === port)?.controller;
      if (owner === from) this.stand(watched, port as string);
    }
    return { kind: "landed" };
  }

  private stand(watched: Watched, port: string): void {
    const { names, core } = this.shim as Shim;
    const initiator = names.initiators.row(watched.initiator);
    const target = names.targets.row(watched.target);
    const at = names.ports.row(port);
    if (initiator < 0 || target < 0 || at < 0) return;
    const row = (this.shim as Shim).login(initiator, target, at, 0);
    if (row >= 0) watched.stand = { row, generation: core.views.sessionInput.generation(row) };
  }

  /** From now on the owner's load shows the session. A row that another session has meanwhile is left alone. */
  private end(row: number, { stand }: Watched): void {
    const shim = this.shim as Shim;
    this.watched.delete(row);
    if (stand !== undefined && shim.core.views.sessionInput.generation(stand.row) === stand.generation) {
      shim.logout(stand.row);
    }
  }

  // The owner's side.

  private watch(from: string, message: Message): Message {
    const wanted = readWanted(message);
    const known = this.options.controllers().includes(from) && message.configuration === this.options.configuration();
    if (wanted === undefined || !known) return { kind: "watch", watching: false };
    const key = `${wanted.incarnation}/${wanted.sequence}/${from}`;
    if (!this.watches.has(key)) {
      this.makeRoom(from);
      const before = wanted.left ? new Map<number, number>() : this.otherPaths(wanted);
      this.watches.set(key, { ...wanted, from, sinceMs: this.hostMs, before, telling: false });
    }
    return { kind: "watch", watching: true };
  }

  /** A controller has no more moves at a time than its module has rows for them: an older watch is of one that has ended. */
  private makeRoom(from: string): void {
    const own = [...this.watches].filter(([, watch]) => watch.from === from);
    if (own.length >= (this.shim as Shim).core.views.move.capacity) this.watches.delete((own[0] as (typeof own)[0])[0]);
  }

  /** Sessions of the host to the target through ports of this controller, but for the one where it should land. */
  private otherPaths(wanted: Wanted): ReadonlyMap<number, number> {
    const { names, core } = this.shim as Shim;
    const paths = [...this.sessionsOf(wanted)].filter(([, port]) => names.ports.name(port) !== wanted.port);
    return new Map(paths.map(([row]) => [row, core.views.sessionInput.generation(row)]));
  }

  private look(key: string, watch: Watch): void {
    if (this.hostMs - watch.sinceMs > this.options.grantMs) this.watches.delete(key);
    else if (!watch.telling) {
      const port = this.portOf(watch);
      if (port !== undefined) void this.tell(key, watch, port);
    }
  }

  /** Port on which the session has come up; undefined for none. */
  private portOf(watch: Watch): string | undefined {
    const { names, core } = this.shim as Shim;
    for (const [row, port] of this.sessionsOf(watch)) {
      if (watch.before.get(row) !== core.views.sessionInput.generation(row)) return names.ports.name(port);
    }
    return undefined;
  }

  private async tell(key: string, watch: Watch, port: string): Promise<void> {
    watch.telling = true;
    const { incarnation, sequence, from } = watch;
    try {
      await this.options.link.request(from, { kind: "landed", incarnation, sequence, port }, this.options.timeoutMs);
      this.watches.delete(key);
    } catch {
      watch.telling = false; // again at a later tick
    }
  }

  /** Rows and ports of the sessions of an initiator to a target on own ports; walks the initiator's own sessions. */
  private *sessionsOf({ initiator, target }: Wanted): Iterable<readonly [row: number, port: number]> {
    const { names, core } = this.shim as Shim;
    const { initiatorState, sessionState } = core.views;
    const initiatorRow = names.initiators.row(initiator);
    const targetRow = names.targets.row(target);
    if (initiatorRow < 0 || targetRow < 0) return;
    let row = initiatorState.firstSession(initiatorRow);
    for (let step = 0; step < sessionState.capacity && row < sessionState.capacity; step++) {
      const port = sessionState.port(row);
      if (sessionState.target(row) === targetRow && this.isOwn(port)) yield [row, port];
      row = sessionState.initiatorNext(row);
    }
  }
}

function readWanted({ initiator, target, port, left, incarnation, sequence }: Message): Wanted | undefined {
  if (typeof initiator !== "string" || typeof target !== "string" || typeof port !== "string") return undefined;
  if (typeof left !== "boolean" || !Number.isSafeInteger(incarnation) || !Number.isSafeInteger(sequence))
    return undefined;
  return { initiator, target, port, left, incarnation: incarnation as number, sequence: sequence as number };
}
