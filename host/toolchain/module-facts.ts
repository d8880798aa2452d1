/** What the rules look at in a final module: its functions and the calls between them, its segments, its exports. */

import binaryen from "binaryen";
import { walkExpressions } from "./expressions.js";
import { codeSizes } from "./wasm-sections.js";

export interface FunctionFacts {
  name: string;
  /** Bytes of its body in the code section. */
  bytes: number;
  /** Names of the functions that it calls. */
  calls: Set<string>;
  /** Kinds of its instructions in binaryen's terms; atomic loads and stores as "AtomicLoad", "AtomicStore". */
  kinds: Set<string>;
  /** Value types that occur anywhere in it: "i32", "f64", "v128" … */
  types: Set<string>;
  params: string[];
  results: string[];
}

export interface DataSegmentFacts {
  /** undefined for a passive segment or an address that is no constant. */
  address: number | undefined;
  data: Uint8Array;
}

export interface ExportFacts {
  name: string;
  kind: "function" | "table" | "memory" | "global" | "tag";
  /** Name of what is exported. */
  value: string;
}

export interface ModuleFacts {
  functions: FunctionFacts[];
  exports: ExportFacts[];
  /** `module.base`, with the kind of thing imported. */
  imports: { kind: string; name: string }[];
  memory: { imported: boolean; shared: boolean; initial: number; max: number | undefined } | undefined;
  globals: { name: string; type: string; mutable: boolean }[];
  segments: DataSegmentFacts[];
  tables: number;
  elementSegments: number;
  /** Name of the start function. */
  start: string | undefined;
  codeBytes: number;
}

const TYPE_NAMES = new Map<number, string>(
  (["none", "i32", "i64", "f32", "f64", "v128", "unreachable"] as const).map((name) => [binaryen[name], name]),
);
const EXPORT_KINDS = ["function", "table", "memory", "global", "tag"] as const;

/**
 * Reads a module. `names` are the names of its functions in order, imported ones first, from the build with names;
 * without them functions are called by their number.
 */
export function readModule(bytes: Uint8Array, names: readonly string[]): ModuleFacts {
  const module = binaryen.readBinary(bytes);
  // Without a name section binaryen numbers the functions.
  const nameOf = (internal: string) => names[Number(internal)] ?? `function ${internal}`;
  const sizes = codeSizes(bytes);
  const infos = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  );
  const defined = infos.filter((info) => !info.module);
  const start = module.getStart();
  const facts: ModuleFacts = {
    functions: defined.map((info, index) => functionFacts(info, nameOf, sizes.bodies[index] ?? 0)),
    exports: readExports(module, nameOf),
    imports: infos
      .filter((info) => info.module)
      .map((info) => ({ kind: "function", name: `${info.module}.${info.base}` })),
    memory: undefined,
    globals: [],
    segments: readSegments(module),
    tables: module.getNumTables(),
    elementSegments: module.getNumElementSegments(),
    start: start === 0 ? undefined : nameOf(binaryen.getFunctionInfo(start).name),
    codeBytes: sizes.section,
  };
  readGlobals(module, facts);
  readMemory(module, facts);
  module.dispose();
  return facts;
}

/** Names of a module's functions in order, from its name section. */
export function functionNames(bytes: Uint8Array): string[] {
  const module = binaryen.readBinary(bytes);
  const names = Array.from({ length: module.getNumFunctions() }, (_, index) => {
    return binaryen.getFunctionInfo(module.getFunctionByIndex(index)).name;
  });
  module.dispose();
  return names;
}

function functionFacts(
  info: ReturnType<typeof binaryen.getFunctionInfo>,
  nameOf: (internal: string) => string,
  bytes: number,
): FunctionFacts {
  const params = typeNames(info.params);
  const results = typeNames(info.results);
  const types = new Set([...params, ...results, ...info.vars.flatMap(typeNames)]);
  const calls = new Set<string>();
  const kinds = new Set<string>();
  walkExpressions(binaryen, info.body, (expression) => {
    const atomic = expression.info["isAtomic"] === true;
    kinds.add(atomic ? `Atomic${expression.kind}` : expression.kind);
    for (const name of typeNames(binaryen.getExpressionType(expression.ref))) types.add(name);
    if (expression.kind === "Call") calls.add(nameOf(String(expression.info["target"])));
  });
  types.delete("none");
  types.delete("unreachable");
  return { name: nameOf(info.name), bytes, calls, kinds, types, params, results };
}

function typeNames(type: number): string[] {
  if (type === binaryen.none) return [];
  return binaryen.expandType(type).map((each) => TYPE_NAMES.get(each) ?? "reference");
}

function readExports(module: binaryen.Module, nameOf: (internal: string) => string): ExportFacts[] {
  return Array.from({ length: module.getNumExports() }, (_, index) => {
    const { name, kind, value } = binaryen.getExportInfo(module.getExportByIndex(index));
    const kindName = EXPORT_KINDS[kind] ?? "tag";
    return { name, kind: kindName, value: kindName === "function" ? nameOf(value) : value };
  });
}

function readGlobals(module: binaryen.Module, facts: ModuleFacts): void {
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const global = binaryen.getGlobalInfo(module.getGlobalByIndex(index));
    const type = typeNames(global.type).join(" ");
    if (global.module) facts.imports.push({ kind: "global", name: `${global.module}.${global.base}` });
    else facts.globals.push({ name: global.name, type, mutable: global.mutable });
  }
}

function readMemory(module: binaryen.Module, facts: ModuleFacts): void {
  if (!module.hasMemory()) return;
  const info = module.getMemoryInfo();
  const imported = info.module !== null && info.module !== "";
  if (imported) facts.imports.push({ kind: "memory", name: `${info.module}.${info.base}` });
  facts.memory = { imported, shared: Boolean(info.shared), initial: info.initial, max: info.max };
}

/** What the package has and its types don't name. */
interface DataSegmentApi {
  getNumDataSegments(): number;
  getDataSegmentInfo(segment: number): { offset: number | null; data: ArrayBuffer; passive: boolean };
}

function readSegments(module: binaryen.Module): DataSegmentFacts[] {
  const api = module as unknown as DataSegmentApi;
  return Array.from({ length: api.getNumDataSegments() }, (_, index) => {
    const info = api.getDataSegmentInfo(module.getDataSegmentByIndex(index));
    return { address: info.offset === null ? undefined : info.offset >>> 0, data: new Uint8Array(info.data) };
  });
}
