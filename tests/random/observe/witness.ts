/** Counts what runs have been through: invariants that were never put to the test would hold too. */

import { DecisionKind, MoveState, Reason, TargetPortStatus } from "../../../host/shim/generated/layout.js";
import type { Observer, Scene } from "../run/scene.js";
import { asksToLeave } from "./decisions.js";
import { NewMoves } from "./new-moves.js";
import { hasStatus, mayDecide, moveRows, pairKey, portRows, sessionPair, sessionRows } from "./tables.js";

/** What a run of some dozen seeds must have seen, each at least once. */
export const WITNESSED = [
  "overloaded ports",
  "moves begun",
  "moves of hosts with several paths",
  "steered moves",
  "redirected sessions",
  "sessions asked to leave for balance",
  "sessions asked to leave by a drain",
  "reservations at other controllers",
  "moves landed",
  "moves failed",
  "alarms",
  "drained ports",
  "entries that the server lost or added",
  "changes said again",
  "ticks with a full ring",
  "ticks as a shadow",
  "ticks while held",
  "ticks in panic",
  "silent ports",
  "failed ports",
  "ports in maintenance",
  "arrivals granted",
  "broken rows found",
  "hosts attached",
  "hosts started afresh",
  "configurations adopted",
] as const;

export type Witnessed = (typeof WITNESSED)[number];

export class Witness {
  readonly counts = new Map<Witnessed, number>();

  private add(what: Witnessed, count = 1): void {
    if (count > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  observer(): Observer {
    const moves = new NewMoves();
    let landed = 0;
    let brokenSeals = 0;
    let hosts = 0;
    return {
      name: "witness",
      started: (_, attached) => {
        if (hosts++ > 0) this.add(attached ? "hosts attached" : "hosts started afresh");
        if (!attached) brokenSeals = 0;
      },
      configured: () => this.add("configurations adopted"),
      beforeTick: (scene) => {
        moves.remember(scene);
        landed = settling(scene);
      },
      afterTick: (scene) => {
        this.lookAtMoves(scene, moves.begun(scene), landed);
        this.lookAtPorts(scene);
        this.lookAtModule(scene);
        for (const decision of scene.decisions) this.lookAtDecision(decision);
        const broken = scene.views.header.brokenSeals(0);
        this.add("broken rows found", broken - brokenSeals);
        brokenSeals = broken;
      },
    };
  }

  private lookAtMoves(scene: Scene, begun: readonly number[], landed: number): void {
    const { move } = scene.views;
    this.add("moves begun", begun.length);
    this.add("steered moves", begun.filter((row) => move.steered(row) !== 0).length);
    this.add("moves of hosts with several paths", begun.filter((row) => hasOtherPaths(scene.views, row)).length);
    this.add("moves landed", settling(scene) - landed);
  }

  private lookAtPorts({ views }: Scene): void {
    const having = (status: number) => portRows(views).filter((port) => hasStatus(views, port, status)).length;
    this.add("overloaded ports", having(TargetPortStatus.OVERLOADED));
    this.add("silent ports", having(TargetPortStatus.SILENT));
    this.add("failed ports", having(TargetPortStatus.FAILED));
    this.add("ports in maintenance", having(TargetPortStatus.MAINTENANCE));
  }

  private lookAtModule(scene: Scene): void {
    const { header, moduleState, control, arrivalState } = scene.views;
    if (header.ringFull(0) !== 0) this.add("ticks with a full ring");
    if (moduleState.deciding(0) === 0) this.add("ticks as a shadow");
    if (control.flags(0) !== 0) this.add("ticks while held");
    if (header.panicUntilMs(0) > header.nowMs(0) && !mayDecide(scene)) this.add("ticks in panic");
    for (let row = 0; row < arrivalState.capacity; row++)
      if (arrivalState.status(row) === 1) this.add("arrivals granted");
  }

  private lookAtDecision(decision: Scene["decisions"][number]): void {
    const { kind, reason } = decision;
    if (asksToLeave(decision) && reason === Reason.OVERLOADED) this.add("sessions asked to leave for balance");
    if (asksToLeave(decision) && reason === Reason.MAINTENANCE) this.add("sessions asked to leave by a drain");
    if (kind === DecisionKind.REDIRECT_SESSION) this.add("redirected sessions");
    if (kind === DecisionKind.RESERVE_ARRIVAL) this.add("reservations at other controllers");
    if (kind === DecisionKind.ALARM) this.add("alarms");
    if (kind === DecisionKind.DRAINED) this.add("drained ports");
    if (reason === Reason.SAID_AGAIN) this.add("changes said again");
    if (reason === Reason.SERVER_FORGOT || reason === Reason.SERVER_ADDED)
      this.add("entries that the server lost or added");
    if (kind === DecisionKind.RESTORE_REGISTRATION && MOVE_FAILURES.has(reason)) this.add("moves failed");
  }
}

const MOVE_FAILURES: ReadonlySet<number> = new Set([
  Reason.MOVE_RETURNED,
  Reason.MOVE_NOT_BACK,
  Reason.MOVE_NOT_WITHDRAWN,
  Reason.MOVE_NOT_LOGGED_OUT,
  Reason.MOVE_NO_ROOM,
  Reason.MOVE_REFUSED,
]);

/** The host of a move has another session to the target. */
function hasOtherPaths(views: Scene["views"], move: number): boolean {
  const pair = pairKey(views.move.initiatorId(move), views.move.targetId(move));
  return sessionRows(views).some((row) => row !== views.move.session(move) && sessionPair(views, row) === pair);
}

function settling({ views }: Scene): number {
  return moveRows(views).filter((row) => views.move.state(row) === MoveState.SETTLING).length;
}
