/** Registrations converge when the server forgets or adds some: observed is wanted within the published time. */

import { surroundings } from "../generate/case.js";
import { isConfigured, isListed, isOwn, mayDecide, portRows, registrationBit, targetRows } from "../observe/tables.js";
import type { Invariant, Scene } from "../run/scene.js";
import { Times } from "../times.js";

/** Effects of faults that are still on their way when the calm begins. */
const AFTERMATH_MS = 6000;

export const registrationsConverge: Invariant = {
  name: "registrations converge",
  observe(report) {
    /** Virtual time since which a pair differs. */
    const since = new Map<string, number>();
    /** … since which the server works and the module may decide and is heard; and whether anything went wrong before. */
    let quietMs = Number.POSITIVE_INFINITY;
    let troubled = true;
    return {
      name: registrationsConverge.name,
      started() {
        since.clear();
        quietMs = Number.POSITIVE_INFINITY;
      },
      configured() {
        since.clear();
        troubled = true;
      },
      afterTick(scene) {
        const quiet = scene.stage !== "turbulent" && mayDecide(scene) && scene.shim.draining;
        if (!quiet) {
          quietMs = Number.POSITIVE_INFINITY;
          troubled = true;
        } else if (quietMs > scene.nowMs) quietMs = scene.nowMs;
        if (scene.stage === "steady") troubled = false;
        follow(scene, since);
        if (!quiet) return;
        const times = new Times(scene.array, surroundings(scene.case));
        const allowedMs = troubled ? times.convergeMs + AFTERMATH_MS : times.repairMs;
        for (const [pair, sinceMs] of since) {
          const differsMs = scene.nowMs - Math.max(sinceMs, quietMs);
          if (differsMs > allowedMs)
            report(`${pair} differs for ${differsMs} ms; ${Math.floor(allowedMs)} are allowed`);
        }
      },
    };
  },
};

/** Keeps since when each own pair differs from what is wanted. */
function follow(scene: Scene, since: Map<string, number>): void {
  const { views, shim } = scene;
  for (const target of targetRows(views)) {
    for (const port of portRows(views)) {
      if (!isOwn(views, port)) continue;
      const pair = `${shim.names.targets.name(target)} on ${shim.names.ports.name(port)}`;
      const wanted = isConfigured(views, target, port) && !registrationBit(views, "withdrawn", target, port);
      if (wanted === isListed(scene, target, port)) since.delete(pair);
      else if (!since.has(pair)) since.set(pair, scene.nowMs);
    }
  }
}
