import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createViews,
  DecisionKind,
  DecisionKindNames,
  enums,
  layouts,
  type ProfileName,
  type TableLayout,
  TargetPortStatus,
  TargetPortStatusNames,
  type Views,
} from "../../../host/shim/generated/layout.js";

const PROFILE_NAMES: readonly ProfileName[] = ["small", "standard", "large"];
type Accessors = Record<string, (row: number, value?: number) => number>;

function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function viewOf(views: Views, table: TableLayout): Accessors {
  return views[camel(table.name) as keyof Views] as unknown as Accessors;
}

/** A value that shows each byte of a field, within 2^53. */
function valueFor(size: number, salt: number): number {
  const bytes = [0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6].map((byte) => (byte + salt) & 0xff);
  return bytes.slice(0, size).reduce((value, byte, index) => value + byte * 256 ** index, 0);
}

for (const profile of PROFILE_NAMES) {
  describe(`views of the ${profile} profile`, () => {
    const buffer = new ArrayBuffer(layouts[profile].memoryBytes);
    const views = createViews(buffer, profile);
    const view = new DataView(buffer);

    it("write and read each field of each table's last row at its place and nowhere else", () => {
      for (const table of layouts[profile].tables) {
        const accessors = viewOf(views, table);
        const row = table.capacity - 1;
        const address = table.base + row * table.stride;
        assert.equal(accessors["address"]?.(row), address, table.name);
        for (const [salt, field] of table.fields.entries()) {
          const what = `${table.name}.${field.name}`;
          new Uint8Array(buffer, address, table.stride).fill(0);
          const value = valueFor(field.size, salt);
          const setter = `set${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}`;
          accessors[setter]?.(row, value);
          assert.equal(accessors[field.name]?.(row), value, what);
          assert.equal(rawValue(view, address + field.offset, field.size), value, what);
          const others = [...new Uint8Array(buffer, address, table.stride)].filter((byte, at) => {
            return byte !== 0 && (at < field.offset || at >= field.offset + field.size);
          });
          assert.deepEqual(others, [], what);
          if (field.size === 8) {
            const words = [accessors[`${field.name}Low`]?.(row), accessors[`${field.name}High`]?.(row)];
            assert.deepEqual(words, [value % 2 ** 32, Math.floor(value / 2 ** 32)], what);
          }
        }
      }
    });

    it("set the leaf bit and the summary bit of a changed row", () => {
      for (const table of layouts[profile].tables.filter((each) => each.changedAddress !== 0)) {
        const accessors = viewOf(views, table);
        const summary = (layouts[profile].limits["CHANGED_SUMMARIES_ADDRESS"] ?? 0) + 4 * table.number;
        for (const row of new Set([0, table.capacity - 1])) {
          const leaf = table.changedAddress + 4 * (row >> 5);
          assert.equal(accessors["isChanged"]?.(row), false as unknown as number, table.name);
          accessors["markChanged"]?.(row);
          assert.equal(accessors["isChanged"]?.(row), true as unknown as number, table.name);
          assert.equal(view.getUint32(leaf, true), (1 << (row & 31)) >>> 0, table.name);
          assert.equal(view.getUint32(summary, true), (1 << ((row >> 5) >> table.changedShift)) >>> 0, table.name);
          view.setUint32(leaf, 0, true);
          view.setUint32(summary, 0, true);
        }
      }
    });

    it("throw where a table has no changed bits", () => {
      assert.throws(() => views.decision.markChanged(0), /decision has no changed bits/);
      assert.throws(() => views.targetPortCountersLatched.isChanged(0), /no changed bits/);
    });

    it("refuse a memory that is too small", () => {
      const cut = new ArrayBuffer(layouts[profile].memoryBytes - 65536);
      assert.throws(() => createViews(cut, profile), RangeError);
    });
  });
}

function rawValue(view: DataView, address: number, size: number): number {
  if (size === 1) return view.getUint8(address);
  if (size === 2) return view.getUint16(address, true);
  if (size === 4) return view.getUint32(address, true);
  return Number(view.getBigUint64(address, true));
}

describe("views of a shared memory", () => {
  it("keep the bits that others have set in the same words", () => {
    const buffer = new SharedArrayBuffer(layouts.small.memoryBytes);
    const [one, other] = [createViews(buffer, "small"), createViews(buffer, "small")];
    one.targetPortInput.markChanged(1);
    other.targetPortInput.markChanged(2);
    assert.ok(one.targetPortInput.isChanged(1) && one.targetPortInput.isChanged(2));
    assert.equal(one.targetPortInput.isChanged(0), false);
  });
});

describe("enums", () => {
  it("have their names by value, with gaps where no member is", () => {
    assert.equal(DecisionKindNames[DecisionKind.LOGOUT_SESSION], "LOGOUT_SESSION");
    assert.equal(TargetPortStatusNames[TargetPortStatus.OPERATIVE], "OPERATIVE");
    assert.equal(TargetPortStatusNames[3], "");
    for (const table of layouts.small.tables) {
      for (const { name, role, reference } of table.fields) {
        if (role === "enum" || role === "flags") assert.ok(enums[reference ?? ""], `${table.name}.${name}`);
      }
    }
  });
});
