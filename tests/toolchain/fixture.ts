/** A small tree with row classes of its own, so that tests can break one thing at a time. */

import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Top folder of the repository, from build/js/tests/toolchain. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), "../../../..");

const LIMITS = `export const NONE: u32 = 0xffff;
export const THING_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 2048;
`;

const HEADER = `export const LAYOUT_VERSION: u32 = 1;
export enum ErrorCode {
  NONE = 0,
  OUT_OF_RANGE = 8,
  NOT_ZERO = 13,
}
@unmanaged
@table("header", "header", 1)
export class Header {
  @field("constant") magic: u32;
  @field("count") count: u32;
}
export const HEADER_BYTES: u32 = 256;
export const TABLE_MAX: u32 = 8;
export const CHANGED_SUMMARIES_ADDRESS: u32 = HEADER_BYTES;
export const TABLE_DEADLINES_ADDRESS: u32 = CHANGED_SUMMARIES_ADDRESS + TABLE_MAX * 4;
export const CONSTANTS_ADDRESS: u32 = TABLE_DEADLINES_ADDRESS + TABLE_MAX * 8;
export const CONSTANTS_BYTES: u32 = 1024;
export const TABLES_ADDRESS: u32 = (CONSTANTS_ADDRESS + CONSTANTS_BYTES + 63) / 64 * 64;
`;

const THINGS = `/** Things to count. */

export enum ThingFlag {
  /** Kept in place. */
  PINNED = 1,
  OTHER = 4,
}
export enum ThingKind {
  NONE = 0,
  FIRST = 1,
  SECOND = 2,
}

/** How a thing is set up. */
@unmanaged
@table("thing-config", "configuration", THING_MAX)
export class ThingConfig {
  @field("id") id: u32;
  /** Time between two looks. */
  @knob("ms", 10, 60000, 100) lookMs: u32;
  @knob("things", 1, 255, 4) most: u8;
  @field("enum", "ThingKind") kind: u8;
  @field("flags", "ThingFlag") flags: u16;
  @field("check") check: u32;

  @inline static stagedAt(index: u32): ThingConfig {
    return changetype<ThingConfig>(THING_CONFIG_STAGED_BASE + index * <u32>offsetof<ThingConfig>());
  }
}

/** What is seen of a thing. */
@unmanaged
@table("thing-input", "input", THING_MAX)
export class ThingInput {
  @field("generation") generation: u32;
  /** The next one. */
  @field("index", "thing") next: u16;
  @field("pad") pad: u16;
  @field("counter") bytes: u64;
}

/** What is kept of a thing. */
@unmanaged
@table("thing-state", "state", THING_MAX)
@deadlines
export class ThingState {
  @field("bitmap", "thing") others: u32;
  @field("check") check: u32;
  @field("time") deadlineMs: u64;
}
`;

const INDEX = `import { LAYOUT_VERSION } from "./memory/header";
import { ThingConfig } from "./tables/thing";
import { THING_MAX } from "./limits";

export function fairlead_abi_1(): void {}
export function abiVersion(): u32 {
  return LAYOUT_VERSION;
}
export function reset(): void {
  store<u32>(0, 0x31444c46);
}
export function configure(): u32 {
  for (let row: u32 = 0; row < THING_MAX; row++) {
    const wrong = checkThingConfig(ThingConfig.stagedAt(row));
    if (wrong != 0) return wrong;
  }
  return 0;
}
export function attach(): u32 {
  return load<u32>(DIRECTORY_ADDRESS + 8);
}
export function tick(): u32 {
  return load<u32>(THING_INPUT_BASE) + load<u32>(THING_INPUT_CHANGED_BASE) + <u32>load<u64>(THING_STATE_DEADLINES_BASE);
}
export function scrub(rows: u32): u32 {
  return rows;
}
export const __heap_base: u32 = MEMORY_BYTES;
export const __data_end: u32 = DIRECTORY_ADDRESS;
`;

const FILES: Readonly<Record<string, string>> = {
  "assembly/limits.ts": LIMITS,
  "assembly/memory/header.ts": HEADER,
  "assembly/tables/thing.ts": THINGS,
  "assembly/index.ts": INDEX,
};

/** A replacement in one file of the fixture; what is replaced must be there. */
export interface Change {
  file: keyof typeof FILES & string;
  from: string;
  to: string;
}

export const THING_FILE = "assembly/tables/thing.ts";

/** Writes the tree with the changes made, under build/; returns its root. */
export function writeFixture(name: string, changes: readonly Change[] = []): string {
  const root = join(repository, "build/fixtures", name);
  rmSync(root, { recursive: true, force: true });
  const texts = new Map(Object.entries(FILES));
  for (const { file, from, to } of changes) {
    const text = texts.get(file) ?? "";
    if (!text.includes(from)) throw new Error(`the fixture's ${file} has no '${from}'`);
    texts.set(file, text.replace(from, to));
  }
  for (const [file, text] of texts) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  for (const shared of ["asconfig.json", "assembly/configuration/fields.ts"]) {
    cpSync(join(repository, shared), join(root, shared));
  }
  return root;
}

/** 1-based line of a text in a file of the fixture as it stands after the changes. */
export function lineOfText(text: string, part: string): number {
  const at = text.indexOf(part);
  if (at < 0) throw new Error(`no '${part}'`);
  return text.slice(0, at).split("\n").length;
}
