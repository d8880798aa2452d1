/** All tables of a module by names: rows, enums, flags and references in words. */

import {
  enums,
  type FieldLayout,
  HealthKindNames,
  layouts,
  RouteClassNames,
  type TableLayout,
} from "../shim/generated/layout.js";
import { NONE } from "../shim/names.js";
import type { Shim } from "../shim/shim.js";
import { camelCase } from "../shim/staging.js";

export type Value = string | number | boolean | null | string[];
export type RowState = Record<string, Value>;
/** Tables of one row hold its fields, others rows by name; rows as `reset` leaves them are left out. */
export type TableState = RowState | Record<string, RowState>;
export type TablesState = Record<string, TableState>;

const PORT_TABLES = /^target-port-(config|counters|counters-latched|input|state)$/;
/** Tables with a row for each network port, interface, unit and member. */
const HOSTED_TABLES = [
  { tables: /^network-port-(config|input|state)$/, names: "networkPorts" },
  { tables: /^interface-(config|input|state)$/, names: "interfaces" },
  { tables: /^unit-(config|input|state)$/, names: "units" },
] as const;
const MEMBER_TABLES = /^(member-(config|input|state)|heartbeat|heartbeat-latched)$/;
const TWO_TO_32 = 2 ** 32;

/** Scratch of the module, of no account between ticks or outside a plan. */
const SCRATCH = /^(work|placement.*|eligible-set-state)$/;

/** Reads every table of a shim's module. `empty`: the memory as `reset` leaves it. */
export function tablesState(shim: Shim, empty: Uint8Array): TablesState {
  const state: TablesState = {};
  for (const table of layouts[shim.core.profile].tables) {
    if (!SCRATCH.test(table.name)) state[table.name] = new TableReader(shim, table).read(empty);
  }
  return state;
}

/** Row of a table by its name in print, or by its number; -1 for none. */
export function rowOf(shim: Shim, table: TableLayout, name: string | number): number {
  const row = typeof name === "number" ? name : new TableReader(shim, table).rowNamed(name);
  return row >= 0 && row < table.capacity ? row : -1;
}

class TableReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly words: number;
  private readonly isWordTable: boolean;

  constructor(
    private readonly shim: Shim,
    private readonly table: TableLayout,
  ) {
    this.bytes = new Uint8Array(shim.core.memory.buffer);
    this.view = new DataView(shim.core.memory.buffer);
    const { limits } = layouts[shim.core.profile];
    this.words = limits.TARGET_PORT_WORDS ?? 1;
    const targets = ["target-ports-config", "registration-input", "registration-state"];
    this.isWordTable = targets.includes(table.name);
  }

  read(empty: Uint8Array): TableState {
    if (this.table.capacity === 1) return this.row(0);
    const rows: Record<string, RowState> = {};
    const step = this.isWordTable ? this.words : 1;
    for (let row = 0; row < this.table.capacity; row += step) {
      if (!this.isEmpty(row, step, empty)) rows[this.uniqueName(rows, row)] = this.row(row);
    }
    return rows;
  }

  rowNamed(name: string): number {
    const step = this.isWordTable ? this.words : 1;
    for (let row = 0; row < this.table.capacity; row += step) if (this.rowName(row) === name) return row;
    return name.startsWith("#") ? Number(name.slice(1)) : -1;
  }

  private uniqueName(rows: Record<string, RowState>, row: number): string {
    const name = this.rowName(row);
    return name in rows ? `#${row}` : name;
  }

  private isEmpty(row: number, rows: number, empty: Uint8Array): boolean {
    const at = this.table.base + row * this.table.stride;
    for (let index = at; index < at + rows * this.table.stride; index++) {
      if (this.bytes[index] !== empty[index]) return false;
    }
    return true;
  }

  private rowName(row: number): string {
    const { names } = this.shim;
    const { name } = this.table;
    if (PORT_TABLES.test(name)) return names.ports.name(row) || `#${row}`;
    if (this.isWordTable) return names.targets.name(Math.floor(row / this.words)) || `#${row}`;
    if (name === "target-config") return names.targets.name(row) || `#${row}`;
    if (name === "initiator-input" || name === "initiator-state") return names.initiators.name(row) || `#${row}`;
    if (/^session-(input|counters|state)$/.test(name)) return this.sessionName(row);
    const hosted = HOSTED_TABLES.find(({ tables }) => tables.test(name));
    if (hosted !== undefined) return names[hosted.names].name(row) || `#${row}`;
    if (name === "health-state") return names.ports.name(row) || this.healthOfMember(row);
    if (name === "processor-state") return names.processors.name(row) || `#${row}`;
    if (name === "route-state") return this.routeName(row);
    if (name === "scope" || name === "scope-state") return names.scope(row);
    if (MEMBER_TABLES.test(name)) return this.memberName(row);
    if (name === "health-config") return camelCase(HealthKindNames[row] ?? `#${row}`);
    return `#${row}`;
  }

  /** `processor a` and `server a`, for the two members of a controller. */
  private memberName(row: number): string {
    const { names } = this.shim;
    const processor = names.processors.name(row);
    if (processor !== "") return `processor ${processor}`;
    return names.members.name(row) === "" ? `#${row}` : `server ${names.members.name(row)}`;
  }

  private healthOfMember(row: number): string {
    const { HEALTH_MEMBERS = 0 } = layouts[this.shim.core.profile].limits;
    const name = this.memberName(row - HEALTH_MEMBERS);
    return name.startsWith("#") ? `#${row}` : name;
  }

  /** Class of the request, and the processor that it is about: `status a`. */
  private routeName(row: number): string {
    const { PROCESSOR_MAX = 1 } = layouts[this.shim.core.profile].limits;
    const name = this.shim.names.processors.name(row % PROCESSOR_MAX);
    const kind = RouteClassNames[Math.floor(row / PROCESSOR_MAX)] ?? "";
    return name === "" ? `#${row}` : `${kind.toLowerCase()} ${name}`;
  }

  private sessionName(row: number): string {
    if (!this.shim.isLoggedIn(row)) return `#${row}`;
    const { initiator, target, port } = this.shim.names.session(row);
    return `${initiator}>${target}@${port}`;
  }

  private row(row: number): RowState {
    const state: RowState = {};
    for (const field of this.table.fields) {
      if (field.role === "pad" || field.role === "check") continue;
      state[field.name] = this.value(field, row);
    }
    return state;
  }

  private value(field: FieldLayout, row: number): Value {
    if (field.role === "bitmap" && field.reference === "target-port") return this.portsOf(field, row);
    const raw = this.raw(field, row);
    if (typeof raw === "string") return raw;
    const members = field.reference === undefined ? undefined : enums[field.reference];
    if (field.role === "boolean") return raw !== 0;
    if (field.role === "enum" && members !== undefined) return nameIn(members, raw) ?? raw;
    if (field.role === "flags" && members !== undefined) return flagsIn(members, raw);
    return field.role === "index" ? this.reference(field, raw) : raw;
  }

  private raw(field: FieldLayout, row: number): number | string {
    const at = this.table.base + row * this.table.stride + field.offset;
    if (field.size === 1) return this.view.getUint8(at);
    if (field.size === 2) return this.view.getUint16(at, true);
    const low = this.view.getUint32(at, true);
    if (field.size === 4) return low;
    const value = this.view.getUint32(at + 4, true) * TWO_TO_32 + low;
    return Number.isSafeInteger(value) ? value : `0x${this.view.getBigUint64(at, true).toString(16)}`;
  }

  private reference(field: FieldLayout, raw: number): Value {
    if (raw === NONE) return null;
    const { names } = this.shim;
    if (field.reference === "target-port") return names.ports.name(raw) || `#${raw}`;
    if (field.reference === "network-port") return names.networkPort(raw);
    if (field.reference === "interface") return names.interfaces.name(raw) || `#${raw}`;
    if (field.reference === "target") return names.targets.name(raw) || `#${raw}`;
    if (field.reference === "initiator") return names.initiators.name(raw) || `#${raw}`;
    if (field.reference === "session") return this.sessionName(raw);
    if (field.reference === "processor") return names.processors.name(raw) || `#${raw}`;
    if (field.reference === "member") return names.member(raw);
    if (field.reference === "controller") return names.controllers.name(raw) || `#${raw}`;
    return raw;
  }

  /** Ports of a bitmap over all its words; in staged tables they are staged rows. */
  private portsOf(field: FieldLayout, row: number): string[] {
    const ports: string[] = [];
    const words = this.isWordTable ? this.words : 1;
    for (let word = 0; word < words; word++) {
      const bits = this.raw(field, row + word) as number;
      for (let bit = 0; bit < 32; bit++) {
        if (((bits >>> bit) & 1) === 0) continue;
        const port = word * 32 + bit;
        const name = this.table.kind === "staged" ? `#${port}` : this.shim.names.ports.name(port);
        // Bits of ports that are not there are of no account.
        if (name !== "") ports.push(name);
      }
    }
    return ports;
  }
}

function nameIn(members: Record<string, number>, value: number): string | undefined {
  return Object.keys(members).find((name) => members[name] === value);
}

function flagsIn(members: Record<string, number>, value: number): string[] {
  return Object.keys(members).filter((name) => (value & (members[name] ?? 0)) !== 0);
}
