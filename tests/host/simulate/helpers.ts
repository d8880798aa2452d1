/** Sources and worlds that the tests of the simulation share. */

import { fileURLToPath } from "node:url";
import type { TraceSource } from "../../../host/simulate/trace/reader.js";
import { World, type WorldShape } from "../../../host/simulate/world.js";

/** A file of `tests/traces`, as seen from `build/js/tests/host/simulate/`. */
export function tracePath(name: string): string {
  return fileURLToPath(new URL(`../../../../../tests/traces/${name}`, import.meta.url));
}

/** The options with which the traces in `tests/traces` were generated. */
export const smallTrace = { seed: 7, seconds: 40, commandsPerSecond: 25, volumes: 6 };

/** A source of given text, handed out in pieces of `chunkBytes`. */
export function textSource(text: string, chunkBytes = 1 << 20): TraceSource {
  const bytes = Buffer.from(text, "latin1");
  return {
    name: "given.csv",
    sizeBytes: bytes.length,
    async *open(position) {
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        position(start);
        yield bytes.subarray(start, start + chunkBytes);
      }
    },
  };
}

/** Ports 41a and 41b, targets eui.0001–0003, initiators 10a–10c, each on one target: the seed's Figure 8. */
export const seedShape: WorldShape = {
  ports: 2,
  targets: 3,
  initiatorOf: [0, 1, 2],
  targetOf: [0, 1, 2],
  nextPortal: "first",
  delays: { registrationMs: 200, logoutMs: 300, loginMs: 500, retryMs: 1000 },
};

export function worldOf(shape: Partial<WorldShape>, ports: readonly number[], returnWindowMs = 60_000): World {
  const world = new World({ ...seedShape, ...shape }, returnWindowMs);
  for (const [session, port] of ports.entries()) world.begin(session, port);
  return world;
}

/** What happens in a world, in order, as words. */
export function logOf(world: World): string[] {
  const log: string[] = [];
  const at = () => `${world.events.nowMs}ms`;
  world.listeners.push({
    loggedIn: (session, port) => log.push(`${at()} login ${session} on ${port}`),
    loggedOut: (session, port) => log.push(`${at()} logout ${session} from ${port}`),
    registrationsChanged: (target) => {
      const ports = Array.from({ length: world.shape.ports }, (_, port) => port);
      log.push(
        `${at()} target ${target} listed on ${ports.filter((port) => world.isRegistered(target, port)).join(",")}`,
      );
    },
  });
  return log;
}
