/** What happens in the simulated world, by names: as the view shows it and as JSON lines say it. */

import type { ServerMemory } from "./settings.js";
import type { SessionEnd } from "./target-server.js";

export type WorldEventBody =
  /** A session again, at the same port or elsewhere, after so long without one. */
  | {
      event: "LOGIN";
      initiator: string;
      target: string;
      port: string;
      from: string;
      elsewhere: boolean;
      withoutSessionMs: number;
    }
  | { event: "LOGIN_FAILED"; initiator: string; target: string; port: string }
  | { event: "LOGOUT"; initiator: string; target: string; port: string; how: SessionEnd }
  | { event: "REDIRECTED"; initiator: string; target: string; from: string; port: string }
  /** The iSNS server lists the portal for the target, or no longer does. */
  | { event: "REGISTERED" | "WITHDRAWN"; target: string; port: string }
  | { event: "LINK"; port: string; state: "up" | "down" }
  | { event: "SERVER"; state: "down" }
  | { event: "SERVER"; state: "up"; memory: ServerMemory }
  | { event: "SURGE"; port: string; state: "begins" | "ends" };

/** Time in milliseconds of the world. */
export type WorldEvent = { timeMs: number } & WorldEventBody;
