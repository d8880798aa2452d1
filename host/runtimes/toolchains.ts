/** Compiles the module and the loader for each target. */

import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { layouts, type ProfileName } from "../shim/generated/layout.js";
import { must } from "./shell.js";

/** Where the run keeps what it makes. */
export const WORK_DIRECTORY = "build/runtimes";

const WARNINGS = [
  "-std=c99",
  "-pedantic",
  "-Wall",
  "-Wextra",
  "-Wconversion",
  "-Wsign-conversion",
  "-Wshadow",
  "-Werror",
];
/** The modules and the header of this run: a build that goes on beside it changes nothing. */
const MODULES = join(WORK_DIRECTORY, "modules");
const INCLUDES = [MODULES, "host/firmware", "host/firmware/runtime", "tests/runtimes", "tests/firmware"];

/** A processor with a compiler of its own. */
export interface Target {
  name: string;
  processor: string;
  compiler: string;
  /** What runs its programs; empty for this machine's own. */
  runner: readonly string[];
  flags: readonly string[];
  linkFlags: readonly string[];
  bigEndian: boolean;
}

const hosted = { runner: [], flags: ["-O2"], linkFlags: ["-pthread"], bigEndian: false };

export const X86_64: Target = { ...hosted, name: "x86-64", processor: "x86-64", compiler: "gcc" };

/** Emulated Linux targets: a 64-bit one, a 32-bit one and a big-endian one. */
export const EMULATED: readonly Target[] = [
  {
    name: "aarch64",
    compiler: "aarch64-linux-gnu-gcc",
    emulator: "qemu-aarch64",
    processor: "aarch64",
    bigEndian: false,
  },
  {
    name: "armv7",
    compiler: "arm-linux-gnueabihf-gcc",
    emulator: "qemu-arm",
    processor: "ARMv7, 32 bits",
    bigEndian: false,
  },
  {
    name: "mips",
    compiler: "mips-linux-gnu-gcc",
    emulator: "qemu-mips",
    processor: "MIPS, big-endian",
    bigEndian: true,
  },
].map(({ emulator, ...target }) => ({
  ...hosted,
  ...target,
  runner: [emulator],
  linkFlags: ["-static", "-pthread"],
}));

export const CORTEX_M3: Target = {
  name: "cortex-m3",
  processor: "Cortex-M3",
  compiler: "arm-none-eabi-gcc",
  runner: [],
  // The last five make the code some 800 bytes smaller; none of them changes what it does.
  flags: [
    "-mcpu=cortex-m3",
    "-mthumb",
    "-Os",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-schedule-insns2",
    "-fno-move-loop-invariants",
    "-fno-optimize-sibling-calls",
    "-fira-algorithm=priority",
    "-fno-jump-tables",
  ],
  linkFlags: ["-nostartfiles", "-specs=nano.specs", "-Wl,--gc-sections"],
  bigEndian: false,
};

/** Definitions that a program of the board is compiled with: memory at a round address, see mps2.ld. */
export const CORTEX_M3_DEFINITIONS: readonly string[] = [
  "FAIRLEAD_STATIC_BYTES=65536",
  "FAIRLEAD_STATIC_ADDRESS=0x20000000",
  "FAIRLEAD_BOUNDS_GUARD=1",
];

export const LOADER_SOURCES: readonly string[] = [
  "host/firmware/fairlead-loader.c",
  "host/firmware/fairlead-mailbox.c",
];
export const AOT_SOURCE = "host/firmware/adapters/fairlead-aot.c";
export const GUARD_SOURCE = "host/firmware/adapters/fairlead-guard.c";

export interface Compile {
  target: Target;
  /** Folder under the work directory. */
  folder: string;
  sources: readonly string[];
  definitions?: readonly string[];
  includes?: readonly string[];
  /** Headers of others, whose warnings are theirs. */
  systemIncludes?: readonly string[];
  flags?: readonly string[];
  /** Sources of others, in C11 and under fewer warnings. */
  foreign?: boolean;
}

const FOREIGN_FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"];

/** Compiles each source to an object; returns their paths in order. @throws StepError */
export function compileObjects(compile: Compile): string[] {
  const folder = join(WORK_DIRECTORY, compile.folder);
  mkdirSync(folder, { recursive: true });
  const { target } = compile;
  const definitions = [...(compile.definitions ?? []), ...(target.bigEndian ? ["FAIRLEAD_MIRRORED=1"] : [])];
  const args = [
    ...(compile.foreign === true ? FOREIGN_FLAGS : WARNINGS),
    ...target.flags,
    ...(compile.flags ?? []),
    ...[...INCLUDES, ...(compile.includes ?? [])].map((path) => `-I${path}`),
    ...(compile.systemIncludes ?? []).flatMap((path) => ["-isystem", path]),
    ...definitions.map((definition) => `-D${definition}`),
  ];
  return compile.sources.map((source) => {
    const object = join(folder, `${source.replace(/[/.]/g, "-")}.o`);
    must(target.compiler, [...args, "-c", source, "-o", object]);
    return object;
  });
}

/** Links objects into a program; returns its path. */
export function link(
  target: Target,
  objects: readonly string[],
  program: string,
  flags: readonly string[] = [],
): string {
  const path = join(WORK_DIRECTORY, program);
  must(target.compiler, [...target.flags, ...target.linkFlags, ...objects, "-o", path, ...flags]);
  return path;
}

/** The module without the other policies. */
const PORTS_ONLY = "small-plain-ports";

/** Path of the small plain module with the port policy alone. */
export function portsOnlyModulePath(): string {
  return join(MODULES, `fairlead-${PORTS_ONLY}.wasm`);
}

/** Copies what the build made; everything else works on the copies. */
export function copyModules(): void {
  mkdirSync(MODULES, { recursive: true });
  const modules = ["small", "standard", "large"].flatMap((profile) => [`${profile}-plain`, `${profile}-shared`]);
  const names = [...[...modules, PORTS_ONLY].map((name) => `fairlead-${name}.wasm`), "fairlead.h"];
  for (const name of names) copyFileSync(join("build", name), join(MODULES, name));
}

/** Path of a module. */
export function modulePath(profile: ProfileName, shared: boolean): string {
  return join(MODULES, `fairlead-${profile}-${shared ? "shared" : "plain"}.wasm`);
}

/** Compiles a module to C by wasm2c; returns the folder that holds `fairlead-module.c`. */
export function translate(wasm: string, folder: string): string {
  const path = join(WORK_DIRECTORY, "c", folder);
  mkdirSync(path, { recursive: true });
  const wasm2c = "node_modules/wabt/bin/wasm2c";
  must(process.execPath, [
    wasm2c,
    "--enable-threads",
    wasm,
    "--module-name",
    "fairlead",
    "--output",
    join(path, "fairlead-module.c"),
  ]);
  return path;
}

/** Definitions of a program that holds the translated module of a profile. */
export function moduleDefinitions(profile: ProfileName, guardPages: boolean): string[] {
  return [
    `FAIRLEAD_PROFILE=${layouts[profile].profile}`,
    `MEMORY_BYTES=${layouts[profile].memoryBytes}`,
    `FAIRLEAD_BOUNDS_GUARD=${guardPages ? 1 : 0}`,
    'FAIRLEAD_MODULE_C="fairlead-module.c"',
  ];
}

/** Bytes of code and of data (constants included) of objects or a program. */
export function sizes(target: Target, files: readonly string[]): { codeBytes: number; dataBytes: number } {
  const tool = target.compiler === "gcc" ? "size" : target.compiler.replace(/gcc$/, "size");
  let codeBytes = 0;
  let dataBytes = 0;
  for (const line of must(tool, ["-A", ...files]).stdout.split("\n")) {
    const [section = "", bytes = "0"] = line.trim().split(/\s+/);
    if (section.startsWith(".text")) codeBytes += Number(bytes);
    else if (/^\.(rodata|data|bss)/.test(section)) dataBytes += Number(bytes);
  }
  return { codeBytes, dataBytes };
}

/** The environment names something that isn't what it should be. */
export class UsageError extends Error {}

/**
 * An interpreter's checkout that the environment names, with its library; undefined where it isn't named.
 * @throws UsageError where the checkout isn't one, or its library isn't built
 */
export function namedRoot(
  variable: string,
  header: string,
  library: string,
): { include: string; library: string } | undefined {
  const root = process.env[variable];
  if (root === undefined || root === "") return undefined;
  const places = [root, join(root, "build"), join(root, "build/source")].map((folder) => join(folder, library));
  const found = places.find((path) => existsSync(path));
  if (!existsSync(join(root, header)) || found === undefined) {
    throw new UsageError(`${variable}=${root} must hold ${header} and one of ${places.join(", ")}`);
  }
  return { include: join(root, header, ".."), library: found };
}
