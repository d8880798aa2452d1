/** Where addresses, units and roles are: read from a module's tables, of a run as of a snapshot. */

import {
  layouts,
  ProcessorRoleNames,
  ProcessorStateNames,
  type ProfileName,
  ReasonNames,
  type Views,
  WebServerKindNames,
} from "../../shim/generated/layout.js";
import { type Names, NONE } from "../../shim/names.js";
import { lowerWords } from "./wording.js";

/** What is read: a shim, or what stands for one. */
export interface HostedTables {
  core: { readonly views: Views; readonly profile: ProfileName };
  names: Names;
  /** Inputs of another incarnation are not known any more. */
  incarnation: number;
}

/** A virtual interface. Ports are network ports by name; null for none. */
export interface InterfaceRecord {
  interface: string;
  home: string | null;
  /** Port whose kernel holds the address. */
  port: string | null;
  /** Where it is wanted; also null where this controller has not decided it in this term. */
  wanted: string | null;
  /** Why it is wanted there, or why it is nowhere. */
  reason: string;
}

/** A group's list of operative ports. */
export interface GroupRecord {
  group: number;
  servers: string[];
  operativePorts: string[];
}

/** A storage unit. Servers are controllers by name; null for none. */
export interface UnitRecord {
  unit: string;
  owner: string | null;
  /** Server that its shelf admits. */
  server: string | null;
  /** Server that exports it now. */
  serving: string | null;
  wanted: string | null;
  reason: string;
}

/** A service processor, as this module judges it. */
export interface ProcessorRecord {
  processor: string;
  state: string;
  webServer: string;
  role: string;
  priority: number;
  /** By how much its tracked inputs that are down lower the priority, by its own report. */
  penalty: number;
}

const GROUPS: readonly number[] = [0, 1];

/** Of an interface or a unit whose place no controller has told yet. */
export const UNREPORTED = { port: null, serving: null, wanted: null, reason: "nobody has reported it yet" } as const;

export function interfaceOf({ core, names, incarnation }: HostedTables, row: number): InterfaceRecord {
  const { interfaceConfig, interfaceInput, interfaceState } = core.views;
  const decided = interfaceState.term(row) !== 0;
  const known = interfaceInput.incarnation(row) === incarnation;
  return {
    interface: names.interfaces.name(row),
    home: names.networkPort(interfaceConfig.home(row)) || null,
    port: known ? names.networkPort(interfaceInput.port(row)) || null : null,
    wanted: decided ? names.networkPort(interfaceState.wanted(row)) || null : null,
    reason: known ? reasonWords(decided ? interfaceState.reason(row) : 0) : UNREPORTED.reason,
  };
}

export function unitOf({ core, names, incarnation }: HostedTables, row: number): UnitRecord {
  const { unitConfig, unitInput, unitState } = core.views;
  const decided = unitState.term(row) !== 0;
  const known = unitInput.incarnation(row) === incarnation;
  return {
    unit: names.units.name(row),
    owner: names.member(unitConfig.owner(row)) || null,
    server: known ? names.member(unitInput.server(row)) || null : null,
    serving: known ? names.member(unitInput.serving(row)) || null : null,
    wanted: decided ? names.member(unitState.wanted(row)) || null : null,
    reason: known ? reasonWords(decided ? unitState.reason(row) : 0) : UNREPORTED.reason,
  };
}

export function processorOf({ core, names }: HostedTables, row: number): ProcessorRecord {
  const { processorState, memberConfig, heartbeatLatched } = core.views;
  return {
    processor: names.processors.name(row),
    state: lowerWords(ProcessorStateNames[processorState.state(row)] ?? ""),
    webServer: lowerWords(WebServerKindNames[processorState.webServer(row)] ?? ""),
    role: lowerWords(ProcessorRoleNames[processorState.role(row)] ?? ""),
    priority: memberConfig.priority(row),
    penalty: heartbeatLatched.penalty(row),
  };
}

/** `100`, `100 less 30`. */
export function priorityWords({ priority, penalty }: Pick<ProcessorRecord, "priority" | "penalty">): string {
  return `${priority}${penalty === 0 ? "" : ` less ${penalty}`}`;
}

export function groupOf({ core, names }: HostedTables, group: number): GroupRecord {
  const { groupPorts, memberConfig } = core.views;
  const { limits } = layouts[core.profile];
  const words = limits.NETWORK_PORT_WORDS ?? 1;
  const first = limits.MEMBER_SERVERS ?? 0;
  const servers = names.controllers.rows().filter((index) => memberConfig.group(first + index) === group);
  return {
    group,
    servers: servers.map((index) => names.controllers.name(index)),
    operativePorts: names.networkPorts
      .rows()
      .filter((port) => ((groupPorts.operative(group * words + (port >> 5)) >>> (port & 31)) & 1) === 1)
      .map((port) => names.networkPorts.name(port)),
  };
}

export function interfacesOf(tables: HostedTables): InterfaceRecord[] {
  return tables.names.interfaces.rows().map((row) => interfaceOf(tables, row));
}

export function unitsOf(tables: HostedTables): UnitRecord[] {
  return tables.names.units.rows().map((row) => unitOf(tables, row));
}

/** Both groups; none for an array without network ports. */
export function groupsOf(tables: HostedTables): GroupRecord[] {
  return tables.names.networkPorts.size === 0 ? [] : GROUPS.map((group) => groupOf(tables, group));
}

export function processorsOf(tables: HostedTables): ProcessorRecord[] {
  return tables.names.processors.rows().map((row) => processorOf(tables, row));
}

/** Whether an address is where it should be: somewhere, and there where it is wanted. */
export function isSettled({ port, wanted }: Pick<InterfaceRecord, "port" | "wanted">): boolean {
  return port !== null && (wanted === null || wanted === port);
}

function reasonWords(reason: number): string {
  return reason === 0 ? "" : lowerWords(ReasonNames[reason] ?? `#${reason}`);
}

/** Row of an index field, or 0xffff, as one number of a signature. */
export function signatureOf(...indexes: readonly number[]): number {
  return indexes.reduce((sum, index) => sum * (NONE + 1) + index, 0);
}
