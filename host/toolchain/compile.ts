/** Runs the AssemblyScript compiler for one build of the module. */

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import * as asc from "assemblyscript/asc";
import { DIRECTORY_ENTRY_BYTES } from "./memory-map.js";
import { buildModel, type Model, PROFILES, type ProfileName } from "./model.js";
import LayoutTransform from "./transform.js";

/** One of the six modules. */
export interface Target {
  profile: ProfileName;
  shared: boolean;
  /** Path of the module from the root of the tree. */
  file: string;
}

export const TARGETS: readonly Target[] = PROFILES.flatMap((profile) =>
  [false, true].map((shared) => {
    const kind = shared ? "shared" : "plain";
    return { profile, shared, file: `build/fairlead-${profile}-${kind}.wasm` };
  }),
);

export interface CompileOptions {
  /** Where the module goes, from the root; the target's own file if not given. */
  outFile?: string;
  /** Writes a source map beside the module, and names of functions into it. */
  sourceMap?: boolean;
  entry?: string;
}

/** Thrown with what the compiler printed. */
export class CompileError extends Error {}

/** Compiles one target; throws `CompileError` with the compiler's messages, places included. */
export async function compileTarget(root: string, target: Target, options: CompileOptions = {}): Promise<void> {
  const outFile = options.outFile ?? target.file;
  mkdirSync(dirname(join(root, outFile)), { recursive: true });
  const args = compilerArguments(buildModel(root), target, outFile, options);
  const stderr = asc.createMemoryStream();
  const result = await asc.main([options.entry ?? "assembly/index.ts", "--baseDir", root, ...args], {
    stdout: asc.createMemoryStream(),
    stderr,
    transforms: [LayoutTransform as never],
  });
  if (result.error !== null) throw new CompileError(stderr.toString().trim());
}

/** Command line of the compiler, the same for every build but for profile, threads and debug information. */
export function compilerArguments(model: Model, target: Target, outFile: string, options: CompileOptions): string[] {
  const profile = PROFILES.indexOf(target.profile);
  const map = model.maps[profile];
  if (map === undefined) throw new Error(`no memory map for profile ${target.profile}`);
  // The directory is the first part of the constants; what the compiler places itself comes behind it.
  const memoryBase = map.directoryAddress + Math.ceil((map.tables.length * DIRECTORY_ENTRY_BYTES) / 16) * 16;
  const pages = String(map.memoryPages);
  const args = ["--config", "asconfig.json", "--target", target.shared ? "shared" : "plain", "--outFile", outFile];
  args.push("--use", `PROFILE=${profile}`, "--memoryBase", String(memoryBase));
  args.push("--initialMemory", pages, "--maximumMemory", pages);
  if (options.sourceMap === true) args.push("--sourceMap", "--debug");
  return args;
}
