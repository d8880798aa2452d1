/** What a module may import and export, and which layout it says it has: ABI 1, checked before it is instantiated. */

import { ModuleError } from "../shim/errors.js";
import { readWasmFile, type WasmFile } from "../shim/wasm-file.js";
import type { Part } from "./manifest.js";
import { BundleRefused } from "./refusal.js";

/** The calls of ABI 1. */
export const REQUIRED_EXPORTS = [
  "abiVersion",
  "attach",
  "configure",
  "fairlead_abi_1",
  "reset",
  "scrub",
  "tick",
] as const;
/** Markers of the memory: where the tables end. */
export const OPTIONAL_EXPORTS = ["__data_end", "__heap_base"] as const;
/** The custom section that names the layout, as JSON: `{"version":1,"profile":0,"hash":"<16 hex>"}`. */
export const LAYOUT_SECTION = "fairlead.layout";

const LAYOUT_TEXT = /^\{"version":(\d{1,9}),"profile":([012]),"hash":"([0-9a-f]{16})"\}$/;

export interface ModuleLayout {
  readonly version: number;
  /** 0 small, 1 standard, 2 large. */
  readonly profile: number;
  /** 16 hex digits. */
  readonly hash: string;
}

function readSections(name: string, bytes: Uint8Array): WasmFile {
  try {
    return readWasmFile(bytes);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new BundleRefused("MODULE_MALFORMED", `${name}: ${error.message}`);
  }
}

function checkImports(name: string, file: WasmFile): void {
  const found = file.imports.map((entry) => `${entry.module}.${entry.name} (${entry.kind})`);
  if (found.length !== 1 || found[0] !== "env.memory (memory)") {
    const list = found.join(", ") || "nothing";
    throw new BundleRefused("MODULE_IMPORT", `${name}: imports ${list}; env.memory alone is allowed`);
  }
}

function checkExports(name: string, file: WasmFile): void {
  const exports = new Map(file.exports.map((entry) => [entry.name, entry.kind]));
  for (const required of REQUIRED_EXPORTS) {
    if (exports.get(required) !== "function") {
      throw new BundleRefused("MODULE_EXPORT", `${name}: the function ${required} is not exported`);
    }
    exports.delete(required);
  }
  for (const optional of OPTIONAL_EXPORTS) {
    if (exports.get(optional) === "global") exports.delete(optional);
  }
  if (exports.size > 0) {
    const list = [...exports.keys()].join(", ");
    throw new BundleRefused("MODULE_EXPORT", `${name}: exports ${list}, which the ABI doesn't know`);
  }
}

/** The layout that a module's custom section names. Throws `LAYOUT_MISMATCH` when it names none. */
function layoutOf(name: string, file: WasmFile): ModuleLayout {
  const section = file.custom.get(LAYOUT_SECTION);
  if (section === undefined) throw new BundleRefused("LAYOUT_MISMATCH", `${name}: has no section ${LAYOUT_SECTION}`);
  const match = LAYOUT_TEXT.exec(Buffer.from(section).toString("latin1"));
  if (match === null)
    throw new BundleRefused("LAYOUT_MISMATCH", `${name}: its section ${LAYOUT_SECTION} can't be read`);
  return { version: Number(match[1]), profile: Number(match[2]), hash: match[3] as string };
}

/** The layout of a module's bytes; throws `BundleRefused` for anything that is no module of ABI 1. */
export function moduleLayout(name: string, bytes: Uint8Array): ModuleLayout {
  const file = readSections(name, bytes);
  checkImports(name, file);
  checkExports(name, file);
  const layout = layoutOf(name, file);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw new BundleRefused("MODULE_MALFORMED", `${name}: V8 doesn't take it for valid WebAssembly`);
  }
  return layout;
}

/** Throws `BundleRefused` unless the module is one of ABI 1 with the layout that the manifest names. */
export function verifyModulePart(part: Part, bytes: Uint8Array, layoutVersion: number): void {
  const { version, hash } = moduleLayout(part.name, bytes);
  if (version !== layoutVersion || hash !== part.layout) {
    const says = `the manifest says ${layoutVersion} (${part.layout})`;
    throw new BundleRefused("LAYOUT_MISMATCH", `${part.name}: layout ${version} (${hash}), ${says}`);
  }
}
