/** The section `sources.shelf` of an array file: where the blocks of the units are, and how they are exported. */

import type { Path } from "../../array/checked-yaml.js";
import type { ArrayDescription } from "../../array/description.js";
import { NAME_SCHEMA, quantitySchema, type Schema } from "../../array/schema.js";
import { quantity } from "../../array/units.js";
import { parseEndpoint } from "../../coordination/endpoint.js";

export interface ShelfSection {
  /** `address:port` of the shelf's iSCSI target server. */
  portal: string;
  /** `address:port` on which the shelf's agent takes commands. */
  command: string;
  /** `--control-port` of the shelf's tgtd, there. */
  controlPort: number;
  /** File in which the agent keeps epochs and admissions, there. */
  record: string;
  timeoutMs: number;
  /** By the unit's name: its target at the shelf, and the TCP port on which it is exported. */
  units: Record<string, { target: string; port: number }>;
}

const TIMEOUT_MS = 3000;
/** tgtadm keeps the control port in a signed 16-bit number. */
const CONTROL_PORT_MAX = 32_767;
const ENDPOINT_EXPECTED = "address:port, IPv6 addresses in brackets";

export function shelfSchema(): Schema {
  const endpoint = (description: string) => ({
    type: "string",
    pattern: "^[^\\s\\[\\]:]+:\\d+$|^\\[[0-9a-fA-F:]+\\]:\\d+$",
    description,
    "x-expected": ENDPOINT_EXPECTED,
  });
  const unit = object(
    {
      target: { ...NAME_SCHEMA, description: "iSCSI name of its target at the shelf; its blocks are logical unit 1." },
      port: { type: "integer", minimum: 1, maximum: 65_535, description: "TCP port on which it is exported (NBD)." },
    },
    ["target", "port"],
    "A unit.",
  );
  const record = {
    type: "string",
    pattern: "^/[^\\0]*$",
    description: "File in which the shelf's agent keeps the highest epoch of each unit.",
    "x-expected": "a path that begins with /",
  };
  const controlPort = { type: "integer", minimum: 0, maximum: CONTROL_PORT_MAX };
  return object(
    {
      portal: endpoint("Where the shelf serves iSCSI."),
      command: endpoint("Where the shelf's agent takes commands."),
      controlPort: { ...controlPort, description: "--control-port of the shelf's tgtd.", default: 0 },
      record,
      timeoutMs: { ...quantitySchema("ms", 100, 600_000, "For an answer of the shelf."), default: TIMEOUT_MS },
      units: { type: "object", minProperties: 1, additionalProperties: unit, description: "By the unit's name." },
    },
    ["portal", "command", "record", "units"],
    "Where the blocks of all units are.",
  );
}

function object(properties: Schema, required: readonly string[], description: string): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

/** What the schema can't see. */
export function checkShelf(
  array: ArrayDescription,
  report: (path: Path, message: string, expected: string) => void,
): void {
  const section = array.sources.shelf as Partial<ShelfSection> | undefined;
  if (typeof section !== "object" || section === null) return;
  const at = ["sources", "shelf"];
  for (const name of ["portal", "command"] as const) {
    const text = section[name];
    if (typeof text === "string" && parseEndpoint(text) === undefined)
      report([...at, name], `"${text}" is no endpoint`, ENDPOINT_EXPECTED);
  }
  const known = (array.units ?? []).map((unit) => unit.name);
  const given = typeof section.units === "object" && section.units !== null ? section.units : {};
  const ports = new Map<number, string>();
  for (const [name, unit] of Object.entries(given)) {
    if (!known.includes(name)) report([...at, "units", name], `no unit ${name}`, `one of: ${known.join(", ")}`);
    const first = ports.get(unit?.port);
    if (first === undefined) ports.set(unit?.port, name);
    else report([...at, "units", name, "port"], `${unit.port} is the port of ${first}`, "a port of its own");
  }
  const missing = known.filter((name) => given[name] === undefined);
  if (missing.length > 0) report([...at, "units"], `nothing about ${missing.join(", ")}`, "every unit of the array");
}

/** The section of a checked array, with defaults; undefined where it has none. */
export function shelfSection(array: ArrayDescription): ShelfSection | undefined {
  const fields = array.sources.shelf as (Partial<ShelfSection> & Record<string, unknown>) | undefined;
  if (fields === undefined) return undefined;
  const timeoutMs = quantity(fields.timeoutMs, "ms") ?? TIMEOUT_MS;
  return { ...(fields as ShelfSection), controlPort: fields.controlPort ?? 0, timeoutMs };
}
