/** Reads the sections of a WebAssembly binary (core specification 1.0, section 5.5) without compiling it. */

import { ModuleError } from "./errors.js";

export interface WasmImport {
  module: string;
  name: string;
  kind: "function" | "table" | "memory" | "global";
}

export interface WasmExport {
  name: string;
  kind: "function" | "table" | "memory" | "global";
}

/** Limits of a memory in pages of 64 KiB. */
export interface MemoryLimits {
  minimum: number;
  /** -1 where the module gives none. */
  maximum: number;
  shared: boolean;
}

/** An active data segment at a constant address. */
export interface DataSegment {
  /** -1 for a passive segment or an address that is not a constant. */
  address: number;
  bytes: number;
}

/** What the sections of a module say of it. Sizes are bytes. */
export interface WasmFile {
  bytes: number;
  imports: WasmImport[];
  exports: WasmExport[];
  /** Limits of the imported memory, if one is imported. */
  memory: MemoryLimits | undefined;
  /** Memories of the module's own. */
  ownMemories: number;
  tables: number;
  globals: number;
  functions: number;
  codeBytes: number;
  hasStart: boolean;
  dataSegments: DataSegment[];
  /** Contents of custom sections by name; the last of a name wins. */
  custom: Map<string, Uint8Array>;
  /** Size of each section's contents by name, custom ones as `custom:NAME`. */
  sectionBytes: Map<string, number>;
}

const SECTION_NAMES = [
  "custom",
  "type",
  "import",
  "function",
  "table",
  "memory",
  "global",
  "export",
  "start",
  "element",
  "code",
  "data",
  "data-count",
] as const;
const EXTERNAL_KINDS = ["function", "table", "memory", "global"] as const;
const WASM_HEADER_BYTES = 8;
const OPCODE_I32_CONST = 0x41;
const OPCODE_END = 0x0b;

/** A cursor over bytes that refuses to run past its end. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    private readonly end: number,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new ModuleError("truncated", `module ends at byte ${this.at}, inside a section`);
    return this.bytes[this.at++] as number;
  }

  /** LEB128, up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (value > 0xffffffff) break;
      if ((byte & 0x80) === 0) return value;
    }
    throw new ModuleError("invalid", `number at byte ${this.at} is longer than 32 bits`);
  }

  /** Signed LEB128, up to 32 bits, as unsigned. */
  i32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) !== 0) continue;
      if (shift < 25 && (byte & 0x40) !== 0) value |= -1 << (shift + 7);
      return value >>> 0;
    }
    throw new ModuleError("invalid", `number at byte ${this.at} is longer than 32 bits`);
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.end) {
      throw new ModuleError("truncated", `module ends at byte ${this.end}, ${this.at + length} bytes are announced`);
    }
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()));
  }
}

function externalKind(code: number): WasmExport["kind"] {
  const kind = EXTERNAL_KINDS[code];
  if (kind === undefined) throw new ModuleError("invalid", `unknown kind ${code} of an import or export`);
  return kind;
}

function readLimits(reader: Reader): MemoryLimits {
  const flags = reader.byte();
  const minimum = reader.u32();
  const maximum = (flags & 1) !== 0 ? reader.u32() : -1;
  return { minimum, maximum, shared: (flags & 2) !== 0 };
}

function readImports(reader: Reader, file: WasmFile): void {
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const module = reader.name();
    const name = reader.name();
    const kind = externalKind(reader.byte());
    file.imports.push({ module, name, kind });
    if (kind === "function") reader.u32();
    if (kind === "memory") file.memory = readLimits(reader);
    if (kind === "global") reader.take(2);
    if (kind === "table") {
      reader.byte();
      readLimits(reader);
    }
  }
}

function readExports(reader: Reader, file: WasmFile): void {
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const name = reader.name();
    const kind = externalKind(reader.byte());
    reader.u32();
    file.exports.push({ name, kind });
  }
}

function readData(reader: Reader, file: WasmFile): void {
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const mode = reader.u32();
    let address = -1;
    if (mode === 2) reader.u32();
    if (mode !== 1) {
      const opcode = reader.byte();
      const constant = reader.i32();
      if (opcode === OPCODE_I32_CONST && reader.byte() === OPCODE_END) address = constant;
      else throw new ModuleError("data", "a data segment's address is not a constant");
    }
    file.dataSegments.push({ address, bytes: reader.take(reader.u32()).length });
  }
}

function readSection(id: number, contents: Reader, length: number, file: WasmFile): void {
  if (id === 2) readImports(contents, file);
  if (id === 3) file.functions = contents.u32();
  if (id === 4) file.tables += contents.u32();
  if (id === 5) file.ownMemories = contents.u32();
  if (id === 6) file.globals = contents.u32();
  if (id === 7) readExports(contents, file);
  if (id === 8) file.hasStart = true;
  if (id === 10) file.codeBytes = length;
  if (id === 11) readData(contents, file);
}

function emptyFile(bytes: number): WasmFile {
  return {
    bytes,
    imports: [],
    exports: [],
    memory: undefined,
    ownMemories: 0,
    tables: 0,
    globals: 0,
    functions: 0,
    codeBytes: 0,
    hasStart: false,
    dataSegments: [],
    custom: new Map(),
    sectionBytes: new Map(),
  };
}

/**
 * Reads a module's sections.
 * @throws ModuleError `not-wasm`, `truncated` or `invalid`, with the byte at which reading stopped.
 */
export function readWasmFile(bytes: Uint8Array): WasmFile {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  for (let index = 0; index < magic.length && index < bytes.length; index++) {
    if (bytes[index] !== magic[index])
      throw new ModuleError("not-wasm", "not a WebAssembly module: no \\0asm at its start");
  }
  if (bytes.length < WASM_HEADER_BYTES) {
    throw new ModuleError("truncated", `module ends at byte ${bytes.length}, before its first section`);
  }
  const binaryVersion = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  if (binaryVersion !== 1) {
    throw new ModuleError("not-wasm", `WebAssembly binary version ${binaryVersion}; version 1 is read`);
  }
  const file = emptyFile(bytes.length);
  const reader = new Reader(bytes, WASM_HEADER_BYTES, bytes.length);
  while (!reader.done) {
    const id = reader.byte();
    const length = reader.u32();
    const start = reader.at;
    const name = SECTION_NAMES[id];
    if (name === undefined) throw new ModuleError("invalid", `unknown section ${id} at byte ${start}`);
    reader.take(length);
    const contents = new Reader(bytes, start, start + length);
    if (id === 0) {
      const customName = contents.name();
      file.custom.set(customName, contents.take(start + length - contents.at));
      file.sectionBytes.set(`custom:${customName}`, length);
      continue;
    }
    file.sectionBytes.set(name, length);
    readSection(id, contents, length, file);
  }
  return file;
}
