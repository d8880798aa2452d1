/** Runs the AssemblyScript compiler for one build of the module. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as asc from "assemblyscript/asc";
import { constantBytes } from "./inject.js";
import { buildModel, type Model, PROFILES, type ProfileName } from "./model.js";
import { printError } from "./output.js";
import LayoutTransform from "./transform.js";
import { withOneDataSegment } from "./merge-data.js";
import { withoutCustomSections } from "./wasm-sections.js";

/** What a module can decide on, each with its bit in `POLICIES` (assembly/policies/present.ts). */
export const POLICY_BITS: ReadonlyMap<string, number> = new Map([
  ["ports", 1],
  ["processors", 2],
  ["interfaces", 4],
]);
const ALL_POLICIES = [...POLICY_BITS.values()].reduce((mask, bit) => mask | bit, 0);

/** One of the modules. */
export interface Target {
  profile: ProfileName;
  shared: boolean;
  /** Sum of the bits of its policies. */
  policies: number;
  /** Path of the module from the root of the tree. */
  file: string;
}

export const TARGETS: readonly Target[] = PROFILES.flatMap((profile) =>
  [false, true].map((shared) => {
    const kind = shared ? "shared" : "plain";
    return { profile, shared, policies: ALL_POLICIES, file: `build/fairlead-${profile}-${kind}.wasm` };
  }),
);

/**
 * The small plain module with some policies only; ports are always among them. Undefined where a name is unknown.
 * @param names names of `POLICY_BITS`
 */
export function smallModuleWith(names: readonly string[]): Target | undefined {
  const known = [...POLICY_BITS].filter(([name]) => name === "ports" || names.includes(name));
  if (names.some((name) => !POLICY_BITS.has(name))) return undefined;
  const policies = known.reduce((mask, [, bit]) => mask | bit, 0);
  const file = `build/fairlead-small-plain-${known.map(([name]) => name).join("-")}.wasm`;
  return { profile: "small", shared: false, policies, file };
}

/** For firmware that balances ports and nothing else. */
export const PORTS_TARGET = smallModuleWith(["ports"]) as Target;

/** Thrown with what the compiler printed. */
export class CompileError extends Error {}

/** The same code with names of functions and a source map beside it: what reports and coverage read. */
export function debugFileOf(moduleFile: string): string {
  return join(dirname(moduleFile), "debug", basename(moduleFile));
}

/**
 * Compiles one target into `outFile`, and with names and source map into `debugFileOf(outFile)`.
 * @throws CompileError with the compiler's messages, places included.
 */
export async function compileTarget(
  root: string,
  target: Target,
  outFile = target.file,
  moreTransforms: readonly (new () => object)[] = [],
): Promise<void> {
  const debugFile = debugFileOf(outFile);
  const scratch = `build/scratch/${process.pid}`;
  mkdirSync(dirname(join(root, debugFile)), { recursive: true });
  const args = compilerArguments(buildModel(root), target, join(scratch, basename(outFile)));
  const stderr = asc.createMemoryStream();
  const result = await asc.main(["assembly/index.ts", "--baseDir", root, ...args], {
    stdout: asc.createMemoryStream(),
    stderr,
    transforms: [LayoutTransform, ...moreTransforms] as never,
  });
  // The compiler optimizes until the module grows again, and says so as if it were a warning.
  const said = stderr.toString().replaceAll("Last converge was suboptimal.\n", "").trim();
  if (result.error !== null) throw new CompileError(said);
  if (said !== "") printError(said);
  finish(root, join(scratch, basename(outFile)), outFile);
  rmSync(join(root, scratch), { recursive: true });
}

/** Puts the compiled files in their places by renaming, so that no reader meets half of one. */
function finish(root: string, compiled: string, outFile: string): void {
  const at = (file: string) => join(root, file);
  // Names and source map leave the code as it is: the shipped module is the same one without them.
  const stripped = withOneDataSegment(withoutCustomSections(readFileSync(at(compiled)), ["name", "sourceMappingURL"]));
  writeFileSync(at(`${compiled}.stripped`), stripped);
  renameSync(at(`${compiled}.map`), at(`${debugFileOf(outFile)}.map`));
  renameSync(at(compiled), at(debugFileOf(outFile)));
  renameSync(at(`${compiled}.stripped`), at(outFile));
}

/** Command line of the compiler, the same for every build but for profile and threads. */
export function compilerArguments(model: Model, target: Target, outFile: string): string[] {
  const profile = PROFILES.indexOf(target.profile);
  const map = model.maps[profile];
  if (map === undefined) throw new Error(`no memory map for profile ${target.profile}`);
  // The directory and the checks are the first part of the constants; what the compiler places comes behind them.
  const memoryBase = map.directoryAddress + Math.ceil(constantBytes(model, map).length / 16) * 16;
  const pages = String(map.memoryPages);
  const args = ["--config", "asconfig.json", "--target", target.shared ? "shared" : "plain", "--outFile", outFile];
  args.push("--debug", "--sourceMap", ...optimization(target));
  args.push("--use", `PROFILE=${profile}`, "--use", `POLICIES=${target.policies}`, "--memoryBase", String(memoryBase));
  args.push("--initialMemory", pages, "--maximumMemory", pages);
  return args;
}

/**
 * The small profile is for microcontrollers: fewest bytes (asconfig.json). The others run on controllers: V8 inlines no
 * function of a module by itself, and a tick of 256 busy ports takes 30 µs shrunk, 20 µs with all that binaryen inlines
 * at level 3, for half as many bytes more.
 */
function optimization(target: Target): string[] {
  return target.profile === "small" ? [] : ["--optimizeLevel", "3", "--shrinkLevel", "0"];
}
