/** The probers: what a client sees of the addresses, and what a witness on the wire sees. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { command } from "../common/commands.js";
import { CLIENT_DEVICE } from "../common/network.js";
import type { Undo } from "../common/undo.js";

/** Between two probes of an address. */
export const ECHO_INTERVAL_US = 5000;
const WIRE_INTERVAL_US = 10_000;
/** Silence of an address beyond this is an outage: three probes. */
export const GAP_LIMIT_US = 4 * ECHO_INTERVAL_US;

export interface Gap {
  address: string;
  /** When the last answered probe was sent, and the next one: microseconds of CLOCK_MONOTONIC. */
  fromUs: number;
  toUs: number;
}

/** From `atUs` on, this port answers for an address. */
export interface Answerer {
  address: string;
  atUs: number;
  hardware: string;
}

/** Two that answered for an address in one round. */
export interface Double {
  address: string;
  atUs: number;
  first: string;
  second: string;
}

type Line = { gap?: number; fromUs: number; toUs: number } & { atUs: number; answeredUs?: number[] } & {
  holder?: number;
  hardware: string;
} & { double?: number; first: string; second: string };

/** Compiles the prober. @returns the path of the program */
export function compileProber(sources: string, folder: string): string {
  const program = join(folder, "prober");
  const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
  const paths = files.map((name) => join(sources, name));
  command("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-std=gnu11", "-o", program, ...paths);
  return program;
}

class Prober {
  readonly complaints: string[] = [];
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(words: readonly string[], namespace: string, undo: Undo, take: (line: Line) => void) {
    this.child = spawn("ip", ["netns", "exec", namespace, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    undo.add("prober", () => void this.child.kill("SIGKILL"));
    createInterface({ input: this.child.stdout }).on("line", (line) => take(JSON.parse(line) as Line));
    createInterface({ input: this.child.stderr }).on("line", (line) => this.complaints.push(line));
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

/** A client's echo requests. */
export class EchoProber {
  readonly gaps: Gap[] = [];
  /** When the latest answered probe of each address was sent; 0: never. */
  readonly answeredUs = new Map<string, number>();
  atUs = 0;
  private readonly prober: Prober;

  constructor(program: string, namespace: string, addresses: readonly string[], undo: Undo) {
    const words = [program, "echo", CLIENT_DEVICE, `${ECHO_INTERVAL_US}`, `${GAP_LIMIT_US}`, ...addresses];
    this.prober = new Prober(words, namespace, undo, (line) => {
      if (line.answeredUs !== undefined) {
        this.atUs = line.atUs;
        for (const [index, us] of line.answeredUs.entries()) this.answeredUs.set(addresses[index] as string, us);
      } else if (line.gap !== undefined) {
        this.gaps.push({ address: addresses[line.gap] as string, fromUs: line.fromUs, toUs: line.toUs });
      }
    });
  }

  get isRunning(): boolean {
    return this.prober.isRunning;
  }

  stop(): void {
    this.prober.stop();
  }

  /** Addresses that have not answered for so long, as of the latest report. */
  silent(forUs = 2 * GAP_LIMIT_US): string[] {
    return [...this.answeredUs].filter(([, us]) => this.atUs - us > forUs).map(([address]) => address);
  }

  /** The longest silence of an address within a span, one that still lasts included. */
  outageUs(address: string, fromUs: number, toUs: number): number {
    const within = this.gaps.filter((gap) => gap.address === address && gap.toUs > fromUs && gap.fromUs < toUs);
    const lasting = toUs - (this.answeredUs.get(address) ?? 0);
    const lengths = within.map((gap) => gap.toUs - gap.fromUs);
    return Math.max(0, ...lengths, lasting > GAP_LIMIT_US ? lasting : 0);
  }
}

/** A witness on the wire: it asks everybody, and hears all who answer. */
export class WireProber {
  readonly answerers: Answerer[] = [];
  readonly doubles: Double[] = [];
  private readonly prober: Prober;

  constructor(program: string, namespace: string, addresses: readonly string[], undo: Undo) {
    const words = [program, "wire", CLIENT_DEVICE, `${WIRE_INTERVAL_US}`, "0", ...addresses];
    this.prober = new Prober(words, namespace, undo, (line) => {
      const { atUs, hardware, first, second } = line;
      if (line.holder !== undefined) this.answerers.push({ address: addresses[line.holder] as string, atUs, hardware });
      else if (line.double !== undefined)
        this.doubles.push({ address: addresses[line.double] as string, atUs, first, second });
    });
  }

  get isRunning(): boolean {
    return this.prober.isRunning;
  }

  stop(): void {
    this.prober.stop();
  }

  /** Rounds in which two answered for one address. */
  doubleRounds(): number {
    const rounds = this.doubles.map(({ address, atUs }) => `${address} ${Math.floor(atUs / WIRE_INTERVAL_US)}`);
    return new Set(rounds).size;
  }

  /** Hardware address that answers for an address; undefined before the first answer. */
  answerer(address: string): string | undefined {
    return this.answerers.findLast((each) => each.address === address)?.hardware;
  }
}
