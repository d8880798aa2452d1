/** Liveness: a port whose load has fallen is relieved, and its registrations return, within the published time. */

import { TargetPortStatus } from "../../../host/shim/generated/layout.js";
import { surroundings } from "../generate/case.js";
import { loadOfPort } from "../observe/loads.js";
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

export const registrationsReturn: Invariant = {
  name: "a relieved port's registrations return",
  observe(report) {
    /** Virtual time since which a port's load is low and all is well, by row; and a pair is missing though it is. */
    const lowSince = new Map<number, number>();
    const missingSince = new Map<string, number>();
    const forget = () => {
      lowSince.clear();
      missingSince.clear();
    };
    return {
      name: registrationsReturn.name,
      started: forget,
      configured: forget,
      afterTick(scene) {
        const { views, nowMs } = scene;
        const well = isQuiet(scene) && mayDecide(scene) && scene.shim.draining;
        const times = new Times(scene.array, surroundings(scene.case));
        for (const port of portRows(views)) {
          if (!well || !isFitAgain(scene, port)) lowSince.delete(port);
          else if (!lowSince.has(port)) lowSince.set(port, nowMs);
          const lowMs = nowMs - (lowSince.get(port) ?? nowMs);
          for (const [pair, missing] of pairsOf(scene, port)) {
            if (lowMs < times.relievedMs || !missing) missingSince.delete(pair);
            else if (!missingSince.has(pair)) missingSince.set(pair, nowMs);
            const missingMs = nowMs - (missingSince.get(pair) ?? nowMs);
            if (missingMs <= times.returnedMs) continue;
            report(`${pair} has a low load for ${lowMs} ms, and is not listed for ${missingMs} ms of them`);
          }
        }
      },
    };
  },
};

function isQuiet({ stage }: Scene): boolean {
  return stage !== "turbulent" && stage !== "calm";
}

function isFitAgain({ views }: Scene, port: number): boolean {
  if (!isOwn(views, port) || !isOperative(views, port)) return false;
  if (hasStatus(views, port, TargetPortStatus.MAINTENANCE | TargetPortStatus.SILENT)) return false;
  return loadOfPort(views, port) <= views.portPolicy.lowWatermarkPermille(0);
}

/** Targets of the port, and whether each is not listed though no move needs that. */
function pairsOf(scene: Scene, port: number): [string, boolean][] {
  const { views, shim } = scene;
  return targetRows(views)
    .filter((target) => isConfigured(views, target, port))
    .map((target) => {
      const missing = !isListed(scene, target, port) && !registrationBit(views, "held", target, port);
      return [`${shim.names.targets.name(target)} on ${shim.names.ports.name(port)}`, missing];
    });
}
