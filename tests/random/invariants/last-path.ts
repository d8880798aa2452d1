/** A host that has lost a path to a dead link is not asked, for balance, to leave another within the residence time. */

import { LinkState, Reason } from "../../../host/shim/generated/layout.js";
import { asksToLeave, decisionLine } from "../observe/decisions.js";
import { Departures } from "../observe/departures.js";
import { limit, NONE, sessionPair } from "../observe/tables.js";
import type { Invariant, Scene } from "../run/scene.js";

/** A session as the module accounts for it. */
interface Path {
  pair: string;
  port: number;
  generation: number;
}

export const lastPath: Invariant = {
  name: "a host that has lost a path to a dead link keeps the others",
  observe(report) {
    /** By session row, as they were after the tick before. */
    let before = new Map<number, Path>();
    /** Module time until which a pair is left alone, by ids. */
    const keptUntil = new Map<string, number>();
    const departures = new Departures();
    let brokenSeals = 0;
    const forget = () => {
      before.clear();
      keptUntil.clear();
      departures.forget();
    };
    return {
      name: lastPath.name,
      started: forget,
      // What is damaged is made anew: what was remembered may be lost, and that is said.
      damage: forget,
      configured: () => before.clear(),
      afterTick(scene) {
        const { header, portPolicy } = scene.views;
        if (header.brokenSeals(0) !== brokenSeals) forget();
        brokenSeals = header.brokenSeals(0);
        departures.settle(scene);
        const after = accountedPaths(scene);
        for (const pair of lostPairs(scene, before, after)) {
          // Where it was asked to leave before, it is too late.
          const isLeaving = departures.underWay.some((departure) => departure.pair === pair);
          if (!isLeaving && hasRoomToRemember(scene)) keptUntil.set(pair, header.nowMs(0) + portPolicy.residenceMs(0));
        }
        before = after;
        for (const decision of scene.decisions) {
          departures.follow(scene, decision);
          if (!asksToLeave(decision) || decision.reason !== Reason.OVERLOADED) continue;
          const until = keptUntil.get(sessionPair(scene.views, decision.subject)) ?? 0;
          if (until > header.nowMs(0)) report(`${decisionLine(decision)}: its host keeps its paths until ${until}`);
        }
      },
    };
  },
};

function accountedPaths({ views }: Scene): Map<number, Path> {
  const { sessionState } = views;
  const paths = new Map<number, Path>();
  for (let row = 0; row < sessionState.capacity; row++) {
    const port = sessionState.port(row);
    if (port === NONE) continue;
    paths.set(row, { pair: sessionPair(views, row), port, generation: sessionState.generation(row) });
  }
  return paths;
}

/** Pairs of which a session is gone from a port whose link is down, and another was there before and still is. */
function lostPairs({ views }: Scene, before: ReadonlyMap<number, Path>, after: ReadonlyMap<number, Path>): string[] {
  const isStillThere = (row: number, { generation }: Path) => after.get(row)?.generation === generation;
  const kept = new Set<string>();
  for (const [row, path] of before) if (isStillThere(row, path)) kept.add(path.pair);
  const lost: string[] = [];
  for (const [row, path] of before) {
    if (isStillThere(row, path) || !kept.has(path.pair)) continue;
    if (views.targetPortInput.link(path.port) === LinkState.DOWN) lost.push(path.pair);
  }
  return lost;
}

/** Pairs share buckets: as long as fewer are kept than a bucket holds, there is room for sure. */
function hasRoomToRemember(scene: Scene): boolean {
  const { residence, header } = scene.views;
  let busy = 0;
  for (let row = 0; row < residence.capacity; row++) if (residence.untilMs(row) > header.nowMs(0)) busy++;
  return busy < limit(scene, "RESIDENCE_WAYS");
}
