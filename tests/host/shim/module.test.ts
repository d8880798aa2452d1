import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModuleError, type ModuleFault } from "../../../host/shim/errors.js";
import { layoutHash, layouts } from "../../../host/shim/generated/layout.js";
import { createMemory, instantiate, verifyModule } from "../../../host/shim/module.js";
import { moduleBytes, PROFILES } from "./support.js";

function faultOf(bytes: Uint8Array): ModuleFault | undefined {
  try {
    verifyModule(bytes);
  } catch (error) {
    assert.ok(error instanceof ModuleError, String(error));
    return error.fault;
  }
  return undefined;
}

/** Replaces a text by one of the same length, wherever it stands. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(from);
  assert.ok(at >= 0, `${from} is in the module`);
  copy.write(to, at, "latin1");
  return new Uint8Array(copy);
}

/** A module of nothing but these sections, each a list of bytes. */
function moduleOf(...sections: number[][]): Uint8Array {
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

describe("verifyModule", () => {
  test("takes every module that the build makes and says what it is", () => {
    for (const profile of PROFILES) {
      for (const kind of ["plain", "shared"] as const) {
        const facts = verifyModule(moduleBytes(profile, kind));
        assert.equal(facts.profile, profile);
        assert.equal(facts.shared, kind === "shared");
        assert.equal(facts.memoryBytes, layouts[profile].memoryBytes);
        assert.equal(facts.layoutHash, layoutHash);
      }
    }
  });

  test("refuses a module that is cut off anywhere", () => {
    const whole = moduleBytes();
    for (let length = 0; length < whole.length; length += length < 600 ? 1 : 997) {
      assert.notEqual(faultOf(whole.subarray(0, length)), undefined, `${length} bytes`);
    }
    assert.equal(faultOf(whole.subarray(0, 0)), "truncated");
    assert.equal(faultOf(whole.subarray(0, 7)), "truncated");
    assert.equal(faultOf(whole.subarray(0, whole.length - 1)), "truncated");
    assert.equal(faultOf(whole.subarray(0, whole.length >> 1)), "truncated");
  });

  test("refuses what is no WebAssembly", () => {
    assert.equal(faultOf(new TextEncoder().encode("#!/bin/sh\nexit 0\n")), "not-wasm");
    const component = Uint8Array.from(moduleOf());
    component[4] = 0x0d;
    assert.equal(faultOf(component), "not-wasm");
  });

  test("refuses a module without the one import", () => {
    assert.equal(faultOf(moduleOf()), "imports");
    const otherName = replaced(moduleBytes(), "memory", "memorx");
    assert.equal(faultOf(otherName), "imports");
  });

  test("refuses a module that imports a function besides", () => {
    const name = [1, 0x61, 1, 0x62];
    const functionImport = [...name, 0, 0];
    const memoryImport = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 1, 1, 1];
    const imports = [2, ...functionImport, ...memoryImport];
    const types = [1, 4, 1, 0x60, 0, 0];
    assert.equal(faultOf(moduleOf(types, [2, imports.length, ...imports])), "imports");
  });

  test("refuses a module whose calls are not all there, or that exports more", () => {
    const renamed = replaced(moduleBytes(), "abiVersion", "abiversion");
    assert.throws(() => verifyModule(renamed), { fault: "exports", message: /abiVersion/ });
    const marker = replaced(moduleBytes(), "__data_end", "__data_eng");
    assert.throws(() => verifyModule(marker), { fault: "exports", message: /__data_eng/ });
  });

  test("refuses another layout, and a module that says none", () => {
    const other = layoutHash.startsWith("0") ? `1${layoutHash.slice(1)}` : `0${layoutHash.slice(1)}`;
    const changed = replaced(moduleBytes(), layoutHash, other);
    assert.throws(() => verifyModule(changed), { fault: "layout-other", message: new RegExp(layoutHash) });
    assert.equal(faultOf(replaced(moduleBytes(), "fairlead.layout", "fairlead.lauoyt")), "layout-missing");
    assert.equal(faultOf(replaced(moduleBytes(), '"hash"', '"hush"')), "layout-missing");
  });

  test("refuses a memory of another size", () => {
    const bytes = Buffer.from(moduleBytes());
    // The import ends in kind 2 (memory), flags 1 (has a maximum), minimum and maximum.
    const at = bytes.indexOf("memory") + "memory".length;
    assert.deepEqual([...bytes.subarray(at, at + 4)], [2, 1, 1, 1]);
    bytes[at + 3] = 2;
    assert.equal(faultOf(new Uint8Array(bytes)), "memory");
    bytes[at + 1] = 0;
    assert.notEqual(faultOf(new Uint8Array(bytes)), undefined);
  });
});

describe("instantiate", () => {
  test("refuses a memory that the module can't take", () => {
    const bytes = moduleBytes();
    assert.throws(() => instantiate(bytes, createMemory("small", true)), { fault: "memory" });
    assert.throws(() => instantiate(bytes, createMemory("standard", false)), { fault: "memory" });
  });

  test("leaves all rows of a kept memory alone", () => {
    const bytes = moduleBytes();
    const memory = createMemory("small", false);
    const content = new Uint8Array(memory.buffer).fill(0xa5);
    instantiate(bytes, memory);
    const tables = layouts.small.tables.filter((table) => table.kind !== "header");
    for (const table of tables) {
      const end = table.base + table.stride * table.capacity;
      assert.ok(
        content.subarray(table.base, end).every((byte) => byte === 0xa5),
        table.name,
      );
    }
  });
});
