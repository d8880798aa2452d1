/** What the parts of the scenario files' schema are put together from. */

import { NAME_SCHEMA, quantitySchema, type Schema } from "../array/schema.js";

const DAY_MS = 86_400_000;

export function object(properties: Schema, required: readonly string[], description: string): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

export function duration(description: string): Schema {
  return quantitySchema("ms", 0, DAY_MS, description);
}

export const flag = (description: string): Schema => ({ type: "boolean", description });
export const port: Schema = { ...NAME_SCHEMA, description: "Name of a port." };
export const target: Schema = { ...NAME_SCHEMA, description: "Name of a target." };
export const initiator: Schema = { ...NAME_SCHEMA, description: "Name of an initiator." };

/** One of a kind, or a list of them. */
export function oneOrMany(item: Schema): Schema {
  return { ...item, type: ["array", item.type as string], items: item };
}

export function byName(value: Schema, description: string): Schema {
  return { type: "object", additionalProperties: value, description };
}
export const knobs: Schema = { $ref: "#/definitions/knobs" };
/** Told apart by its type, so that problems inside an array are told as such. */
export const arrayReference: Schema = {
  type: ["string", "object"],
  minLength: 1,
  description: "The name of one of `arrays`, or an array.",
  "x-expected": "the name of one of `arrays`, or an array",
  if: { type: "object" },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { $ref: "#/definitions/array" },
};

export function stateSchema(description: string): Schema {
  const ports: Schema = { type: "array", items: NAME_SCHEMA };
  return object(
    {
      registrations: byName(ports, "Ports that the iSNS server lists, by target."),
      sessions: byName({ type: "integer", minimum: 0 }, "Sessions by port."),
      logins: byName({ type: ["string", "array"], items: NAME_SCHEMA }, "Ports by initiator."),
      interfaces: byName({ type: "string" }, 'Port that holds each address; "" for none.'),
      units: byName(
        { type: "string" },
        "Controller that each shelf admits; `admitted/serving` where another one serves.",
      ),
      groups: object({ 0: ports, 1: ports }, [], "Each group's list of operative ports, as the module keeps it."),
      tables: byName({ type: "object" }, "Fields by table and row, under the names of build/layout.md."),
    },
    [],
    description,
  );
}
