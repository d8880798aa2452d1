/**
 * Liveness: a port in maintenance, or one that has failed, loses the registrations of every target that has another
 * port, within the published time; what an arrival pins, once it is over.
 */

import { TargetPortStatus } from "../../../host/shim/generated/layout.js";
import { surroundings } from "../generate/case.js";
import {
  hasStatus,
  isConfigured,
  isListed,
  isOperative,
  isOwn,
  mayDecide,
  portRows,
  registrationBit,
  targetRows,
} from "../observe/tables.js";
import type { Invariant, Scene } from "../run/scene.js";
import { Times } from "../times.js";

export const unfitWithdrawn: Invariant = {
  name: "a port in maintenance loses its registrations",
  observe(report) {
    /** Virtual time since which a pair should be gone. */
    const since = new Map<string, number>();
    return {
      name: unfitWithdrawn.name,
      started: () => since.clear(),
      configured: () => since.clear(),
      afterTick(scene) {
        if (!isQuiet(scene)) return since.clear();
        const { names } = scene.shim;
        const times = new Times(scene.array, surroundings(scene.case));
        for (const port of portRows(scene.views)) {
          for (const target of targetRows(scene.views)) {
            const pair = `${names.targets.name(target)} on ${names.ports.name(port)}`;
            if (!shouldGo(scene, target, port)) {
              since.delete(pair);
              continue;
            }
            const sinceMs = since.get(pair) ?? scene.nowMs;
            since.set(pair, sinceMs);
            const listedMs = scene.nowMs - sinceMs;
            if (listedMs > times.convergeMs) report(`${pair} is listed for ${listedMs} ms, though another port serves`);
          }
        }
      },
    };
  },
};

/** The server does what it is told, and the module may tell it. */
function isQuiet(scene: Scene): boolean {
  return scene.stage !== "turbulent" && scene.stage !== "calm" && mayDecide(scene) && scene.shim.draining;
}

function shouldGo(scene: Scene, target: number, port: number): boolean {
  const { views } = scene;
  const unfit = TargetPortStatus.MAINTENANCE | TargetPortStatus.FAILED;
  if (!isOwn(views, port) || !hasStatus(views, port, unfit) || !isConfigured(views, target, port)) return false;
  if (!isListed(scene, target, port) || registrationBit(views, "pinned", target, port)) return false;
  return portRows(views).some(
    (other) =>
      other !== port &&
      isOperative(views, other) &&
      !hasStatus(views, other, unfit | TargetPortStatus.SILENT) &&
      isConfigured(views, target, other) &&
      isListed(scene, target, other) &&
      !registrationBit(views, "withdrawn", target, other),
  );
}
