/** The sections of an array file for real arrays: `sources.kernel`, `sources.tgt`, `sources.isns`; and `sources.shelf`. */

import type { Path } from "../array/checked-yaml.js";
import type { ArrayDescription } from "../array/description.js";
import { NAME_SCHEMA, quantitySchema, type Schema } from "../array/schema.js";
import { quantity } from "../array/units.js";
import { checkShelf, shelfSchema } from "../effectors/units/section.js";
import type { ProcessorPlace } from "./kernel/readers.js";
import { canonicalPortal } from "./portal.js";

export interface KernelSection {
  sampleMs: number;
  ports: Record<string, { device?: string; processor?: ProcessorPlace }>;
}

export interface TgtSection {
  pollMs: number;
  timeoutMs: number;
  redirectMs: number;
  /** tgtd's control port of each port. */
  ports: Record<string, { controlPort: number }>;
}

export interface IsnsSection {
  entity: string;
  sourceName: string;
  socket?: string;
  server?: string;
  configuration?: string;
  pollMs: number;
  timeoutMs: number;
}

export interface RealSections {
  kernel?: KernelSection;
  tgt?: TgtSection;
  isns?: IsnsSection;
}

/** Milliseconds where the file says nothing. */
const DEFAULTS = {
  sampleMs: 100,
  tgtPollMs: 250,
  tgtTimeoutMs: 5000,
  redirectMs: 20_000,
  isnsPollMs: 500,
  isnsTimeoutMs: 5000,
} as const;

/** Longest name of a network device (IFNAMSIZ less its end). */
const DEVICE_NAME_MAX = 15;
/** tgtadm keeps the control port in a signed 16-bit number. */
const CONTROL_PORT_MAX = 32_767;

function object(properties: Schema, required: readonly string[], description: string): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

function ms(most: number, standard: number, description: string): Schema {
  return { ...quantitySchema("ms", 10, most, description), default: standard };
}

/** A path that begins at the root; anything else would depend on where the process was started. */
function path(description: string): Schema {
  return { type: "string", pattern: "^/[^\\0]*$", description, "x-expected": "a path that begins with /" };
}

function portMap(port: Schema): Schema {
  return { type: "object", minProperties: 1, additionalProperties: port, description: "By the name of the port." };
}

function kernelSchema(): Schema {
  const processor = {
    ...object(
      {
        controlGroup: path("Folder of a control group, version 1 (cpuacct) or 2 (cpu)."),
        pid: { type: "integer", minimum: 1, maximum: 4_194_304, description: "A process with all its threads." },
        pidFile: path("File that holds the process's number; read again when the process is gone."),
      },
      [],
      "Whose processor time is the port's: one of the three.",
    ),
    minProperties: 1,
    maxProperties: 1,
    "x-expected": "one of: controlGroup, pid, pidFile",
  };
  const device = {
    type: "string",
    pattern: `^[^/\\s]{1,${DEVICE_NAME_MAX}}$`,
    description: "Network device of the portal.",
    "x-expected": `the name of a network device, 1 to ${DEVICE_NAME_MAX} characters`,
  };
  const port = { ...object({ device, processor }, [], "What the kernel counts for a port."), minProperties: 1 };
  const sampleMs = ms(10_000, DEFAULTS.sampleMs, "Between two samples of the counters.");
  return object({ sampleMs, ports: portMap(port) }, ["ports"], "Counters of network devices and processors.");
}

function tgtSchema(): Schema {
  const controlPort = { type: "integer", minimum: 0, maximum: CONTROL_PORT_MAX, description: "tgtd's --control-port." };
  const port = object({ controlPort }, ["controlPort"], "The tgtd that serves the port, and no other.");
  return object(
    {
      pollMs: ms(60_000, DEFAULTS.tgtPollMs, "From one answer of a tgtd to the next question."),
      timeoutMs: ms(600_000, DEFAULTS.tgtTimeoutMs, "A question is given up after this."),
      redirectMs: ms(600_000, DEFAULTS.redirectMs, "A login redirection ends after this, landed or not."),
      ports: portMap(port),
    },
    ["ports"],
    "Sessions of tgt, one tgtd a port; its own iSNS client must stay off.",
  );
}

function isnsSchema(): Schema {
  const server = {
    type: "string",
    minLength: 1,
    pattern: "^[^\\s:]+(:\\d+)?$|^\\[[0-9a-fA-F:]+\\](:\\d+)?$",
    description: "Address of the server.",
    "x-expected": "host or host:port, IPv6 addresses in brackets",
  };
  return object(
    {
      entity: { ...NAME_SCHEMA, description: "The network entity: one for the whole array, over all controllers." },
      sourceName: { ...NAME_SCHEMA, description: "iSCSI name under which controllers speak to the server." },
      socket: path("Control socket of an isnsd on this machine."),
      server,
      configuration: path("A configuration file of isnsadm, such as one with keys."),
      pollMs: ms(600_000, DEFAULTS.isnsPollMs, "From one reading of the registrations to the next."),
      timeoutMs: ms(600_000, DEFAULTS.isnsTimeoutMs, "A question is given up after this."),
    },
    ["entity"],
    "Registrations in the iSNS server; its control socket, its address or a configuration file says where it is.",
  );
}

/** JSON Schemas of the sections, by name. */
export function realSectionSchemas(): Record<string, Schema> {
  return { kernel: kernelSchema(), tgt: tgtSchema(), isns: isnsSchema(), shelf: shelfSchema() };
}

/** Reports a problem at a place below the array. */
export type SectionReport = (path: Path, message: string, expected: string) => void;

/** What the schema can't see: ports that are there, one server a port, portals with addresses. */
export function checkSections(array: ArrayDescription, report: SectionReport): void {
  const { kernel, tgt, isns } = array.sources as Record<string, Fields | undefined>;
  for (const [name, section] of Object.entries({ kernel, tgt })) {
    checkPortNames(array, isFields(section) ? section.ports : undefined, ["sources", name, "ports"], report);
  }
  if (isFields(tgt)) checkTgt(tgt, report);
  if (isFields(isns)) checkIsns(array, isns, report);
  checkShelf(array, report);
  if (isFields(tgt) && !isFields(kernel)) {
    report(["sources"], "a section tgt without a section kernel", "a section kernel: loads of ports come from it");
  }
  if ((isFields(kernel) || isFields(tgt) || isFields(isns)) && array.sources.simulated !== undefined) {
    report(["sources", "simulated"], "a simulated array beside a real one", "one of the two");
  }
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkPortNames(array: ArrayDescription, ports: unknown, path: Path, report: SectionReport): void {
  if (!isFields(ports)) return;
  const known = array.ports.map((port) => port.name);
  for (const name of Object.keys(ports)) {
    if (!known.includes(name)) report([...path, name], `no port ${name}`, `one of: ${known.join(", ")}`);
  }
}

/** Two controllers may use the same number, each on its own machine; one controller's ports may not. */
function checkTgt(tgt: Fields, report: SectionReport): void {
  const seen = new Map<unknown, string>();
  for (const [name, port] of Object.entries(isFields(tgt.ports) ? tgt.ports : {})) {
    const number = isFields(port) ? port.controlPort : undefined;
    const first = seen.get(number);
    if (first === undefined) seen.set(number, name);
    else
      report(
        ["sources", "tgt", "ports", name, "controlPort"],
        `${String(number)} is that of ${first}`,
        "a tgtd of its own",
      );
  }
}

function checkIsns(array: ArrayDescription, isns: Fields, report: SectionReport): void {
  const ways = ["socket", "server", "configuration"].filter((name) => isns[name] !== undefined);
  const at = ["sources", "isns"];
  if (ways.length === 0) report(at, "nothing says where the server is", "socket, server or configuration");
  if (isns.socket !== undefined && isns.server !== undefined) {
    report([...at, "server"], "both a socket and an address", "one of the two");
  }
  for (const [index, port] of array.ports.entries()) {
    if (canonicalPortal(port.address) !== undefined) continue;
    const message = `"${port.address}" is no portal to register`;
    report(["ports", index, "address"], message, "address:port, IPv6 addresses in brackets");
  }
}

/** The sections of a checked array, with defaults. */
export function realSections(array: ArrayDescription): RealSections {
  const { kernel, tgt, isns } = array.sources as Record<string, Fields | undefined>;
  return {
    ...(kernel === undefined ? {} : { kernel: readKernel(kernel) }),
    ...(tgt === undefined ? {} : { tgt: readTgt(tgt) }),
    ...(isns === undefined ? {} : { isns: readIsns(isns, array) }),
  };
}

function readKernel(fields: Fields): KernelSection {
  const sampleMs = quantity(fields.sampleMs, "ms") ?? DEFAULTS.sampleMs;
  return { sampleMs, ports: fields.ports as KernelSection["ports"] };
}

function readTgt(fields: Fields): TgtSection {
  return {
    pollMs: quantity(fields.pollMs, "ms") ?? DEFAULTS.tgtPollMs,
    timeoutMs: quantity(fields.timeoutMs, "ms") ?? DEFAULTS.tgtTimeoutMs,
    redirectMs: quantity(fields.redirectMs, "ms") ?? DEFAULTS.redirectMs,
    ports: fields.ports as TgtSection["ports"],
  };
}

function readIsns(fields: Fields, array: ArrayDescription): IsnsSection {
  const places = ["socket", "server", "configuration"] as const;
  const given = places.filter((name) => typeof fields[name] === "string").map((name) => [name, fields[name]]);
  return {
    entity: fields.entity as string,
    // The first target's name is one that the server knows as a node of the entity.
    sourceName: (fields.sourceName as string | undefined) ?? array.targets[0]?.name ?? array.name,
    ...(Object.fromEntries(given) as Pick<IsnsSection, "socket" | "server" | "configuration">),
    pollMs: quantity(fields.pollMs, "ms") ?? DEFAULTS.isnsPollMs,
    timeoutMs: quantity(fields.timeoutMs, "ms") ?? DEFAULTS.isnsTimeoutMs,
  };
}
