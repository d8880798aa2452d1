import assert from "node:assert/strict";
import { describe, test } from "node:test";
import wabtFactory from "wabt";
import { ModuleError } from "../../../host/shim/errors.js";
import { layoutHash, layoutVersion } from "../../../host/shim/generated/layout.js";
import { LAYOUT_SECTION, verifyModule } from "../../../host/shim/module.js";

const wabt = await wabtFactory();

/** A module that has all that the shim wants to see, and does nothing. */
const TEXT = `(module
  (import "env" "memory" (memory 1 1))
  (func $f (export "fairlead_abi_1"))
  (func (export "abiVersion") (result i32) i32.const 1)
  (func (export "reset"))
  (func (export "configure") (result i32) i32.const 0)
  (func (export "attach") (result i32) i32.const 0)
  (func (export "tick") (result i32) i32.const 0)
  (func (export "scrub") (param i32) (result i32) i32.const 0)
  (data (i32.const 1408) "constants")
)`;

/** The module of a text, with the layout section of this host. */
function made(text: string, section: object = { version: layoutVersion, profile: 0, hash: layoutHash }): Uint8Array {
  const { buffer } = wabt.parseWat("made.wat", text, { threads: true }).toBinary({});
  const name = new TextEncoder().encode(LAYOUT_SECTION);
  const contents = new TextEncoder().encode(JSON.stringify(section));
  const length = 1 + name.length + contents.length;
  assert.ok(length < 128, "fits one byte of LEB128");
  return new Uint8Array([...buffer, 0, length, name.length, ...name, ...contents]);
}

function fault(text: string, section?: object): string {
  try {
    verifyModule(made(text, section));
  } catch (error) {
    assert.ok(error instanceof ModuleError, String(error));
    return error.fault;
  }
  return "";
}

describe("a module made by someone else", () => {
  test("is taken when it is exactly what the shim drives", () => {
    assert.equal(fault(TEXT), "");
  });

  test("is refused for anything besides", () => {
    const changes: [from: string, to: string, fault: string][] = [
      ["(memory 1 1)", "(memory 1)", "memory"],
      ["(memory 1 1)", "(memory 1 2)", "memory"],
      ["(memory 1 1)", "(memory 2 2)", "memory"],
      ['(import "env" "memory" (memory 1 1))', "(memory 1 1)", "imports"],
      ['"env"', '"environment"', "imports"],
      ["(data (i32.const 1408)", "(data (i32.const 60000)", "data"],
      ["(data (i32.const 1408)", "(data (i32.const 0)", "data"],
      ["(data (i32.const 1408)", "(data (i32.const -8)", "data"],
      ["(data", "(start $f)\n  (data", "invalid"],
      ["(data", "(table 1 funcref)\n  (data", "invalid"],
      ["(data", '(func (export "extra"))\n  (data', "exports"],
      ["(data", '(global (export "__heap_base") i32 (i32.const 0))\n  (data', ""],
      ["(data", '(func (export "__heap_base"))\n  (data', "exports"],
      ['(func (export "reset"))', '(global (export "reset") i32 (i32.const 0))', "exports"],
      ['(func (export "reset"))', "", "exports"],
    ];
    for (const [from, to, expected] of changes) {
      assert.ok(TEXT.includes(from), from);
      assert.equal(fault(TEXT.replace(from, to)), expected, `${from} → ${to}`);
    }
  });

  test("is refused when its layout section is of another shape, version, profile or hash", () => {
    const own = { version: layoutVersion, profile: 0, hash: layoutHash };
    assert.equal(fault(TEXT, {}), "layout-missing");
    assert.equal(fault(TEXT, { ...own, hash: 5 }), "layout-missing");
    assert.equal(fault(TEXT, { ...own, version: layoutVersion + 1 }), "layout-other");
    assert.equal(fault(TEXT, { ...own, profile: 3 }), "layout-other");
    assert.equal(fault(TEXT, { ...own, hash: "0000000000000000" }), "layout-other");
    assert.equal(fault(TEXT, { ...own, profile: 1 }), "memory");
  });

  test("with bytes that do not decode is refused", () => {
    const bytes = made(TEXT);
    const code = Buffer.from(bytes).indexOf(Buffer.from([0x0a]), 8);
    for (let at = code; at < code + 20; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = 0xff;
      assert.throws(() => verifyModule(changed), ModuleError, `byte ${at}`);
    }
  });
});
