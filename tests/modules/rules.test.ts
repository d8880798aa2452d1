import assert from "node:assert/strict";
import { describe, it } from "node:test";
import wabt from "wabt";
import { checkModule, type ExpectedModule, type ModuleReport } from "../../host/toolchain/check-module.js";
import { functionNames } from "../../host/toolchain/module-facts.js";
import { withoutCustomSections } from "../../host/toolchain/wasm-sections.js";

const LAYOUT_SECTION = new TextEncoder().encode('{"version":1}');
const EXPECTED: ExpectedModule = {
  shared: false,
  memoryPages: 1,
  constantsFrom: 1408,
  constantsTo: 4480,
  constants: new Uint8Array([1, 2, 3, 4]),
  layoutSection: LAYOUT_SECTION,
};

/** Pieces of a module that keeps all rules; a test replaces some. */
const GOOD = {
  memory: '(import "env" "memory" (memory 1 1))',
  marker: '(func $marker (export "fairlead_abi_1"))',
  abiVersion: '(func $abiVersion (export "abiVersion") (result i32) i32.const 1)',
  reset: '(func $reset (export "reset") (i32.store (i32.const 0) (i32.const 7)))',
  configure: '(func $configure (export "configure") (result i32) (call $helper (i32.const 3)))',
  attach: '(func $attach (export "attach") (result i32) i32.const 0)',
  tick: '(func $tick (export "tick") (result i32) (call $configure))',
  scrub: '(func $scrub (export "scrub") (param i32) (result i32) local.get 0)',
  helper: "(func $helper (param i32) (result i32) (i32.add (local.get 0) (i32.load (i32.const 8))))",
  heapBase: '(global $heap (export "__heap_base") i32 (i32.const 65536))',
  dataEnd: '(global $end (export "__data_end") i32 (i32.const 4480))',
  data: '(data (i32.const 1408) "\\01\\02\\03\\04")',
  more: "",
};
type Pieces = typeof GOOD;

interface Variant {
  pieces?: Partial<Pieces>;
  expected?: Partial<ExpectedModule>;
  /** Custom sections to append; the layout section if not given. */
  sections?: [string, Uint8Array][];
}

const compiler = await wabt();

async function check({ pieces = {}, expected = {}, sections }: Variant): Promise<ModuleReport> {
  const text = `(module ${Object.values({ ...GOOD, ...pieces }).join("\n")})`;
  const features = {
    threads: true,
    exceptions: true,
    simd: true,
    reference_types: true,
    multi_value: true,
    tail_call: true,
  };
  const parsed = compiler.parseWat("module.wat", text, { ...features, bulk_memory: true, mutable_globals: true });
  const named = parsed.toBinary({ write_debug_names: true }).buffer;
  parsed.destroy();
  const appended = sections ?? [["fairlead.layout", LAYOUT_SECTION]];
  const bytes = appended.reduce(
    (all, [name, data]) => withSection(all, name, data),
    withoutCustomSections(named, ["name"]),
  );
  return checkModule(bytes, functionNames(named), { ...EXPECTED, ...expected });
}

function withSection(bytes: Uint8Array, name: string, data: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  return new Uint8Array([...bytes, 0, 1 + nameBytes.length + data.length, nameBytes.length, ...nameBytes, ...data]);
}

interface Case extends Variant {
  rule: string;
  where: string;
  message: RegExp;
}

const helper = (body: string, locals = "") => ({ helper: `(func $helper (param i32) (result i32) ${locals} ${body})` });

const BROKEN: Readonly<Record<string, Case>> = {
  "one export too many": {
    pieces: { more: '(func $debug (export "debug"))' },
    rule: "exports",
    where: "debug",
    message: /none of the module's exports/,
  },
  "an export that is missing": {
    pieces: { scrub: "(func $scrub (param i32) (result i32) local.get 0)" },
    rule: "exports",
    where: "scrub",
    message: /is not exported, expected function \(i32\) -> \(i32\)/,
  },
  "an export of another signature": {
    pieces: { tick: '(func $tick (export "tick") (param i32) (result i32) local.get 0)' },
    rule: "exports",
    where: "tick",
    message: /is function \(i32\) -> \(i32\), expected function \(\) -> \(i32\)/,
  },
  "an export of another kind": {
    pieces: { dataEnd: '(func $end (export "__data_end") (result i32) i32.const 1)' },
    rule: "exports",
    where: "__data_end",
    message: /expected global i32/,
  },
  "the memory as an export": {
    pieces: { more: '(export "memory" (memory 0))' },
    rule: "exports",
    where: "memory",
    message: /exports memory/,
  },
  "a memory of the module's own": {
    pieces: { memory: "(memory 1 1)" },
    rule: "imports",
    where: "memory",
    message: /doesn't import its memory/,
  },
  "a memory under another name": {
    pieces: { memory: '(import "env" "mem" (memory 1 1))' },
    rule: "imports",
    where: "env.mem",
    message: /only env\.memory/,
  },
  "an imported function": {
    pieces: { memory: '(import "env" "memory" (memory 1 1)) (import "env" "abort" (func $abort))' },
    rule: "imports",
    where: "env.abort",
    message: /imports a function/,
  },
  "an imported global": {
    pieces: { memory: '(import "env" "memory" (memory 1 1)) (import "env" "base" (global $base i32))' },
    rule: "imports",
    where: "env.base",
    message: /imports a global/,
  },
  "a memory that may grow": {
    pieces: { memory: '(import "env" "memory" (memory 1 2))' },
    rule: "memory",
    where: "memory",
    message: /has 1 to 2 pages, expected exactly 1/,
  },
  "a memory without a maximum": {
    pieces: { memory: '(import "env" "memory" (memory 1))' },
    rule: "memory",
    where: "memory",
    message: /has 1 to any number of pages/,
  },
  "a memory of another profile": {
    expected: { memoryPages: 16 },
    rule: "memory",
    where: "memory",
    message: /expected exactly 16/,
  },
  "a memory that isn't shared though its name says so": {
    expected: { shared: true },
    rule: "memory",
    where: "memory",
    message: /is not shared/,
  },
  "a shared memory in a plain module": {
    pieces: { memory: '(import "env" "memory" (memory 1 1 shared))' },
    rule: "memory",
    where: "memory",
    message: /is shared/,
  },
  "a start function": {
    pieces: { more: "(start $marker)" },
    rule: "start",
    where: "marker",
    message: /start function/,
  },
  "a table": { pieces: { more: "(table 1 1 funcref)" }, rule: "table", where: "module", message: /1 tables/ },
  "a float in a function": {
    pieces: helper("(i32.trunc_f64_s (f64.convert_i32_s (local.get 0)))"),
    rule: "float",
    where: "helper",
    message: /uses f64/,
  },
  "a float that is only compared": {
    pieces: helper("(f32.lt (f32.load (i32.const 8)) (f32.const 1))"),
    rule: "float",
    where: "helper",
    message: /uses f32/,
  },
  "a float local": {
    pieces: helper("local.get 0", "(local f64)"),
    rule: "float",
    where: "helper",
    message: /uses f64/,
  },
  "a float global": {
    pieces: { more: "(global $ratio f32 (f32.const 1))" },
    rule: "float",
    where: "global$2",
    message: /global of type f32/,
  },
  "memory.grow": {
    pieces: helper("(memory.grow (local.get 0))"),
    rule: "instruction",
    where: "helper",
    message: /has a MemoryGrow: the memory has one size/,
  },
  "memory.size": {
    pieces: helper("(memory.size)"),
    rule: "instruction",
    where: "helper",
    message: /has a MemorySize/,
  },
  "an indirect call": {
    pieces: {
      ...helper("(call_indirect (type $f) (i32.const 0))"),
      more: "(type $f (func (result i32))) (table 1 1 funcref)",
    },
    rule: "instruction",
    where: "helper",
    message: /has a CallIndirect: there is no table/,
  },
  "an instruction that traps": {
    pieces: helper("(if (local.get 0) (then unreachable)) i32.const 0"),
    rule: "instruction",
    where: "helper",
    message: /has a Unreachable: the module never traps/,
  },
  "an atomic in the plain build": {
    pieces: helper("(i32.atomic.rmw.or (i32.const 8) (local.get 0))"),
    rule: "instruction",
    where: "helper",
    message: /has a AtomicRMW: the plain build has no threads/,
  },
  "an atomic load in the plain build": {
    pieces: helper("(i32.atomic.load (i32.const 8))"),
    rule: "instruction",
    where: "helper",
    message: /has a AtomicLoad/,
  },
  "a wait, also in the shared build": {
    pieces: {
      memory: '(import "env" "memory" (memory 1 1 shared))',
      ...helper("(memory.atomic.wait32 (i32.const 8) (local.get 0) (i64.const -1))"),
    },
    expected: { shared: true },
    rule: "instruction",
    where: "helper",
    message: /has a AtomicWait/,
  },
  SIMD: {
    pieces: helper("(i32x4.extract_lane 0 (v128.load (i32.const 8)))"),
    rule: "instruction",
    where: "helper",
    message: /has a SIMDExtract: not for every runtime/,
  },
  "a vector local": {
    pieces: helper("local.get 0", "(local v128)"),
    rule: "feature",
    where: "helper",
    message: /uses v128 values/,
  },
  "a reference": {
    pieces: helper("(ref.is_null (ref.null func))"),
    rule: "instruction",
    where: "helper",
    message: /has a RefIsNull/,
  },
  "several results": {
    pieces: { more: "(func $pair (result i32 i32) i32.const 1 i32.const 2)" },
    rule: "feature",
    where: "pair",
    message: /returns 2 values/,
  },
  "a mutable global": {
    pieces: { more: "(global $count (mut i32) (i32.const 0))" },
    rule: "global",
    where: "global$2",
    message: /mutable global/,
  },
  "a write to a global": {
    pieces: {
      ...helper("(global.set $count (local.get 0)) i32.const 0"),
      more: "(global $count (mut i32) (i32.const 0))",
    },
    rule: "instruction",
    where: "helper",
    message: /has a GlobalSet: all state lives in the memory/,
  },
  "a function that calls itself": {
    pieces: helper("(call $helper (local.get 0))"),
    rule: "recursion",
    where: "helper",
    message: /calls itself: helper → helper/,
  },
  "functions that call each other": {
    pieces: {
      ...helper("(call $other (local.get 0))"),
      more: "(func $other (param i32) (result i32) (call $helper (local.get 0)))",
    },
    rule: "recursion",
    where: "helper",
    message: /helper → other → helper/,
  },
  "data before the constants": {
    pieces: { more: '(data (i32.const 1400) "\\01")' },
    rule: "data",
    where: "segment 1",
    message: /fills bytes 1400 to 1401/,
  },
  "data that reaches into the tables": {
    pieces: { more: '(data (i32.const 4479) "\\01\\02")' },
    rule: "data",
    where: "segment 1",
    message: /fills bytes 4479 to 4481/,
  },
  "a passive data segment": {
    pieces: { more: '(data "\\01")' },
    rule: "data",
    where: "segment 1",
    message: /no constant address/,
  },
  "another directory": {
    pieces: { data: '(data (i32.const 1408) "\\01\\02\\03\\05")' },
    rule: "data",
    where: "directory",
    message: /isn't what stands at 1408/,
  },
  "no directory": { pieces: { data: "" }, rule: "data", where: "directory", message: /isn't what stands at 1408/ },
  "no layout section": { sections: [], rule: "section", where: "fairlead.layout", message: /stands 0 times/ },
  "the layout section of another layout": {
    sections: [["fairlead.layout", new TextEncoder().encode('{"version":2}')]],
    rule: "section",
    where: "fairlead.layout",
    message: /says \{"version":2\}/,
  },
  "a custom section that nobody expects": {
    sections: [
      ["fairlead.layout", LAYOUT_SECTION],
      ["producers", new Uint8Array([0])],
    ],
    rule: "section",
    where: "producers",
    message: /unexpected custom section/,
  },
};

describe("rules of a final module", () => {
  it("pass a module that keeps them", async () => {
    const report = await check({});
    assert.deepEqual(report.violations, []);
    const depths = new Map(report.exports.map(({ name, callDepth }) => [name, callDepth]));
    assert.equal(depths.get("tick"), 3, "tick, configure, helper");
    assert.equal(depths.get("fairlead_abi_1"), 1);
    assert.equal(report.dataBytes, 4);
    const sizes = report.functions.reduce((sum, func) => sum + func.bytes, 0);
    assert.ok(sizes > 0 && sizes < report.codeBytes);
  });

  it("pass atomics and fences in a shared module", async () => {
    const body =
      "(atomic.fence) (i32.atomic.store (i32.const 8) (i32.atomic.rmw.xchg (i32.const 12) (local.get 0))) i32.const 0";
    const memory = '(import "env" "memory" (memory 1 1 shared))';
    const report = await check({ pieces: { memory, ...helper(body) }, expected: { shared: true } });
    assert.deepEqual(report.violations, []);
  });

  for (const [what, { rule, where, message, ...variant }] of Object.entries(BROKEN)) {
    it(`refuse ${what}`, async () => {
      const { violations } = await check(variant);
      const found = violations.find((violation) => violation.rule === rule && violation.where === where);
      const said = violations
        .map((violation) => `${violation.rule}: ${violation.where}: ${violation.message}`)
        .join("\n");
      assert.ok(found, `no violation of ${rule} at ${where}:\n${said}`);
      assert.match(found.message, message);
    });
  }

  it("refuse a module that is cut short", () => {
    const magic = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 200]);
    assert.throws(() => checkModule(magic, [], EXPECTED), /ends/);
  });

  it("refuse a file that is none", () => {
    assert.throws(() => checkModule(new Uint8Array([1, 2, 3]), [], EXPECTED), /no WebAssembly module/);
  });
});
