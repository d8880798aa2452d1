/** The sections of a run. Each is measured in a process of its own, so that none meets what V8 learned from another. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { measureHeap } from "./heap.js";
import { measureIdle } from "./idle.js";
import { measureLatchAndJudge } from "./latch-and-judge.js";
import { measurePlacing } from "./placing.js";
import { measurePlanning } from "./planning.js";
import { measureScrub } from "./scrub.js";
import { measureStartUp } from "./start-up.js";
import { measureStatus } from "./status.js";
import { measureTenRows } from "./ten-rows.js";

export type SectionKind =
  | "latch-and-judge"
  | "idle"
  | "ten-rows"
  | "planning"
  | "placing"
  | "heap"
  | "start-up"
  | "scrub"
  | "status";

export interface Section {
  kind: SectionKind;
  profile: ProfileName;
  shared: boolean;
}

/** Everything that is measured by running, in the order of the report. */
export const SECTIONS: readonly Section[] = [
  ...(["small", "standard", "large"] as const).flatMap((profile): Section[] => [
    { kind: "latch-and-judge", profile, shared: false },
    { kind: "latch-and-judge", profile, shared: true },
  ]),
  ...plain("idle", "small", "standard", "large"),
  ...plain("ten-rows", "standard", "large"),
  ...plain("planning", "large"),
  ...plain("placing", "standard", "large"),
  ...plain("heap", "standard"),
  ...plain("start-up", "small", "standard", "large"),
  ...plain("scrub", "small", "standard", "large"),
  ...plain("status", "standard"),
];

function plain(kind: SectionKind, ...profiles: ProfileName[]): Section[] {
  return profiles.map((profile) => ({ kind, profile, shared: false }));
}

/** V8 compiles with its optimizing compiler from the start, but where starting is what is measured. */
export function processFlags(kind: SectionKind): string[] {
  if (kind === "start-up") return [];
  return kind === "heap" ? ["--no-liftoff", "--expose-gc"] : ["--no-liftoff"];
}

/** Bytes of a built module. @throws Error that says how to build it. */
export function moduleBytes(top: string, profile: ProfileName, shared: boolean): Uint8Array<ArrayBuffer> {
  const file = join(top, `build/fairlead-${profile}-${shared ? "shared" : "plain"}.wasm`);
  try {
    return new Uint8Array(readFileSync(file));
  } catch {
    throw new Error(`${file} is not built: run \`npm run build\``);
  }
}

/** Measures one section. `program`: the twin of its profile. */
export async function measureSection(
  top: string,
  section: Section,
  program: string,
  effort: Effort,
): Promise<Figure[]> {
  const { kind, profile, shared } = section;
  if (kind === "status") return measureStatus(effort);
  const bytes = moduleBytes(top, profile, shared);
  if (kind === "start-up") return measureStartUp(bytes, profile, effort);
  if (kind === "placing") return measurePlacing(bytes, profile, effort);
  const module = new WebAssembly.Module(bytes);
  switch (kind) {
    case "latch-and-judge":
      return [await measureLatchAndJudge(module, profile, shared, program, effort)];
    case "idle":
      return measureIdle(module, profile, effort);
    case "ten-rows":
      return [await measureTenRows(module, profile, effort)];
    case "planning":
      return measurePlanning(module, profile, effort);
    case "heap":
      return measureHeap(module, profile, effort);
    case "scrub":
      return [await measureScrub(module, profile, effort)];
  }
}
