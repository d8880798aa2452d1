/** Loads a module after checking that it is exactly what the shim drives. */

import { ModuleError } from "./errors.js";
import { createViews, layoutHash, layouts, layoutVersion, type ProfileName, type Views } from "./generated/layout.js";
import { readWasmFile, type WasmFile } from "./wasm-file.js";

/** The calls of the module. `configure` and `attach` return 0 or an `ErrorCode`; `tick` how many decisions wait. */
export interface CoreExports {
  abiVersion(): number;
  reset(): void;
  configure(): number;
  attach(): number;
  tick(): number;
  scrub(rows: number): number;
}

/** A module that runs: its calls, its memory and the typed views of it. */
export interface Core {
  readonly profile: ProfileName;
  readonly shared: boolean;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;
  /** Replaced by a hot swap. */
  exports: CoreExports;
}

/** What a module file says of itself, all of it checked. Sizes are bytes. */
export interface ModuleFacts {
  profile: ProfileName;
  shared: boolean;
  layoutVersion: number;
  layoutHash: string;
  memoryBytes: number;
  /** Size of the file, of its code section and of its data segments. */
  bytes: number;
  codeBytes: number;
  dataBytes: number;
  functions: number;
  sectionBytes: Record<string, number>;
  exports: string[];
}

const PAGE_BYTES = 65536;
export const ABI_MARKER = "fairlead_abi_1";
export const LAYOUT_SECTION = "fairlead.layout";
const CALLS = ["abiVersion", "attach", "configure", "reset", "scrub", "tick"] as const;
/** Memory markers that linkers of firmware images want; the toolchain leaves one out where it has none. */
const MARKERS = ["__heap_base", "__data_end"] as const;
const PROFILES = ["small", "standard", "large"] as const;

/** What the custom section `fairlead.layout` holds, as JSON. */
interface LayoutSection {
  version: number;
  /** 0 small, 1 standard, 2 large. */
  profile: number;
  /** 16 hex digits. */
  hash: string;
}

/**
 * Checks a module file whole, before anything of it runs: sections, the one import, the exports, the limits of the
 * memory, the place of its data, and the layout that it was built for.
 * @throws ModuleError with the reason.
 */
export function verifyModule(bytes: Uint8Array): ModuleFacts {
  const file = readWasmFile(bytes);
  checkImports(file);
  checkExports(file);
  if (file.tables > 0)
    throw new ModuleError("invalid", "the module has a table of functions; fairlead modules have none");
  if (file.hasStart) throw new ModuleError("invalid", "the module has a start function; fairlead modules have none");
  const section = readLayoutSection(file);
  const profile = checkLayout(section);
  const memoryBytes = checkMemory(file, profile);
  const dataBytes = checkData(file, profile);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw new ModuleError("invalid", "the module does not validate as WebAssembly");
  }
  return {
    profile,
    shared: file.memory?.shared === true,
    layoutVersion: section.version,
    layoutHash: section.hash,
    memoryBytes,
    bytes: file.bytes,
    codeBytes: file.codeBytes,
    dataBytes,
    functions: file.functions,
    sectionBytes: Object.fromEntries(file.sectionBytes),
    exports: file.exports.map((entry) => entry.name),
  };
}

function checkImports(file: WasmFile): void {
  const first = file.imports[0];
  const isOurs =
    file.imports.length === 1 && first?.module === "env" && first.name === "memory" && first.kind === "memory";
  if (isOurs && file.ownMemories === 0) return;
  const found = file.imports.map((entry) => `${entry.kind} ${entry.module}.${entry.name}`).join(", ") || "nothing";
  throw new ModuleError("imports", `the module imports ${found}; a fairlead module imports memory env.memory alone`);
}

function checkExports(file: WasmFile): void {
  const kinds = new Map(file.exports.map((entry) => [entry.name, entry.kind]));
  const missing = [ABI_MARKER, ...CALLS].filter((name) => kinds.get(name) !== "function");
  if (missing.length > 0) {
    throw new ModuleError(
      "exports",
      `the module does not export the function ${missing.join(", ")}: no fairlead module`,
    );
  }
  const known = new Set<string>([ABI_MARKER, ...CALLS, ...MARKERS]);
  const foreign = file.exports.filter((entry) => !known.has(entry.name)).map((entry) => entry.name);
  if (foreign.length > 0)
    throw new ModuleError("exports", `the module exports ${foreign.join(", ")} besides the calls`);
  const wrong = MARKERS.filter((name) => kinds.has(name) && kinds.get(name) !== "global");
  if (wrong.length > 0) throw new ModuleError("exports", `${wrong.join(", ")} is not a global`);
}

function readLayoutSection(file: WasmFile): LayoutSection {
  const bytes = file.custom.get(LAYOUT_SECTION);
  if (bytes === undefined) {
    throw new ModuleError("layout-missing", `the module has no section ${LAYOUT_SECTION}: no fairlead module`);
  }
  try {
    const section = JSON.parse(new TextDecoder().decode(bytes)) as Partial<LayoutSection>;
    if (
      typeof section.version === "number" &&
      typeof section.profile === "number" &&
      typeof section.hash === "string"
    ) {
      return section as LayoutSection;
    }
  } catch {
    // Told below, as for a section of another shape.
  }
  throw new ModuleError("layout-missing", `section ${LAYOUT_SECTION} holds no version, profile and hash`);
}

function checkLayout(section: LayoutSection): ProfileName {
  const profile = PROFILES[section.profile];
  if (profile === undefined) throw new ModuleError("layout-other", `profile ${section.profile} is not known here`);
  if (section.version !== layoutVersion || section.hash !== layoutHash) {
    const found = `version ${section.version}, hash ${section.hash}`;
    const own = `version ${layoutVersion}, hash ${layoutHash}`;
    throw new ModuleError("layout-other", `the module is of layout ${found}; this host reads ${own}`);
  }
  return profile;
}

function checkMemory(file: WasmFile, profile: ProfileName): number {
  const limits = file.memory;
  const pages = layouts[profile].memoryBytes / PAGE_BYTES;
  if (limits === undefined || limits.minimum !== pages || limits.maximum !== pages) {
    const found = `${limits?.minimum} to ${limits?.maximum === -1 ? "any number of" : limits?.maximum} pages`;
    throw new ModuleError("memory", `the module wants a memory of ${found}; profile ${profile} has exactly ${pages}`);
  }
  return pages * PAGE_BYTES;
}

/** Data segments stand between the directory and the first table, so that a new instance leaves all rows alone. */
function checkData(file: WasmFile, profile: ProfileName): number {
  const from = changedSummariesAddress(profile);
  const tables = layouts[profile].tables.filter((table) => table.kind !== "header");
  const end = Math.min(...tables.map((table) => table.base));
  let bytes = 0;
  for (const segment of file.dataSegments) {
    bytes += segment.bytes;
    if (segment.address >= from && segment.address + segment.bytes <= end) continue;
    throw new ModuleError("data", `a data segment fills bytes from ${segment.address}, outside the constants`);
  }
  return bytes;
}

/** Address of the changed summaries: one word a table, right behind the header's place. */
export function changedSummariesAddress(profile: ProfileName): number {
  return layouts[profile].limits.CHANGED_SUMMARIES_ADDRESS ?? 256;
}

/** A memory as the modules of a profile want it. */
export function createMemory(profile: ProfileName, shared: boolean): WebAssembly.Memory {
  const pages = layouts[profile].memoryBytes / PAGE_BYTES;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/**
 * Verifies a module, then instantiates it on a memory: a new one, or one that an earlier instance left.
 * @throws ModuleError for a file that is not loaded, or a memory that the module can't take.
 */
export function instantiate(bytes: Uint8Array, memory?: WebAssembly.Memory): Core {
  const facts = verifyModule(bytes);
  const used = memory ?? createMemory(facts.profile, facts.shared);
  const isShared = used.buffer instanceof SharedArrayBuffer;
  if (isShared !== facts.shared || used.buffer.byteLength !== facts.memoryBytes) {
    const given = `${isShared ? "shared" : "plain"} memory of ${used.buffer.byteLength} bytes`;
    const wanted = `a ${facts.shared ? "shared" : "plain"} one of ${facts.memoryBytes}`;
    throw new ModuleError("memory", `${given} given; the module wants ${wanted}`);
  }
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const instance = new WebAssembly.Instance(module, { env: { memory: used } });
  const exports = instance.exports as unknown as CoreExports;
  return {
    profile: facts.profile,
    shared: facts.shared,
    memory: used,
    views: createViews(used.buffer, facts.profile),
    exports: unsigned(exports),
  };
}

/** The module's numbers are unsigned; JavaScript reads them signed. */
function unsigned(exports: CoreExports): CoreExports {
  const { abiVersion, reset, configure, attach, tick, scrub } = exports;
  return {
    abiVersion: () => abiVersion() >>> 0,
    reset: () => reset(),
    configure: () => configure() >>> 0,
    attach: () => attach() >>> 0,
    tick: () => tick() >>> 0,
    scrub: (rows) => scrub(rows) >>> 0,
  };
}
