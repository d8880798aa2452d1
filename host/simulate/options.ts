/** What a simulation is asked for, and how its words are read. */

import type { LoadKind } from "./load.js";
import { type PolicyName, policyNames } from "./policies/policy.js";
import type { RegionKind } from "./regions.js";
import type { StartKind } from "./run.js";
import { columnNames, type TraceFormat } from "./trace/record.js";
import { type Delays, defaultDelays, type NextPortal } from "./world.js";

/** Length of a tick of simulated time, in milliseconds. */
export const TICK_MS = 100;

export interface SimulationOptions {
  format: TraceFormat;
  targets: number;
  regions: RegionKind;
  initiators: number;
  ports: number;
  /** Trace seconds that pass in a simulated second. */
  speed: number;
  /** Mean load of all ports over the whole run, as a share of their capacity. */
  utilization: number;
  load: LoadKind;
  policies: readonly PolicyName[];
  nextPortal: NextPortal;
  start: StartKind;
  /** Targets can redirect logins; only the module makes use of it. */
  redirection: boolean;
  /** Loads are compared over windows of this length. */
  windowMs: number;
  sampleMs: number;
  /** Share of its capacity at which a port is overloaded, and at which it is relieved. */
  overload: number;
  relief: number;
  /** A session that is back on a port within this time after leaving it came back. */
  returnWindowMs: number;
  delays: Delays;
  /** Knobs of the module's port policy, by name. */
  knobs: Record<string, number>;
}

export const defaultOptions: SimulationOptions = {
  format: "cloudphysics",
  targets: 24,
  regions: "traffic",
  initiators: 8,
  ports: 8,
  speed: 1,
  utilization: 0.5,
  load: "processor",
  policies: policyNames,
  nextPortal: "following",
  start: "target",
  redirection: false,
  windowMs: 1000,
  sampleMs: 500,
  overload: 0.8,
  relief: 0.6,
  returnWindowMs: 60_000,
  delays: defaultDelays,
  knobs: {},
};

/** An option that can't be used. */
export class OptionError extends Error {
  constructor(
    readonly option: string,
    found: string | undefined,
    readonly expected: string,
  ) {
    super(`${option}: ${found === undefined ? "missing" : `found ${JSON.stringify(found)}`}; expected ${expected}`);
    this.name = "OptionError";
  }
}

/** Options as words, the way a command line gives them; a missing one has its default. */
export type OptionWords = Partial<Record<string, string | boolean | string[]>>;

export function parseOptions(words: OptionWords): SimulationOptions {
  const read = new Reader(words);
  const options: SimulationOptions = {
    format: read.choice("format", Object.keys(columnNames) as TraceFormat[], defaultOptions.format),
    targets: read.count("targets", 1, 4096, defaultOptions.targets),
    regions: read.choice("regions", ["traffic", "size"], defaultOptions.regions),
    initiators: read.count("initiators", 1, 8192, defaultOptions.initiators),
    ports: read.count("ports", 2, 256, defaultOptions.ports),
    speed: read.number("speed", 0.001, 1_000_000, defaultOptions.speed),
    utilization: read.share("utilization", defaultOptions.utilization),
    load: read.choice("load", ["processor", "bandwidth", "operations"], defaultOptions.load),
    policies: read.policies(),
    nextPortal: read.choice("nextPortal", ["first", "following"], defaultOptions.nextPortal),
    start: read.choice("start", ["target", "session", "first"], defaultOptions.start),
    redirection: words.redirection === true,
    windowMs: read.ticks("window", defaultOptions.windowMs),
    sampleMs: read.ticks("sample", defaultOptions.sampleMs),
    overload: read.share("overload", defaultOptions.overload),
    relief: read.share("relief", defaultOptions.relief),
    returnWindowMs: read.duration("returnWindow", defaultOptions.returnWindowMs),
    delays: {
      registrationMs: read.duration("registrationDelay", defaultDelays.registrationMs),
      logoutMs: read.duration("logoutDelay", defaultDelays.logoutMs),
      loginMs: read.duration("loginDelay", defaultDelays.loginMs),
      retryMs: defaultDelays.retryMs,
    },
    knobs: read.knobs(),
  };
  if (options.relief >= options.overload) {
    throw new OptionError("--relief", String(words.relief ?? "60%"), "a share below that of --overload");
  }
  return options;
}

class Reader {
  constructor(private readonly words: OptionWords) {}

  choice<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const word = this.word(name);
    if (word === undefined) return otherwise;
    if ((known as readonly string[]).includes(word)) return word as T;
    throw new OptionError(flag(name), word, `one of ${known.join(", ")}`);
  }

  count(name: string, least: number, most: number, otherwise: number): number {
    const value = this.number(name, least, most, otherwise);
    if (Number.isInteger(value)) return value;
    throw new OptionError(flag(name), this.word(name) as string, `a whole number from ${least} to ${most}`);
  }

  number(name: string, least: number, most: number, otherwise: number): number {
    const word = this.word(name);
    if (word === undefined) return otherwise;
    const value = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new OptionError(flag(name), word, `a number from ${least} to ${most}`);
  }

  /** `50%` or `0.5`. */
  share(name: string, otherwise: number): number {
    const word = this.word(name);
    if (word === undefined) return otherwise;
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(word);
    const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
    if (value > 0 && value <= 9.999) return value;
    throw new OptionError(flag(name), word, "a share, as 50% or 0.5");
  }

  duration(name: string, otherwise: number): number {
    const word = this.word(name);
    if (word === undefined) return otherwise;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(word);
    if (match === null) throw new OptionError(flag(name), word, "a duration, as 500ms, 20s, 5m or 1h");
    return Math.round(Number(match[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as "ms"]);
  }

  /** A duration of whole ticks. */
  ticks(name: string, otherwise: number): number {
    const value = this.duration(name, otherwise);
    if (value >= TICK_MS && value % TICK_MS === 0) return value;
    throw new OptionError(flag(name), this.word(name) as string, `a duration of whole ticks of ${TICK_MS}ms`);
  }

  policies(): readonly PolicyName[] {
    const word = this.word("policy");
    if (word === undefined) return defaultOptions.policies;
    const asked = word.split(/[|,]/);
    const unknown = asked.find((name) => !(policyNames as readonly string[]).includes(name));
    if (unknown !== undefined) throw new OptionError("--policy", unknown, `some of ${policyNames.join("|")}`);
    return policyNames.filter((name) => asked.includes(name));
  }

  knobs(): Record<string, number> {
    const given = this.words.knob;
    const knobs: Record<string, number> = {};
    for (const word of Array.isArray(given) ? given : []) {
      const match = /^([A-Za-z]\w*)=(\d+)$/.exec(word);
      if (match === null) throw new OptionError("--knob", word, "NAME=NUMBER, a knob of the port policy");
      knobs[match[1] as string] = Number(match[2]);
    }
    return knobs;
  }

  private word(name: string): string | undefined {
    const word = this.words[name];
    return typeof word === "string" ? word : undefined;
  }
}

/** `nextPortal` → `--next-portal`. */
function flag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
