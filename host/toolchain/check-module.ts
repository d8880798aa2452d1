/** Rules that each final module keeps. They are checked on the bytes that ship, after all optimization. */

import { callDepths, findRecursion } from "./call-graph.js";
import { type FunctionFacts, type ModuleFacts, readModule } from "./module-facts.js";
import { type Section, sectionsOf } from "./wasm-sections.js";

export interface ExpectedModule {
  shared: boolean;
  memoryPages: number;
  /** First address of the region of constants, and the one behind it: the only place that data may fill. */
  constantsFrom: number;
  constantsTo: number;
  /** Bytes that stand at `constantsFrom`: the directory, and what else the transform places. */
  constants: Uint8Array;
  /** Contents of the custom section `fairlead.layout`. */
  layoutSection: Uint8Array;
}

export interface Violation {
  /** Which rule: exports, imports, memory, start, table, float, instruction, recursion, data, section, global … */
  rule: string;
  /** Function, export, section or the module. */
  where: string;
  message: string;
}

export interface ModuleReport {
  violations: Violation[];
  codeBytes: number;
  dataBytes: number;
  /** Largest first. */
  functions: { name: string; bytes: number; callDepth: number }[];
  /** Functions on the stack at most, per exported function. */
  exports: { name: string; callDepth: number }[];
}

/** Every export with its kind; functions with parameters and results. */
export const EXPORTS: Readonly<Record<string, string>> = {
  fairlead_abi_1: "function () -> ()",
  abiVersion: "function () -> (i32)",
  reset: "function () -> ()",
  configure: "function () -> (i32)",
  attach: "function () -> (i32)",
  tick: "function () -> (i32)",
  scrub: "function (i32) -> (i32)",
  __heap_base: "global i32",
  __data_end: "global i32",
};

/** Instructions of the core by binaryen's names: what every small interpreter and every ahead-of-time compiler has. */
const ALLOWED = new Set(
  (
    "Block If Loop Break Switch Call LocalGet LocalSet GlobalGet Load Store Const Unary Binary Select Drop Return " +
    "Nop MemoryCopy MemoryFill"
  ).split(" "),
);
/** Instructions of the threads feature: in the shared builds only. */
const ALLOWED_SHARED = new Set("AtomicLoad AtomicStore AtomicRMW AtomicCmpxchg AtomicFence".split(" "));
const WHY_NOT: Readonly<Record<string, string>> = {
  MemoryGrow: "the memory has one size",
  MemorySize: "the memory's size is a compile-time constant",
  CallIndirect: "there is no table",
  Unreachable: "the module never traps by design",
  GlobalSet: "all state lives in the memory",
};

/**
 * Checks a module, and throws where the file is none. Violations name the function by `names`, the function names in order
 * from the build with names.
 */
export function checkModule(bytes: Uint8Array, names: readonly string[], expected: ExpectedModule): ModuleReport {
  const violations: Violation[] = [];
  const report = (rule: string, where: string, message: string) => violations.push({ rule, where, message });
  if (!WebAssembly.validate(new Uint8Array(bytes))) report("valid", "module", "the engine refuses the module");
  // First, since it tells more of a broken file than binaryen does.
  const sections = sectionsOf(bytes);
  const facts = readModule(bytes, names);
  checkExports(facts, report);
  checkImports(facts, expected, report);
  checkShape(facts, report);
  checkSections(bytes, sections, expected, report);
  checkData(facts, expected, report);
  for (const func of facts.functions) checkFunction(func, expected, report);
  return { violations, ...measure(facts, report) };
}

type Report = (rule: string, where: string, message: string) => void;

function checkExports(facts: ModuleFacts, report: Report): void {
  const found = new Map(facts.exports.map((entry) => [entry.name, describeExport(facts, entry)]));
  for (const [name, description] of found) {
    if (!(name in EXPORTS)) report("exports", name, `exports ${description}, which is none of the module's exports`);
  }
  for (const [name, expected] of Object.entries(EXPORTS)) {
    const description = found.get(name);
    if (description !== expected) report("exports", name, `is ${description ?? "not exported"}, expected ${expected}`);
  }
}

function describeExport(facts: ModuleFacts, entry: ModuleFacts["exports"][number]): string {
  if (entry.kind === "function") {
    const func = facts.functions.find((candidate) => candidate.name === entry.value);
    return `function (${func?.params.join(", ")}) -> (${func?.results.join(", ")})`;
  }
  if (entry.kind !== "global") return entry.kind;
  const global = facts.globals.find((candidate) => candidate.name === entry.value);
  return `${global?.mutable ? "mutable global" : "global"} ${global?.type}`;
}

function checkImports(facts: ModuleFacts, expected: ExpectedModule, report: Report): void {
  for (const { kind, name } of facts.imports) {
    if (kind !== "memory" || name !== "env.memory") report("imports", name, `imports a ${kind}; only env.memory is`);
  }
  const memory = facts.memory;
  if (memory === undefined || !memory.imported) {
    report("imports", "memory", "the module doesn't import its memory as env.memory");
    return;
  }
  const { memoryPages: pages, shared } = expected;
  if (memory.initial !== pages || memory.max !== pages) {
    const found = `${memory.initial} to ${memory.max ?? "any number of"}`;
    report("memory", "memory", `has ${found} pages, expected exactly ${pages}`);
  }
  if (memory.shared !== shared) report("memory", "memory", `is ${memory.shared ? "" : "not "}shared`);
}

function checkShape(facts: ModuleFacts, report: Report): void {
  if (facts.start !== undefined) report("start", facts.start, "is a start function");
  if (facts.tables > 0) report("table", "module", `has ${facts.tables} tables`);
  if (facts.elementSegments > 0) report("table", "module", `has ${facts.elementSegments} element segments`);
  for (const { name, mutable, type } of facts.globals) {
    if (mutable) report("global", name, "is a mutable global; all state lives in the memory");
    if (type !== "i32" && type !== "i64") report("float", name, `is a global of type ${type}`);
  }
}

function checkSections(
  bytes: Uint8Array,
  sections: readonly Section[],
  expected: ExpectedModule,
  report: Report,
): void {
  const custom = sections.filter((section) => section.id === 0);
  for (const { name = "" } of custom) {
    if (name !== "fairlead.layout") report("section", name, "is an unexpected custom section");
  }
  const layouts = custom.filter((section) => section.name === "fairlead.layout");
  const [layout] = layouts;
  if (layout === undefined || layouts.length > 1) {
    report("section", "fairlead.layout", `stands ${layouts.length} times, expected once`);
    return;
  }
  const contents = bytes.subarray(layout.contents, layout.end);
  if (!sameBytes(contents, expected.layoutSection)) {
    report("section", "fairlead.layout", `says ${new TextDecoder().decode(contents)}, not this layout`);
  }
}

function checkData(facts: ModuleFacts, expected: ExpectedModule, report: Report): void {
  const { constantsFrom, constantsTo, constants } = expected;
  const region = new Uint8Array(constantsTo - constantsFrom);
  for (const [index, { address, data }] of facts.segments.entries()) {
    if (address === undefined) {
      report("data", `segment ${index}`, "has no constant address");
    } else if (address < constantsFrom || address + data.length > constantsTo) {
      const message = `fills bytes ${address} to ${address + data.length}, outside the constants at ${constantsFrom}`;
      report("data", `segment ${index}`, message);
    } else {
      region.set(data, address - constantsFrom);
    }
  }
  if (!sameBytes(region.subarray(0, constants.length), constants)) {
    report("data", "directory", `isn't what stands at ${constantsFrom}`);
  }
}

function checkFunction(func: FunctionFacts, expected: ExpectedModule, report: Report): void {
  for (const type of func.types) {
    if (type === "f32" || type === "f64") report("float", func.name, `uses ${type}`);
    else if (type !== "i32" && type !== "i64") report("feature", func.name, `uses ${type} values`);
  }
  if (func.results.length > 1) report("feature", func.name, `returns ${func.results.length} values`);
  for (const kind of func.kinds) {
    if (ALLOWED.has(kind) || (expected.shared && ALLOWED_SHARED.has(kind))) continue;
    const why =
      WHY_NOT[kind] ?? (ALLOWED_SHARED.has(kind) ? "the plain build has no threads" : "not for every runtime");
    report("instruction", func.name, `has a ${kind}: ${why}`);
  }
}

/** Sizes and depths; recursion is a violation and leaves the depths at 0. */
function measure(facts: ModuleFacts, report: Report): Omit<ModuleReport, "violations"> {
  const graph = new Map(facts.functions.map((func) => [func.name, func.calls]));
  const cycle = findRecursion(graph);
  if (cycle !== undefined) report("recursion", cycle[0] ?? "", `calls itself: ${cycle.join(" → ")}`);
  const depths = cycle === undefined ? callDepths(graph) : new Map<string, number>();
  const depthOf = (name: string) => depths.get(name) ?? 0;
  return {
    codeBytes: facts.codeBytes,
    dataBytes: facts.segments.reduce((bytes, segment) => bytes + segment.data.length, 0),
    functions: facts.functions
      .map(({ name, bytes }) => ({ name, bytes, callDepth: depthOf(name) }))
      .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1)),
    exports: facts.exports
      .filter((entry) => entry.kind === "function")
      .map((entry) => ({ name: entry.name, callDepth: depthOf(entry.value) })),
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
