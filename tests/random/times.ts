/**
 * Published times: within which the port policy does what it promises, worked out from the knobs and from what the
 * host and the world around it take. `README.md` gives the same formulas in words. All in milliseconds.
 */

import type { ArrayDescription } from "../../host/array/description.js";
import { layouts } from "../../host/shim/generated/layout.js";

/** How fast the module's surroundings are, at their slowest while all is well. */
export interface Surroundings {
  /** Longest time between two ticks. */
  tickMs: number;
  /** Between two readings of links and registrations. */
  pollMs: number;
  /** Between two samples of counters. */
  sampleMs: number;
  /** The iSNS server carries a change out within this. */
  serverMs: number;
  /** An initiator has logged out within this after it was asked, and is logged in again within `returnMs`. */
  logoutMs: number;
  returnMs: number;
  /** Sessions at one time. */
  sessions: number;
}

/** Waits between two sayings double up to 2^4 times the first. */
const LONGEST_WAIT = 2 ** 4;

export class Times {
  private readonly limits: Record<string, number>;

  constructor(
    private readonly array: ArrayDescription,
    private readonly around: Surroundings,
  ) {
    this.limits = layouts[array.profile].limits;
  }

  private knob(name: string): number {
    const value = this.array.policy.ports[name];
    if (value === undefined) throw new Error(`the array's policy gives no ${name}`);
    return value;
  }

  private health(name: string): number {
    return this.array.policy.health["targetPort"]?.[name] ?? 0;
  }

  private limit(name: string): number {
    return this.limits[name] ?? 1;
  }

  /** From a decision about a registration until what came of it is observed. */
  get seenMs(): number {
    const { serverMs, pollMs, tickMs } = this.around;
    return serverMs + pollMs + tickMs;
  }

  /** Ticks until every target has been judged once: a bounded number in a tick. */
  get judgedMs(): number {
    const rows = this.array.targets.length * this.limit("TARGET_PORT_WORDS");
    return (1 + Math.ceil(rows / this.limit("WORK_PER_TICK_MAX"))) * this.around.tickMs;
  }

  /** Many pairs at once: a bounded number of changes is on its way at one time. */
  get roundsMs(): number {
    let pairs = 0;
    for (const { ports } of this.array.targets) pairs += ports.length;
    const rounds = 1 + Math.ceil(pairs / this.limit("REGISTRATION_CHANGE_MAX"));
    return rounds * this.seenMs + this.judgedMs;
  }

  /** Longest that a change which failed before waits until it is said again. */
  get longestWaitMs(): number {
    return this.knob("registrationMs") * LONGEST_WAIT + this.around.tickMs;
  }

  /** A server that works and loses or adds entries by itself: all is as wanted again. */
  get repairMs(): number {
    return this.around.pollMs + this.roundsMs;
  }

  /** After any trouble with the server: observed is wanted. */
  get convergeMs(): number {
    return this.longestWaitMs + this.repairMs;
  }

  /** A port whose load is low is relieved: its samples have come, its average has followed. */
  get relievedMs(): number {
    const samples = this.knob("lowSamples") + this.averageSamples;
    return this.sampledMs * (samples + 1);
  }

  /** Between two samples that the module judges. */
  private get sampledMs(): number {
    return this.knob("sampleMs") + this.around.sampleMs + this.around.tickMs;
  }

  /** Samples after which what was before weighs less than a thousandth. */
  private get averageSamples(): number {
    const kept = 1 - this.knob("smoothingPermille") / 1000;
    return kept <= 0 ? 1 : Math.ceil(Math.log(0.001) / Math.log(kept));
  }

  /** A relieved port's registrations are listed again. */
  get returnedMs(): number {
    return this.repairMs;
  }

  /**
   * While a port is overloaded and a session of it qualifies, a move begins within this and so many ticks: there is a plan
   * for one port at least in each sample, and each other port may have its turn before.
   */
  get moveBeginsMs(): number {
    return this.knob("sampleMs") * (1 + this.array.ports.length) + this.moveBeginsTicks * this.around.tickMs;
  }

  /** A plan looks at a bounded number of sessions in a tick. */
  get moveBeginsTicks(): number {
    return 2 + this.array.ports.length + Math.ceil(this.around.sessions / this.limit("WORK_PER_TICK_MAX"));
  }

  /** Ports that work again are operative: hold-down at its limit, looks that find them well, slow start over. */
  get operativeMs(): number {
    const looks = this.health("riseCount") * (this.health("intervalMs") + this.around.tickMs);
    return this.around.pollMs + looks + this.health("holdDownMaxMs") + this.knob("slowStartMs");
  }

  /** One move from its beginning to its landing, where everybody does as asked. */
  get moveMs(): number {
    const { logoutMs, returnMs, tickMs, pollMs } = this.around;
    return 2 * this.seenMs + logoutMs + returnMs + 3 * tickMs + pollMs + this.knob("settleMs");
  }

  /** Under a steady load the latest move begins within this after all is well: so many at a time, and each waits once. */
  get restMs(): number {
    const waits = this.knob("residenceMs") * 2 + this.knob("backOffMaxMs") + this.knob("moveMs");
    const averaged = this.sampledMs * (this.averageSamples + this.knob("highSamples"));
    const rounds = Math.ceil(this.around.sessions / this.knob("movesUnderWayMax"));
    return this.convergeMs + this.operativeMs + waits + averaged + this.moveBeginsMs + rounds * this.moveMs;
  }
}
