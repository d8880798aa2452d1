/**
 * With the ring full nothing is lost: decisions that wait stay as they were made, none is skipped, the slots kept for
 * alarms are left to them, and the header says that more is wanted. What was held back is said in the end: that is
 * `registrations-converge.ts`, in runs whose host didn't drain.
 */

import { DecisionKind } from "../../../host/shim/generated/layout.js";
import {
  isConfigured,
  isListed,
  isOwn,
  limit,
  mayDecide,
  NONE,
  portRows,
  registrationBit,
  targetRows,
} from "../observe/tables.js";
import type { Invariant, Scene } from "../run/scene.js";

export const ring: Invariant = {
  name: "with the ring full nothing is lost",
  observe(report) {
    let latest = 0;
    /** Bytes of the decisions that wait, by their place since `reset`. */
    const waiting = new Map<number, string>();
    return {
      name: ring.name,
      started(_, attached) {
        latest = 0;
        if (!attached) waiting.clear();
      },
      beforeTick(scene) {
        const { header } = scene.views;
        // What `scrub` said since the latest tick counts too; another incarnation begins anew.
        latest = header.incarnation(0) === scene.shim.incarnation ? header.sequence(0) : 0;
        for (let at = header.ringTail(0); at !== header.ringHead(0); at = (at + 1) >>> 0) {
          const kept = waiting.get(at);
          if (kept !== undefined && kept !== bytesAt(scene, at)) report(`decision ${at} has changed while it waited`);
        }
        for (const at of waiting.keys()) if (at < header.ringTail(0)) waiting.delete(at);
      },
      afterTick(scene) {
        const { header } = scene.views;
        const first = header.ringHead(0) - scene.decisions.length;
        const room = limit(scene, "DECISION_MAX") - limit(scene, "DECISION_RESERVED");
        for (const [index, decision] of scene.decisions.entries()) {
          const at = first + index;
          waiting.set(at, bytesAt(scene, at));
          if (decision.sequence !== latest + 1) report(`decision ${decision.sequence} follows ${latest}`);
          latest = decision.sequence;
          const reserved = at - header.ringTail(0) >= room;
          if (reserved && decision.kind !== DecisionKind.ALARM)
            report(`slot kept for alarms: taken by kind ${decision.kind}`);
        }
        const full = header.ringHead(0) - header.ringTail(0) >= room;
        if (full && mayDecide(scene) && header.ringFull(0) === 0 && isHeldBack(scene)) {
          report("the ring is full and something is held back, and the header doesn't say so");
        }
      },
    };
  },
};

function bytesAt({ shim, views }: Scene, at: number): string {
  const { decision } = views;
  const address = decision.address(at & (decision.capacity - 1));
  return Buffer.from(shim.core.memory.buffer, address, decision.table.stride).toString("latin1");
}

/** A registration is wanted otherwise than it is listed, and that was not said though a row to remember it is free. */
function isHeldBack(scene: Scene): boolean {
  const { views } = scene;
  const { registrationChange } = views;
  let free = false;
  for (let row = 0; row < registrationChange.capacity; row++) free ||= registrationChange.target(row) === NONE;
  if (!free) return false;
  return targetRows(views).some((target) =>
    portRows(views).some((port) => {
      if (!isOwn(views, port) || registrationBit(views, "changing", target, port)) return false;
      const wanted = isConfigured(views, target, port) && !registrationBit(views, "withdrawn", target, port);
      return wanted !== isListed(scene, target, port);
    }),
  );
}
