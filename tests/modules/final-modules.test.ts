import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import binaryen from "binaryen";
import { checkModule, EXPORTS } from "../../host/toolchain/check-module.js";
import { expectedModule } from "../../host/toolchain/check-modules.js";
import { debugFileOf, TARGETS } from "../../host/toolchain/compile.js";
import { DIRECTORY_ENTRY_BYTES } from "../../host/toolchain/memory-map.js";
import { buildModel, PROFILES } from "../../host/toolchain/model.js";
import { functionNames, readModule } from "../../host/toolchain/module-facts.js";
import { repository } from "../toolchain/fixture.js";

const model = buildModel(repository);
const read = (file: string) => readFileSync(join(repository, file));

/**
 * True if the long words of a latched row are read by atomic loads, as its sequence word is, so that no optimizer may drop
 * or move one: six where the latch is one function, one where a function reads each of them.
 */
function latchesByAtomicLoads(bytes: Uint8Array): boolean {
  const module = binaryen.readBinary(bytes);
  const found = module.emitText().match(/i(32|64)\.atomic\.load\b/g) ?? [];
  module.dispose();
  const order = found.map((load) => load.slice(1, 3)).join(" ");
  return order.includes("32 64 64 64 64 64 64 32") || order === "64 32 32";
}

for (const target of TARGETS) {
  describe(target.file, () => {
    const bytes = read(target.file);
    const names = functionNames(read(debugFileOf(target.file)));
    const map = model.maps[PROFILES.indexOf(target.profile)];
    assert.ok(map);

    it("keeps every rule", () => {
      assert.deepEqual(checkModule(bytes, names, expectedModule(model, target)).violations, []);
    });

    it("inlines what is hot where speed counts, and calls it where bytes do", () => {
      const isCalled = names.includes("assembly/memory/seals/sealOf");
      assert.equal(isCalled, target.profile === "small");
    });

    it("is the module with names and source map, without these", () => {
      const shipped = readModule(bytes, names);
      const debug = readModule(read(debugFileOf(target.file)), names);
      assert.deepEqual(
        shipped.functions.map((func) => func.bytes),
        debug.functions.map((func) => func.bytes),
      );
      assert.equal(WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "name").length, 0);
    });

    it(
      target.shared ? "latches by atomic loads in the final code" : "has no instruction of the threads feature",
      () => {
        const { functions } = readModule(bytes, names);
        const atomics = functions.flatMap((func) => [...func.kinds].filter((kind) => kind.startsWith("Atomic")));
        if (target.shared) assert.ok(latchesByAtomicLoads(bytes));
        else assert.deepEqual(atomics, []);
      },
    );

    it("instantiates on a memory of its one size and leaves everything but the constants zero", async () => {
      const pages = map.memoryPages;
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: target.shared });
      const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
      assert.deepEqual(Object.keys(instance.exports).sort(), Object.keys(EXPORTS).sort());
      const view = new DataView(memory.buffer);
      for (const table of map.tables) {
        const at: number = map.directoryAddress + table.number * DIRECTORY_ENTRY_BYTES;
        const entry = [0, 4, 8].map((offset) => view.getUint32(at + offset, true));
        assert.deepEqual(entry, [table.base, table.row.stride, table.capacity], table.name);
      }
      const written = new Uint8Array(memory.buffer).findIndex((byte, at) => byte !== 0 && at < map.directoryAddress);
      assert.equal(written, -1);
      const rest = new Uint8Array(memory.buffer, map.tables[1]?.base ?? 0);
      assert.equal(
        rest.findIndex((byte) => byte !== 0),
        -1,
      );
      assert.equal((instance.exports["abiVersion"] as () => number)(), model.layoutVersion);
    });
  });
}
