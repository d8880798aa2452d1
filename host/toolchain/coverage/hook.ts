/**
 * Loaded before any other code (`node --import`) in each process and thread of a coverage run: where the code compiles
 * one of the shipped modules, the engine gets its instrumented twin. The code itself sees the bytes that ship.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Which shipped modules have a twin: SHA-256 of the shipped bytes → name. */
export type TwinIndex = Record<string, string>;

/** Words of bits of one module in one process or thread, each as 16 hex digits; `bitOf` says which is which. */
export interface RawCounts {
  module: string;
  words: string[];
}

type Counts = Map<string, WebAssembly.Global[]>;

const folder = process.env["FAIRLEAD_COVERAGE_DIR"];
if (folder !== undefined) install(folder);

function install(from: string): void {
  const index = JSON.parse(readFileSync(join(from, "index.json"), "utf8")) as TwinIndex;
  const counts: Counts = new Map();
  const original = { ...pick(), instantiate: WebAssembly.instantiate, compile: WebAssembly.compile };
  const twinOf = (source: BufferSource): BufferSource => {
    const name = index[hashOf(source)];
    return name === undefined ? source : readFileSync(join(from, `${name}.wasm`));
  };
  const withCounters = (module: WebAssembly.Module, imports: WebAssembly.Imports = {}) => {
    const words = WebAssembly.Module.imports(module).filter((entry) => entry.module === "coverage");
    if (words.length === 0) return imports;
    const [section] = WebAssembly.Module.customSections(module, "fairlead.coverage");
    return { ...imports, coverage: globalsFor(new TextDecoder().decode(section), words.length, counts) };
  };

  WebAssembly.Module = new Proxy(original.Module, {
    construct: (target, [source]) => new target(twinOf(source as BufferSource)),
  });
  WebAssembly.Instance = new Proxy(original.Instance, {
    construct: (target, [module, imports]) => new target(module, withCounters(module, imports)),
  });
  WebAssembly.compile = (source) => original.compile(twinOf(source as BufferSource));
  WebAssembly.instantiate = (async (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (source instanceof original.Module) return original.instantiate(source, withCounters(source, imports));
    const module = await original.compile(twinOf(source));
    return { module, instance: await original.instantiate(module, withCounters(module, imports)) };
  }) as typeof WebAssembly.instantiate;

  process.on("exit", () => writeCounts(from, counts));
}

function pick(): { Module: typeof WebAssembly.Module; Instance: typeof WebAssembly.Instance } {
  return { Module: WebAssembly.Module, Instance: WebAssembly.Instance };
}

function hashOf(source: BufferSource): string {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return createHash("sha256").update(bytes).digest("hex");
}

/** Every instance of a module in this thread sets bits of the same globals. */
function globalsFor(name: string, wordCount: number, counts: Counts): WebAssembly.ModuleImports {
  const known = counts.get(name);
  const globals =
    known ?? Array.from({ length: wordCount }, () => new WebAssembly.Global({ value: "i64", mutable: true }, 0n));
  counts.set(name, globals);
  return Object.fromEntries(globals.map((global, word) => [String(word), global]));
}

function writeCounts(from: string, counts: Counts): void {
  if (counts.size === 0) return;
  const raw = join(from, "raw");
  mkdirSync(raw, { recursive: true });
  const found: RawCounts[] = [...counts].map(([module, globals]) => {
    return { module, words: globals.map((global) => BigInt.asUintN(64, global.value as bigint).toString(16)) };
  });
  writeFileSync(join(raw, `${randomUUID()}.json`), JSON.stringify(found));
}
