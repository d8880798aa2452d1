/**
 * Sessions on their way from one port to another, as seen from outside: from the decision that asks one to leave until
 * its host is logged in again or the module has given the move up.
 */

import { Reason, SessionFlag } from "../../../host/shim/generated/layout.js";
import type { Scene } from "../run/scene.js";
import { asksToLeave } from "./decisions.js";
import { isUnderWay, moveRows, pairKey, sessionPair, sessionRows } from "./tables.js";

export interface Departure {
  pair: string;
  session: number;
  generation: number;
  from: number;
  /** For balance, not to drain a port. */
  forBalance: boolean;
  askedMs: number;
}

/** Follows departures tick by tick; `landed` is called once for each that ends elsewhere. */
export class Departures {
  private under: Departure[] = [];

  /** Module time of the tick before. */
  private beforeMs = 0;

  /** `landed` gets the module time of the landing; where the move was forgotten meanwhile, that of the tick before. */
  constructor(private readonly landed: (departure: Departure, atMs: number, scene: Scene) => void = () => {}) {}

  get underWay(): readonly Departure[] {
    return this.under;
  }

  forget(): void {
    this.under = [];
  }

  /** After a tick, before its decisions are followed: what has ended since. */
  settle(scene: Scene): void {
    const { views } = scene;
    const nowMs = views.header.nowMs(0);
    const pairsOf = (rows: number[]) =>
      new Set(rows.map((move) => pairKey(views.move.initiatorId(move), views.move.targetId(move))));
    const known = pairsOf(moveRows(views));
    const underWay = pairsOf(moveRows(views).filter((move) => isUnderWay(views, move)));
    this.under = this.under.filter((departure) => {
      const landed = hasLanded(scene, departure);
      if (landed) this.landed(departure, known.has(departure.pair) ? nowMs : this.beforeMs, scene);
      return !landed && underWay.has(departure.pair);
    });
    this.beforeMs = nowMs;
  }

  follow(scene: Scene, decision: Scene["decisions"][number]): void {
    if (!asksToLeave(decision) || decision.reason === Reason.SAID_AGAIN) return;
    this.under.push({
      pair: sessionPair(scene.views, decision.subject),
      session: decision.subject,
      generation: decision.subjectGeneration,
      from: decision.from,
      forBalance: decision.reason === Reason.OVERLOADED,
      askedMs: scene.views.header.nowMs(0),
    });
  }
}

/** The session that was asked is gone, and its host has one to the target through another port. */
function hasLanded({ views }: Scene, { pair, session, generation, from }: Departure): boolean {
  const { sessionInput } = views;
  const same = sessionInput.generation(session) === generation;
  if (same && (sessionInput.flags(session) & SessionFlag.LOGGED_IN) !== 0) return false;
  return sessionRows(views).some((row) => sessionInput.port(row) !== from && sessionPair(views, row) === pair);
}
