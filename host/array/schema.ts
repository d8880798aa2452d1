/** The JSON Schema of the array file, composed of the knobs that the row classes mark. */

import {
  FailBackNames,
  type FieldLayout,
  HealthKindNames,
  layouts,
  ReservationMovesNames,
} from "../shim/generated/layout.js";
import { camelCase } from "../shim/staging.js";
import { coordinationSchema } from "../coordination/section.js";
import { realSectionSchemas } from "../sources/sections.js";
import { simulatedSchema } from "../sources/simulated/section.js";
import { trackedSchema } from "./tracked.js";
import { patternOf, suffixesOf } from "./units.js";

export type Schema = Record<string, unknown>;

/** Longest iSCSI name in bytes (RFC 7143, section 4.2.7.1). */
const NAME_MAX = 223;
/** Names of the values of knobs that are choices. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  reservationMoves: ReservationMovesNames.map((name) => name.toLowerCase()),
  failBack: FailBackNames.map((name) => name.toLowerCase()),
  unitReturn: FailBackNames.map((name) => name.toLowerCase()),
};

/** Fields of a table that are knobs. Ranges and defaults are the same in every profile. */
export function knobsOf(table: string): FieldLayout[] {
  const layout = layouts.standard.tables.find((candidate) => candidate.name === table);
  return (layout?.fields ?? []).filter((field) => field.knob !== undefined);
}

/** Values of a knob that is a choice, by name; undefined for other knobs. */
export function choicesOf(field: string): readonly string[] | undefined {
  return CHOICES[field];
}

/** A number in a unit, or a text with a suffix. */
export function quantitySchema(unit: string, minimum: number, maximum: number, description: string): Schema {
  const pattern = patternOf(unit);
  if (pattern === undefined) return { type: "integer", minimum, maximum, description, "x-unit": unit };
  return { type: ["integer", "string"], minimum, maximum, pattern, description, "x-unit": unit };
}

export function knobSchema(field: FieldLayout): Schema {
  const knob = field.knob;
  if (knob === undefined) throw new Error(`${field.name} is no knob`);
  const choices = choicesOf(field.name);
  if (choices !== undefined) {
    return { enum: [...choices, ...choices.keys()], description: field.doc, default: choices[knob.default] };
  }
  const suffixes = suffixesOf(knob.unit).length > 0 ? "" : ` (${knob.unit})`;
  const schema = quantitySchema(knob.unit, knob.min, knob.max, field.doc + suffixes);
  return { ...schema, default: knob.default };
}

function object(properties: Schema, required: readonly string[] = [], description = ""): Schema {
  const schema: Schema = { type: "object", additionalProperties: false, properties };
  if (required.length > 0) schema.required = [...required];
  if (description !== "") schema.description = description;
  return schema;
}

function knobsSchema(table: string, description: string): Schema {
  return object(Object.fromEntries(knobsOf(table).map((field) => [field.name, knobSchema(field)])), [], description);
}

/** Knobs of all policies: the section `policy` of an array, and `knobs` of a scenario. */
export function policySchema(): Schema {
  const kinds = HealthKindNames.map(camelCase);
  const health = { $ref: "#/definitions/health" };
  return object({
    common: knobsSchema("common-policy", "Knobs that all policies share."),
    ports: knobsSchema("port-policy", "Knobs of the port balance."),
    processors: knobsSchema("processor-policy", "Knobs of the processor election."),
    interfaces: knobsSchema("interface-policy", "Knobs of the interface failover."),
    health: object(Object.fromEntries(kinds.map((kind) => [kind, health]))),
  });
}

/** A name as iSCSI has it: no blanks, at most 223 characters. */
export const NAME_SCHEMA: Schema = {
  type: "string",
  minLength: 1,
  maxLength: NAME_MAX,
  pattern: "^\\S+$",
  "x-expected": `a text of 1 to ${NAME_MAX} characters without blanks (in quotes if it looks like a number)`,
};

const ID_SCHEMA: Schema = {
  type: "integer",
  minimum: 1,
  maximum: 0xffffffff,
  description: "Stable id; without one the next free id is given and kept.",
};

function knobOf(table: string, name: string): Schema {
  const field = knobsOf(table).find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`no knob ${name} in ${table}`);
  return knobSchema(field);
}

function capacitySchema(): Schema {
  const knob = (name: string) => knobOf("target-port-config", `${name}Capacity`);
  const resources = ["processor", "bandwidth", "operations", "queue", "sessions"];
  return object(Object.fromEntries(resources.map((name) => [name, knob(name)])), [], "What the port can carry.");
}

function portSchema(): Schema {
  const properties = {
    name: { ...NAME_SCHEMA, description: "Name; `p{1..4}` stands for p1, p2, p3 and p4." },
    id: ID_SCHEMA,
    controller: { ...NAME_SCHEMA, description: "Controller that owns the port; the first if not given." },
    address: { ...NAME_SCHEMA, description: "address:port of the portal; a range as in the name counts along." },
    tag: { ...knobOf("target-port-config", "portalGroupTag"), default: undefined },
    listOrder: { ...knobOf("target-port-config", "listOrder"), default: undefined },
    maintenance: { type: "boolean", description: "Drain the port and keep it drained." },
    capacity: { $ref: "#/definitions/capacity" },
  };
  return { ...object(properties, ["name"], "A target port."), type: ["string", "object"], ...shorthand() };
}

/** Constraints on a text that stands for a thing of that name with defaults. */
function shorthand(): Schema {
  const { minLength, maxLength, pattern } = NAME_SCHEMA;
  return { minLength, maxLength, pattern, "x-expected": "a name, or fields with at least `name`" };
}

function targetSchema(): Schema {
  const ports: Schema = {
    type: ["string", "array"],
    pattern: "^all$",
    minItems: 1,
    items: NAME_SCHEMA,
    description: "Ports through which the target is reached; all if not given.",
    "x-expected": "`all`, or a list of at least one port name",
  };
  const properties = {
    name: { ...NAME_SCHEMA, description: "iSCSI name; `eui.{0001..0024}` stands for 24 targets." },
    id: ID_SCHEMA,
    ports,
    pinned: { type: "boolean", description: "Its sessions are never moved for balance." },
    redirection: { type: "boolean", description: "The target server can redirect logins." },
  };
  return { ...object(properties, ["name"], "A target."), type: ["string", "object"], ...shorthand() };
}

function controllerSchema(): Schema {
  const endpoint = {
    type: "string",
    pattern: "^\\S+:[0-9]+$",
    "x-expected": "`address:port`, `[address]:port` for IPv6",
  };
  const properties = {
    name: NAME_SCHEMA,
    id: ID_SCHEMA,
    partner: {
      ...NAME_SCHEMA,
      description: "The other controller of its failover pair; naming one of the two is enough.",
    },
    group: { enum: [0, 1], description: "Group of its server; derived from the pairs if not given." },
    priority: { ...knobOf("member-config", "priority"), description: "Of its processor: higher is preferred." },
    failureDomain: knobOf("member-config", "failureDomain"),
    maintenance: { type: "boolean", description: "Drain it and keep it drained." },
    preferred: { type: "boolean", description: "Its processor is to be active whenever it can." },
    control: {
      type: "array",
      minItems: 1,
      items: endpoint,
      description: "Where it takes status messages, one a link.",
    },
    command: { ...endpoint, description: "Where it takes commands of other controllers." },
    track: trackedSchema(),
  };
  return { ...object(properties, ["name"], "A controller."), type: ["string", "object"], ...shorthand() };
}

function networkPortSchema(): Schema {
  const speed = knobOf("network-port-config", "speed");
  const properties = {
    name: { ...NAME_SCHEMA, description: "Name; `a-e{0..3}` stands for four ports." },
    id: ID_SCHEMA,
    controller: { ...NAME_SCHEMA, description: "Controller that it is in; the first if not given." },
    device: {
      ...NAME_SCHEMA,
      description: "Network device; the port's name if not given; needed with `coordination`.",
    },
    speed: { ...speed, description: "Its weight: a port of twice the speed takes twice as many interfaces." },
    domain: { ...NAME_SCHEMA, description: "Broadcast domain; all ports are in one if not given." },
    rank: { ...knobOf("network-port-config", "rank") },
  };
  return { ...object(properties, ["name"], "A network port."), type: ["string", "object"], ...shorthand() };
}

function interfaceSchema(): Schema {
  const eligible: Schema = {
    type: "array",
    minItems: 1,
    items: NAME_SCHEMA,
    description: "Network ports that may host it, its home among them; all of its domain if not given.",
  };
  const properties = {
    name: { ...NAME_SCHEMA, description: "Name; `data{1..9}` stands for nine interfaces." },
    id: ID_SCHEMA,
    address: { ...NAME_SCHEMA, description: "Address with its prefix, `192.0.2.11/24`; a range counts along." },
    home: { ...NAME_SCHEMA, description: "Network port that it lives on." },
    eligible,
    failBack: { type: "boolean", description: "It returns to its home port by itself; true if not given." },
  };
  return object(properties, ["name", "home"], "A virtual interface.");
}

function unitSchema(): Schema {
  const properties = {
    name: { ...NAME_SCHEMA, description: "Name; `u{1..4}` stands for four units." },
    id: ID_SCHEMA,
    owner: {
      ...NAME_SCHEMA,
      description: "Controller that serves it; its partner takes over. The first if not given.",
    },
  };
  return { ...object(properties, ["name"], "A storage unit."), type: ["string", "object"], ...shorthand() };
}

function initiatorSchema(): Schema {
  const properties = {
    name: { ...NAME_SCHEMA, description: "iSCSI name." },
    pinned: { type: "boolean", description: "Its sessions are never moved for balance." },
    nextPortal: {
      enum: ["first", "following"],
      description: "Portal that it takes when it logs in again: the first listed, or the one after the one it lost.",
    },
    switchingPriority: { type: "integer", minimum: 0, maximum: 65535, description: "1 is moved first; 0: computed." },
  };
  return { ...object(properties, ["name"], "An initiator."), type: ["string", "object"], ...shorthand() };
}

/** What the schemas of arrays and policies refer to; to stand in any schema that holds one. */
export function sharedDefinitions(): Schema {
  return {
    capacity: capacitySchema(),
    health: knobsSchema("health-config", "How a kind of things that can fail is judged."),
  };
}

/** Schema of an array, without `$schema`, to be used inside another beside `sharedDefinitions`. */
export function arrayBody(): Schema {
  return object(
    {
      name: NAME_SCHEMA,
      profile: { enum: ["small", "standard", "large"], default: "standard", description: "Sizes of the module." },
      controllers: {
        type: "array",
        minItems: 1,
        items: controllerSchema(),
        description: "Controllers; one, if not given.",
      },
      portDefaults: object(
        { controller: NAME_SCHEMA, capacity: { $ref: "#/definitions/capacity" } },
        [],
        "For ports that say nothing else.",
      ),
      ports: { type: "array", minItems: 1, items: portSchema(), description: "In the order in which they are listed." },
      targets: { type: "array", items: targetSchema() },
      networkPorts: { type: "array", items: networkPortSchema(), description: "Ports that host virtual interfaces." },
      interfaces: { type: "array", items: interfaceSchema(), description: "Virtual interfaces: addresses that move." },
      units: { type: "array", items: unitSchema(), description: "Storage units: a failed server's go to its partner." },
      initiators: { type: "array", items: initiatorSchema(), description: "What is known of initiators beforehand." },
      policy: policySchema(),
      sources: {
        type: "object",
        additionalProperties: false,
        properties: { ...realSectionSchemas(), simulated: simulatedSchema() },
        description: "Sections of sources and effectors: `simulated`, or `kernel`, `tgt` and `isns`.",
      },
      coordination: coordinationSchema(),
    },
    ["name"],
    "A storage array for fairlead.",
  );
}

/** The schema of `build/array.schema.json`. */
export function arraySchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "fairlead array",
    ...arrayBody(),
    definitions: sharedDefinitions(),
  };
}
