/** The runtimes: each replays recordings of a profile and says what it made of them. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeLayout } from "../../tests/bench/native-layout.js";
import type { ProfileName } from "../shim/generated/layout.js";
import { verifyModule } from "../shim/module.js";
import { missingPackages, type Ran, run, StepError } from "./shell.js";
import {
  AOT_SOURCE,
  compileObjects,
  EMULATED,
  GUARD_SOURCE,
  LOADER_SOURCES,
  link,
  moduleDefinitions,
  modulePath,
  namedRoot,
  sizes,
  type Target,
  translate,
  WORK_DIRECTORY,
  X86_64,
} from "./toolchains.js";

/** What a runtime printed for one recording. */
export interface Replayed {
  digest: string;
  ticks: number;
  decisions: number;
  parted: string;
  tickNs?: number;
  timedTicks?: number;
  /** Of the board's timer, over `timedTicks`. */
  cycles?: number;
  /** Of the whole program that replayed it, where it doesn't time its ticks itself. */
  wallNs?: number;
  stackBytes?: number;
}

/** A runtime that is ready to replay. Figures that it hasn't are undefined. */
export interface Ready {
  codeBytes: number;
  dataBytes: number;
  /** Replays recordings in order. @throws StepError */
  replay(files: readonly string[]): Replayed[];
  /** The same processor's native twin on recordings of ports alone. */
  twin?(files: readonly string[]): Replayed[];
}

export interface Engine {
  name: string;
  processor: string;
  profiles: readonly ProfileName[];
  /** Why this machine can't run it, in one line. */
  missing(): string | undefined;
  /** Compiles what it needs. @throws StepError */
  prepare(profile: ProfileName): Ready;
  close?(): void;
}

export const ALL_PROFILES: readonly ProfileName[] = ["small", "standard", "large"];

/** Runs a replaying program and reads its lines: every recording must have been replayed as it was. @throws StepError */
export function replayBy(command: string, args: readonly string[], files: readonly string[]): Replayed[] {
  return readReplayed(run(command, [...args, ...files]), files, command);
}

/** What a program printed for each recording. @throws StepError where one parted or is missing. */
export function readReplayed(ran: Ran, files: readonly string[], what: string): Replayed[] {
  const lines = ran.stdout.split("\n").filter((line) => line.startsWith("{"));
  const replayed = lines.map((line) => JSON.parse(line) as Replayed);
  for (const [index, each] of replayed.entries()) {
    if (each.parted !== "") throw new StepError(`${what}: ${files[index]}: parted: ${each.parted}; ${lines[index]}`);
  }
  if (ran.status === 0 && replayed.length === files.length) return replayed;
  const counts = `${replayed.length} of ${files.length} recordings`;
  throw new StepError(`${what}: ended with ${ran.status} after ${counts}: ${ran.stdout.trim()} ${ran.stderr.trim()}`);
}

function moduleSizes(profile: ProfileName, shared: boolean): { codeBytes: number; dataBytes: number } {
  const { codeBytes, dataBytes } = verifyModule(readFileSync(modulePath(profile, shared)));
  return { codeBytes, dataBytes };
}

/** As the compiled programs of this machine have it. */
const THIS_PROCESSOR = process.arch === "x64" ? X86_64.processor : process.arch;

const REPLAY_JS = "build/js/host/runtimes/replay-js.js";

export function v8(shared: boolean): Engine {
  return {
    name: `V8, ${shared ? "shared" : "plain"}`,
    processor: THIS_PROCESSOR,
    profiles: ALL_PROFILES,
    missing: () => undefined,
    prepare: (profile) => ({
      ...moduleSizes(profile, shared),
      replay: (files) => replayBy(process.execPath, [REPLAY_JS, modulePath(profile, shared)], files),
    }),
  };
}

const BUN_VERSION = "1.4.5";

/** JavaScriptCore, by the npm package bun, which is fetched into a temporary place for this run. */
export function javaScriptCore(): Engine {
  let folder: string | undefined;
  let why: string | undefined;
  const fetch = () => {
    if (folder !== undefined || why !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), "fairlead-bun-"));
    const install = ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, `bun@${BUN_VERSION}`];
    const ran = run("npm", install, { timeoutMs: 5 * 60_000 });
    if (ran.status === 0 && run(join(folder, "node_modules/.bin/bun"), ["--version"]).status === 0) return;
    why = `JavaScriptCore: left out, npm could not install bun@${BUN_VERSION}; it needs the npm registry`;
  };
  return {
    name: "JavaScriptCore, plain",
    processor: THIS_PROCESSOR,
    profiles: ALL_PROFILES,
    missing() {
      fetch();
      return why;
    },
    prepare: (profile) => ({
      ...moduleSizes(profile, false),
      replay: (files) =>
        replayBy(join(folder ?? "", "node_modules/.bin/bun"), [REPLAY_JS, modulePath(profile, false)], files),
    }),
    close() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const REPLAY_SOURCES = ["tests/runtimes/replay.c", "tests/runtimes/main.c", "tests/runtimes/file.c"];

/** The program that replays on ahead-of-time code; its own parts are apart from what a firmware links. */
function compileAot(target: Target, profile: ProfileName, guardPages: boolean) {
  const includes = [translate(modulePath(profile, false), `${profile}-plain`)];
  const folder = `${target.name}-${guardPages ? "guard" : "bounds"}/${profile}`;
  const definitions = moduleDefinitions(profile, guardPages);
  const firmware = compileObjects({ target, folder, sources: [AOT_SOURCE, ...LOADER_SOURCES], definitions, includes });
  const own = [...REPLAY_SOURCES, "tests/runtimes/open-aot.c", ...(guardPages ? [GUARD_SOURCE] : [])];
  const harness = compileObjects({ target, folder, sources: own, definitions, includes });
  return { firmware, program: link(target, [...firmware, ...harness], `${folder}/replay`, ["-Wl,-z,now"]) };
}

/** Folder with `twin-layout.h` of a profile, which the twin is compiled with. */
export function writeTwinLayout(profile: ProfileName): string {
  const folder = join(WORK_DIRECTORY, "twin", profile);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "twin-layout.h"), nativeLayout(profile));
  return folder;
}

export const TWIN_SOURCES: readonly string[] = ["tests/bench/native/twin.c"];

/** The same program with the native twin in the module's place. Little-endian targets only, as the twin is. */
function compileTwin(target: Target, profile: ProfileName): string {
  const folder = `${target.name}-twin/${profile}`;
  const includes = [translate(modulePath(profile, false), `${profile}-plain`), writeTwinLayout(profile)];
  const definitions = [...moduleDefinitions(profile, false), "TWIN"];
  const sources = [
    AOT_SOURCE,
    ...LOADER_SOURCES,
    ...REPLAY_SOURCES,
    "tests/runtimes/open-aot.c",
    "tests/runtimes/twin-call.c",
  ];
  const objects = compileObjects({ target, folder, sources, definitions, includes });
  const twin = compileObjects({ target, folder, sources: TWIN_SOURCES, includes, foreign: true });
  return link(target, [...objects, ...twin], `${folder}/replay`, ["-Wl,-z,now"]);
}

function aot(target: Target, guardPages: boolean, profiles: readonly ProfileName[]): Engine {
  return {
    name: `wasm2c, ${guardPages ? "guard pages" : "software bounds"}`,
    processor: target.runner.length === 0 ? target.processor : `${target.processor} (emulated)`,
    profiles,
    missing: () => missingPackages(`wasm2c on ${target.processor}`, [target.compiler, ...target.runner]),
    prepare(profile) {
      const { firmware, program } = compileAot(target, profile, guardPages);
      const twin = target.bigEndian ? undefined : compileTwin(target, profile);
      const start = (path: string, files: readonly string[]) => {
        const [command = path, ...args] = [...target.runner, path, "-"];
        return replayBy(command, args, files);
      };
      return {
        ...sizes(target, firmware),
        replay: (files) => start(program, files),
        ...(twin === undefined ? {} : { twin: (files: readonly string[]) => start(twin, files) }),
      };
    },
  };
}

/** An interpreter whose root the environment names. */
function interpreter(
  name: string,
  root: { variable: string; header: string; library: string },
  source: string,
  adapter: string,
  definitions: readonly string[],
  libraries: readonly string[],
): Engine {
  return {
    name,
    processor: X86_64.processor,
    profiles: ALL_PROFILES,
    missing() {
      if (process.env[root.variable]) return missingPackages(name, ["gcc"]);
      return `${name}: left out, ${root.variable} names no checkout with ${root.library} (host/firmware/README.md)`;
    },
    prepare(profile) {
      const found = namedRoot(root.variable, root.header, root.library);
      if (found === undefined) throw new StepError(`${root.variable} is not set`);
      const folder = root.variable.toLowerCase();
      const sources = [adapter, ...LOADER_SOURCES, ...REPLAY_SOURCES, source];
      const objects = compileObjects({ target: X86_64, folder, sources, definitions, systemIncludes: [found.include] });
      const program = link(X86_64, objects, `${folder}/replay`, [found.library, ...libraries]);
      return {
        ...moduleSizes(profile, false),
        replay: (files) => replayBy(program, [modulePath(profile, false)], files),
      };
    },
  };
}

export const WAMR_ROOT = { variable: "WAMR_ROOT", header: "core/iwasm/include/wasm_export.h", library: "libiwasm.a" };
export const WASM3_ROOT = { variable: "WASM3_ROOT", header: "source/wasm3.h", library: "libm3.a" };

/** All runtimes but the microcontroller. */
export function engines(): Engine[] {
  const wamr = ["-lm", "-ldl"];
  return [
    v8(false),
    v8(true),
    javaScriptCore(),
    aot(X86_64, false, ALL_PROFILES),
    aot(X86_64, true, ALL_PROFILES),
    ...EMULATED.map((target) => aot(target, false, ["small", "standard"])),
    interpreter(
      "WAMR, interpreter",
      WAMR_ROOT,
      "tests/runtimes/open-wamr.c",
      "host/firmware/adapters/fairlead-wamr.c",
      ["SYSTEM_STACK"],
      wamr,
    ),
    interpreter(
      "wasm3",
      WASM3_ROOT,
      "tests/runtimes/open-wasm3.c",
      "host/firmware/adapters/fairlead-wasm3.c",
      [],
      ["-lm"],
    ),
  ];
}
