/** Writes an array description into the staged tables, in ascending order of id, and reads back what was adopted. */

import type { ArrayDescription, PortDescription, Problem, TargetDescription } from "../array/description.js";
import {
  ErrorCode,
  ErrorCodeNames,
  HealthKindNames,
  type ProfileName,
  type TableLayout,
  TargetFlag,
  TargetPortFlag,
  type Views,
  layouts,
} from "./generated/layout.js";
import type { IdBook } from "./id-book.js";
import { stageInterfaces, stageMembers } from "./staging-interfaces.js";

/** Things of one kind in the order of their staged rows. */
export interface Staged {
  ports: PortDescription[];
  targets: TargetDescription[];
  /** Names of the others, in the order of their staged rows; members of each kind from its own first row. */
  controllers: string[];
  /** First member row of the servers. */
  firstServer: number;
  networkPorts: string[];
  interfaces: string[];
  units: string[];
}

/** The part of a core that staging needs. */
export interface StagingMemory {
  profile: ProfileName;
  memory: WebAssembly.Memory;
  views: Views;
}

/** A problem of a description as a whole or of one of its things, which has no place in a file. */
export function problemOf(field: string, message: string, expected: string): Problem {
  return { file: "", line: 0, column: 0, field, message, expected };
}

/** More things than the profile holds, or another profile than the module's. */
export function checkSizes(core: StagingMemory, array: ArrayDescription): Problem[] {
  const problems: Problem[] = [];
  if (array.profile !== core.profile) {
    problems.push(problemOf("profile", `the array is of profile ${array.profile}`, `${core.profile}, the module's`));
  }
  const limits = layouts[core.profile].limits;
  const check = (field: string, count: number, most: number) => {
    if (count <= most) return;
    problems.push(problemOf(field, `${count} ${field}`, `at most ${most} in profile ${core.profile}`));
  };
  check("ports", array.ports.length, limits.TARGET_PORT_MAX ?? 0);
  check("targets", array.targets.length, limits.TARGET_MAX ?? 0);
  check("controllers", array.controllers.length, limits.SERVER_MAX ?? 0);
  check("networkPorts", array.networkPorts?.length ?? 0, limits.NETWORK_PORT_MAX ?? 0);
  check("interfaces", array.interfaces?.length ?? 0, limits.INTERFACE_MAX ?? 0);
  check("units", array.units?.length ?? 0, limits.UNIT_MAX ?? 0);
  return problems;
}

/** Things with their ids, in ascending order of id. */
export function byId<T>(things: readonly T[], ids: readonly number[]): { thing: T; id: number }[] {
  const pairs = things.map((thing, index) => ({ thing, id: ids[index] as number }));
  return pairs.sort((left, right) => left.id - right.id);
}

/** Fills all staged tables; whatever an earlier staging left there is gone. */
export function stage(core: StagingMemory, array: ArrayDescription, book: IdBook): Staged {
  clearStaged(core);
  const ports = byId(array.ports, book.assign("ports", array.ports));
  const targets = byId(array.targets, book.assign("targets", array.targets));
  const { views } = core;
  stageKnobs(core, array);
  views.commonPolicyStaged.setTargetPortCount(0, ports.length);
  views.commonPolicyStaged.setTargetCount(0, targets.length);
  const controllers = stageMembers(core, array, book);
  const owners = new Map(controllers.map((name, place) => [name, place]));
  for (const [row, { thing, id }] of ports.entries())
    stagePort(views, row, thing, id, owners.get(thing.controller) ?? 0);
  const portRows = new Map(ports.map(({ thing }, row) => [thing.name, row]));
  const words = layouts[core.profile].limits.TARGET_PORT_WORDS ?? 1;
  for (const [row, { thing, id }] of targets.entries()) stageTarget(views, row, thing, id, portRows, words);
  return {
    ports: ports.map(({ thing }) => thing),
    targets: targets.map(({ thing }) => thing),
    controllers,
    firstServer: layouts[core.profile].limits.PROCESSOR_MAX ?? 0,
    ...stageInterfaces(core, array, book, controllers),
  };
}

function clearStaged(core: StagingMemory): void {
  const bytes = new Uint8Array(core.memory.buffer);
  for (const table of layouts[core.profile].tables) {
    if (table.kind === "staged") bytes.fill(0, table.base, table.base + table.capacity * table.stride);
  }
}

/** Writes the knobs of one row by the names of their fields: a fixed way for tables that hold little else. */
function stageKnobRow(core: StagingMemory, name: string, row: number, values: Record<string, number>): void {
  const table = layouts[core.profile].tables.find((candidate) => candidate.name === name) as TableLayout;
  const view = new DataView(core.memory.buffer);
  for (const field of table.fields) {
    if (field.knob === undefined) continue;
    const value = values[field.name] ?? field.knob.default;
    const at = table.base + row * table.stride + field.offset;
    if (field.size === 1) view.setUint8(at, value);
    else if (field.size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
}

function stageKnobs(core: StagingMemory, array: ArrayDescription): void {
  stageKnobRow(core, "common-policy-staged", 0, array.policy.common);
  stageKnobRow(core, "port-policy-staged", 0, array.policy.ports);
  stageKnobRow(core, "processor-policy-staged", 0, array.policy.processors ?? {});
  stageKnobRow(core, "interface-policy-staged", 0, array.policy.interfaces ?? {});
  for (const [row, kind] of HealthKindNames.entries()) {
    stageKnobRow(core, "health-config-staged", row, array.policy.health[camelCase(kind)] ?? {});
  }
}

/** `TARGET_PORT` → `targetPort`. */
export function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function stagePort(views: Views, row: number, port: PortDescription, id: number, owner: number): void {
  const staged = views.targetPortConfigStaged;
  staged.setId(row, id);
  staged.setFlags(row, port.maintenance ? TargetPortFlag.MAINTENANCE : 0);
  staged.setOwner(row, owner);
  staged.setPortalGroupTag(row, port.tag);
  staged.setListOrder(row, port.listOrder);
  staged.setProcessorCapacity(row, port.capacity.processor);
  staged.setBandwidthCapacity(row, port.capacity.bandwidth);
  staged.setOperationsCapacity(row, port.capacity.operations);
  staged.setQueueCapacity(row, port.capacity.queue);
  staged.setSessionsCapacity(row, port.capacity.sessions);
}

function stageTarget(
  views: Views,
  row: number,
  target: TargetDescription,
  id: number,
  portRows: ReadonlyMap<string, number>,
  words: number,
): void {
  const staged = views.targetConfigStaged;
  staged.setId(row, id);
  staged.setFlags(row, (target.pinned ? TargetFlag.PINNED : 0) | (target.redirection ? TargetFlag.REDIRECTION : 0));
  const bitmap = views.targetPortsConfigStaged;
  for (const name of target.ports) {
    const port = portRows.get(name);
    if (port === undefined) continue;
    const word = row * words + (port >> 5);
    bitmap.setPorts(word, bitmap.ports(word) | (1 << (port & 31)));
  }
}

/** What the module's refusal means in terms of the description. */
export function refusal(core: StagingMemory, staged: Staged, code: number): Problem {
  const { header } = core.views;
  const table = layouts[core.profile].tables[header.errorTable(0)];
  const row = header.errorRow(0);
  const field = table?.fields.find((candidate) => candidate.offset === header.errorField(0));
  if (code === ErrorCode.LEFT_OUT) {
    const what = "the module was built without the policy that reads this table";
    return problemOf(table?.name ?? "", what, "no rows, or a module with the policy");
  }
  const why = ErrorCodeNames[code] ?? `code ${code}`;
  const place = `${thingName(table?.name ?? "", row, staged)}.${field?.name ?? "?"}`;
  const knob = field?.knob;
  const range = knob === undefined ? (field?.doc ?? "") : `${knob.min} to ${knob.max} ${knob.unit}`;
  return problemOf(place, `the module refused the configuration: ${why}`, range);
}

function thingName(table: string, row: number, staged: Staged): string {
  const name = table.replace(/-staged$/, "");
  if (name === "target-port-config") return `ports[${staged.ports[row]?.name ?? row}]`;
  if (name === "target-config") return `targets[${staged.targets[row]?.name ?? row}]`;
  if (name === "member-config") return `controllers[${staged.controllers[memberPlace(row, staged)] ?? row}]`;
  if (name === "network-port-config") return `networkPorts[${staged.networkPorts[row] ?? row}]`;
  if (name === "interface-config") return `interfaces[${staged.interfaces[row] ?? row}]`;
  if (name === "unit-config") return `units[${staged.units[row] ?? row}]`;
  return `${name}[${row}]`;
}

/** Servers come after the processors, each kind from its own first row. */
function memberPlace(row: number, staged: Staged): number {
  return row < staged.firstServer ? row : row - staged.firstServer;
}
