/** Compiles the verifying host, and the programs that bundles carry, as static executables. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { layouts, type ProfileName } from "../../../host/shim/generated/layout.js";

const WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"];

function run(program: string, values: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, values, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${values.join(" ")}\n${error?.message ?? stderr}`);
}

/** The verifying host; with `sanitized` it is not static and stops at the first undefined behaviour. */
export function compileBoot(top: string, out: string, sanitized = false): string {
  const folder = join(top, "host/firmware/verify");
  const names = ["boot", "canonical", "crypto-sodium", "module-check", "verify"];
  const sanitizers = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const files = names.map((name) => join(folder, `fairlead-${name}.c`));
  run("gcc", [
    "-std=gnu11",
    "-O2",
    ...WARNINGS,
    ...(sanitized ? sanitizers : ["-static"]),
    ...files,
    "-lsodium",
    "-o",
    out,
  ]);
  return out;
}

/** Measures the verifier's stack and allocations; linked with the C library's allocator counted. */
export function compileLimits(top: string, out: string): string {
  const folder = join(top, "host/firmware/verify");
  const names = ["canonical", "crypto-sodium", "module-check", "verify"];
  const files = [join(top, "tests/e2e/image/limits.c"), ...names.map((name) => join(folder, `fairlead-${name}.c`))];
  const wrapped = "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc";
  const libraries = ["-Wl,-Bstatic", "-lsodium", "-Wl,-Bdynamic", "-lpthread"];
  run("gcc", ["-std=gnu11", "-O2", ...WARNINGS, `-I${folder}`, wrapped, ...files, ...libraries, "-o", out]);
  return out;
}

/** Rows of the tables that cross by the loader's mailbox. */
function latchedRows(profile: ProfileName): number {
  const latched = layouts[profile].tables.filter((table) => table.kind === "latched-written");
  return latched.reduce((rows, table) => rows + table.capacity, 0);
}

/** Compiles a module ahead of time with the loader and the replay. `module` is the file that the bundle holds too. */
export function compileServed(top: string, module: string, profile: ProfileName, out: string): string {
  const firmware = join(top, "host/firmware");
  const wabt = dirname(createRequire(import.meta.url).resolve("wabt/package.json"));
  const generated = `${out}.module.c`;
  run(process.execPath, [join(wabt, "bin/wasm2c"), "-n", "fairlead", "-o", generated, module]);
  const includes = [firmware, join(firmware, "runtime"), join(top, "build"), join(top, "tests/runtimes"), dirname(out)];
  const sizes = [`MEMORY_BYTES=${layouts[profile].memoryBytes}u`, `LATCHED_ROWS=${latchedRows(profile)}u`];
  const definitions = [`FAIRLEAD_MODULE_C="${generated}"`, ...sizes];
  const files = [
    ...["tests/e2e/image/served.c", "tests/runtimes/replay.c", "tests/runtimes/file.c", "tests/runtimes/open-aot.c"],
    ...["adapters/fairlead-aot.c", "fairlead-loader.c", "fairlead-mailbox.c"].map((name) => `host/firmware/${name}`),
  ];
  run("gcc", [
    ...["-std=gnu11", "-O2", "-static"],
    ...includes.map((folder) => `-I${folder}`),
    ...definitions.map((definition) => `-D${definition}`),
    ...files.map((file) => join(top, file)),
    ...["-o", out],
  ]);
  return out;
}

/** A program that traps (1) or never ends (2). */
export function compileFaulty(top: string, fault: 1 | 2, out: string): string {
  run("gcc", ["-O1", "-static", `-DFAULT=${fault}`, join(top, "tests/e2e/image/faulty.c"), "-o", out]);
  return out;
}
