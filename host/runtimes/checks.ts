/** The C of host/firmware under compilers, sanitizers, valgrind and tests. */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import binaryen from "binaryen";
import { WASM3_ROOT, WAMR_ROOT } from "./engines.js";
import { DecisionKind } from "../shim/generated/layout.js";
import { missingPackages, must, StepError } from "./shell.js";
import {
  AOT_SOURCE,
  CORTEX_M3,
  compileObjects,
  EMULATED,
  GUARD_SOURCE,
  LOADER_SOURCES,
  link,
  moduleDefinitions,
  modulePath,
  namedRoot,
  type Target,
  translate,
  WORK_DIRECTORY,
  X86_64,
} from "./toolchains.js";

type Attempt = (name: string, step: () => void) => void;
type Print = (text: string) => void;

/** Ways in which each test of the C is compiled and run. */
interface Way {
  name: string;
  flags: readonly string[];
  linkFlags: readonly string[];
  runner: readonly string[];
  env?: Record<string, string>;
}

const SANITIZERS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const WAYS: readonly Way[] = [
  { name: "gcc -O2", flags: [], linkFlags: [], runner: [] },
  // Guard pages need faults to reach the adapter.
  {
    name: "sanitizers",
    flags: SANITIZERS,
    linkFlags: SANITIZERS,
    runner: [],
    env: { ASAN_OPTIONS: "allow_user_segv_handler=1" },
  },
  {
    name: "valgrind",
    flags: ["-g"],
    linkFlags: [],
    runner: ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full"],
  },
];

interface Test {
  name: string;
  sources: readonly string[];
  definitions: readonly string[];
  includes: readonly string[];
  args?: readonly string[];
  /** Left out under valgrind, which runs threads one at a time and can't show a race. */
  threads?: boolean;
  guardPages?: boolean;
  flags?: readonly string[];
}

/** Runs a test in every way; the last line that it prints is shown. */
function runTest(test: Test, target: Target, attempt: Attempt, print: Print): void {
  for (const way of WAYS) {
    if (way.name === "valgrind" && (test.threads === true || test.guardPages === true)) continue;
    attempt(`${test.name}, ${way.name}`, () => {
      const folder = `tests/${test.name.replace(/[^a-z0-9]+/gi, "-")}-${way.name.replace(/[^a-z0-9]+/gi, "-")}`;
      const objects = compileObjects({ target, folder, ...test, flags: [...way.flags, ...(test.flags ?? [])] });
      const program = link(target, objects, `${folder}/test`, way.linkFlags);
      const [command = program, ...args] = [...way.runner, program, ...(test.args ?? [])];
      const ran = must(command, args, way.env === undefined ? {} : { env: way.env });
      print(`ok - ${test.name}, ${way.name}: ${ran.stdout.trim().split("\n").at(-1)}`);
    });
  }
}

/** A module that traps on request, and its translation. */
function probe(): { wasm: string; translated: string } {
  const wasm = join(WORK_DIRECTORY, "probe.wasm");
  must(process.execPath, ["node_modules/wabt/bin/wat2wasm", "tests/firmware/probe.wat", "-o", wasm]);
  return { wasm, translated: translate(wasm, "probe") };
}

const OPEN_AOT = "tests/runtimes/open-aot.c";

function aotTests(): Test[] {
  const { translated } = probe();
  const small = translate(modulePath("small", false), "small-plain");
  const shared = translate(modulePath("small", true), "small-shared");
  const next = translate(nextVersion(), "small-next");
  const bounds = [AOT_SOURCE, OPEN_AOT];
  const guarded = [...bounds, GUARD_SOURCE];
  const adapter = "tests/firmware/adapter.c";
  const loader = [...bounds, ...LOADER_SOURCES];
  const guardOn = moduleDefinitions("small", true);
  const guardOff = moduleDefinitions("small", false);
  return [
    {
      name: "adapter of wasm2c, software bounds",
      sources: [adapter, ...bounds],
      definitions: guardOff,
      includes: [translated],
    },
    {
      name: "adapter of wasm2c, guard pages",
      sources: [adapter, ...guarded],
      definitions: guardOn,
      includes: [translated],
      guardPages: true,
    },
    { name: "loader", sources: ["tests/firmware/loader.c", ...loader], definitions: guardOff, includes: [small] },
    {
      name: "hot swap",
      sources: ["tests/firmware/swap.c", "tests/firmware/next-version.c", ...loader],
      definitions: [...guardOff, "TWO_VERSIONS", `NEXT_MODULE_C="${resolve(next, "fairlead-module.c")}"`],
      includes: [small],
    },
    {
      name: "mailbox, writers on threads",
      sources: ["tests/firmware/mailbox-threads.c", ...LOADER_SOURCES],
      definitions: [],
      includes: [],
      threads: true,
    },
    {
      name: "latch, writers on threads, plain build",
      sources: ["tests/firmware/latch-threads.c", ...loader],
      definitions: [...guardOff, "ACROSS_LINES"],
      includes: [small],
      threads: true,
    },
    {
      name: "latch, writers on threads, shared build",
      sources: ["tests/firmware/latch-threads.c", ...loader],
      definitions: [...guardOff, "ACROSS_LINES", "SHARED_BUILD"],
      includes: [shared],
      // wasm2c writes the code of a shared build in C11, for its atomics.
      flags: ["-std=c11"],
      threads: true,
    },
  ];
}

/** Another build of the module, as a next version is: the same layout and policy in other code. */
function nextVersion(): string {
  const module = binaryen.readBinary(readFileSync(modulePath("small", false)));
  module.setFeatures(binaryen.Features.All);
  binaryen.setOptimizeLevel(1);
  binaryen.setShrinkLevel(0);
  module.runPasses(["flatten", "vacuum", "coalesce-locals"]);
  const bytes = module.emitBinary();
  module.dispose();
  const path = join(WORK_DIRECTORY, "next.wasm");
  writeFileSync(path, bytes);
  return path;
}

function interpreterTests(attempt: Attempt, print: Print): void {
  const { wasm } = probe();
  const each = [
    { ...WAMR_ROOT, name: "WAMR", source: "wamr", libraries: ["-lm", "-ldl"] },
    { ...WASM3_ROOT, name: "wasm3", source: "wasm3", libraries: ["-lm"] },
  ];
  for (const { variable, header, library, name, source, libraries } of each) {
    const root = namedRoot(variable, header, library);
    if (root === undefined) continue;
    attempt(`adapter of ${name}`, () => {
      const folder = `tests/adapter-${source}`;
      const sources = [
        "tests/firmware/adapter.c",
        `tests/runtimes/open-${source}.c`,
        "tests/runtimes/file.c",
        `host/firmware/adapters/fairlead-${source}.c`,
      ];
      const objects = compileObjects({ target: X86_64, folder, sources, systemIncludes: [root.include] });
      const program = link(X86_64, objects, `${folder}/test`, [root.library, ...libraries]);
      print(`ok - adapter of ${name}: ${must(program, [wasm]).stdout.trim()}`);
    });
  }
}

/** The example of the README: compiled as printed, run, and its output compared. */
function example(attempt: Attempt, print: Print): void {
  attempt("example", () => {
    const includes = [translate(modulePath("small", false), "small-plain")];
    const sources = ["host/firmware/example/main.c", AOT_SOURCE, ...LOADER_SOURCES];
    const definitions = [...moduleDefinitions("small", false), "FAIRLEAD_STATIC_BYTES=65536"];
    const objects = compileObjects({ target: X86_64, folder: "example", sources, definitions, includes });
    const printed = must(link(X86_64, objects, "example/example"), []).stdout;
    const withdrawal = `decision ${DecisionKind.WITHDRAW_REGISTRATION}, target 0`;
    if (!printed.includes(withdrawal))
      throw new StepError(`the example did not print ${withdrawal}:
${printed}`);
    print(`ok - example: ${printed.trim().split("\n").join("; ")}`);
  });
}

/** Every source of the library is free of warnings on every compiler that is there. */
function warnings(attempt: Attempt, print: Print): void {
  for (const target of [...EMULATED, CORTEX_M3]) {
    if (missingPackages("", [target.compiler]) !== undefined) continue;
    attempt(`warnings of ${target.compiler}`, () => {
      const includes = [translate(modulePath("small", false), "small-plain")];
      const sources = [AOT_SOURCE, ...LOADER_SOURCES];
      const definitions = moduleDefinitions("small", false);
      compileObjects({ target, folder: `warnings/${target.name}`, sources, definitions, includes });
      print(`ok - no warnings of ${target.compiler}`);
    });
  }
}

/** All checks of the C, on this machine's processor. */
export function firmwareChecks(attempt: Attempt, print: Print): void {
  for (const test of aotTests()) runTest(test, X86_64, attempt, print);
  interpreterTests(attempt, print);
  example(attempt, print);
  warnings(attempt, print);
}
