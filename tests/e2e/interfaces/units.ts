/** The client of the units, as the harness sees it. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Undo } from "../common/undo.js";
import { nowUs } from "./clock.js";
import type { UnitClientPlan, UnitReport } from "./unit-client.js";

const FAMILY_ORDER = (address: string) => (address.includes(":") ? 1 : 0);

/** A time in which a unit gave no answer. */
export interface Silence {
  unit: string;
  /** Its end was reported then. */
  atUs: number;
  lengthUs: number;
}

export class UnitClient {
  readonly latest = new Map<string, UnitReport>();
  readonly wrong: string[] = [];
  readonly silences: Silence[] = [];
  /** Whether all was read back; undefined before the end. */
  readBack: boolean | undefined;
  readonly ended: Promise<number>;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;

  constructor(namespace: string, plan: UnitClientPlan, undo: Undo) {
    const addresses = plan.addresses.toSorted((left, right) => FAMILY_ORDER(left) - FAMILY_ORDER(right));
    const words = [
      process.execPath,
      join(import.meta.dirname, "unit-client.js"),
      JSON.stringify({ ...plan, addresses }),
    ];
    this.child = spawn("ip", ["netns", "exec", namespace, ...words], { stdio: ["pipe", "pipe", "inherit"] });
    undo.add("client of the units", () => void this.child.kill("SIGKILL"));
    this.child.stdin.on("error", () => undefined);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.take(JSON.parse(line)));
    this.ended = new Promise((resolve) => this.child.once("exit", (code) => resolve(code ?? -1)));
  }

  /** Units that have answered since a time. */
  answering(sinceUs: number): string[] {
    return [...this.latest.values()].filter((report) => report.answeredUs > sinceUs).map((report) => report.unit);
  }

  /** The longest silence of a unit that ended within a span, or lasts at its end. */
  outageUs(unit: string, fromUs: number, toUs: number): number {
    const within = this.silences.filter((each) => each.unit === unit && each.atUs > fromUs && each.atUs <= toUs);
    return Math.max(0, ...within.map((each) => each.lengthUs), toUs - (this.latest.get(unit)?.answeredUs ?? 0));
  }

  get writes(): number {
    return [...this.latest.values()].reduce((sum, report) => sum + report.writes, 0);
  }

  /** Has it read everything back and end. */
  stop(): void {
    this.child.stdin.write("stop\n");
  }

  private take(line: UnitReport | { readBack: boolean }): void {
    if ("readBack" in line) {
      this.readBack = line.readBack;
      return;
    }
    this.latest.set(line.unit, line);
    this.wrong.push(...line.wrong);
    this.silences.push({ unit: line.unit, atUs: nowUs(), lengthUs: line.silenceUs });
  }
}
