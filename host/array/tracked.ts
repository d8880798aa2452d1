/** What a controller tracks, in the array file: links and scripts that lower its processor's priority while they are down. */

import type { ControllerDescription, TrackedDescription } from "./description.js";
import type { Report } from "./meaning.js";
import { isFields, type Placed, text, whole } from "./parse.js";
import { NAME_SCHEMA, quantitySchema, type Schema } from "./schema.js";
import { quantity } from "./units.js";

/** Uses up any priority. */
export const WHOLE_PRIORITY = 65535;

const DEVICE_NAME_MAX = 15;
const COUNT_MAX = 100;
const INTERVAL_MS = { least: 100, most: 3_600_000, standard: 1000 } as const;
const RISE_COUNT = 1;
const FALL_COUNT = 3;
const SCRIPTS_MAX = 32;
const LINKS_MAX = 32;
const ARGUMENTS_MAX = 64;
const ARGUMENT_LENGTH_MAX = 4096;

function fields(properties: Schema, required: readonly string[], description: string): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

function countSchema(standard: number, description: string): Schema {
  return { type: "integer", minimum: 1, maximum: COUNT_MAX, default: standard, description };
}

/** Schema of a controller's field `track`. */
export function trackedSchema(): Schema {
  const weight = {
    type: "integer",
    minimum: 1,
    maximum: WHOLE_PRIORITY,
    description: "By how much it lowers the priority while it is down; by all of it if not given.",
  };
  const { least, most, standard } = INTERVAL_MS;
  const plain = { type: "string", maxLength: ARGUMENT_LENGTH_MAX, pattern: "^[^\\0]*$" };
  const link = fields(
    { device: { ...NAME_SCHEMA, maxLength: DEVICE_NAME_MAX, description: "Network device." }, weight },
    ["device"],
    "A link: down without a carrier.",
  );
  const script = fields(
    {
      name: { ...NAME_SCHEMA, description: "What it is called in messages and metrics." },
      program: { ...plain, pattern: "^/[^\\0]*$", "x-expected": "a path that begins with /", description: "Program." },
      arguments: {
        type: "array",
        items: { ...plain, "x-expected": "a text (in quotes if it looks like a number)" },
        maxItems: ARGUMENTS_MAX,
        description: "Its arguments, as they are: no shell reads them.",
      },
      intervalMs: {
        ...quantitySchema("ms", least, most, "From the beginning of a run to that of the next."),
        default: standard,
      },
      timeoutMs: quantitySchema(
        "ms",
        10,
        most,
        "A run that takes longer is killed, and has failed; `intervalMs` if not given.",
      ),
      riseCount: countSchema(RISE_COUNT, "Runs in a row that end with exit code 0 before it counts as up."),
      fallCount: countSchema(FALL_COUNT, "Runs in a row that fail before it counts as down."),
      weight,
    },
    ["name", "program"],
    "A script: a run has failed unless it ends with exit code 0 in time.",
  );
  const list = (items: Schema, maxItems: number) => ({ type: "array", minItems: 1, maxItems, items });
  return fields(
    { links: list(link, LINKS_MAX), scripts: list(script, SCRIPTS_MAX) },
    [],
    "Links and scripts that lower its processor's priority while they are down.",
  );
}

/** @returns undefined where nothing is tracked */
export function readTracked(written: unknown): TrackedDescription | undefined {
  if (!isFields(written)) return undefined;
  const entries = (list: unknown) => (Array.isArray(list) ? list.filter(isFields) : []);
  const links = entries(written.links).map((link) => ({
    device: text(link.device),
    weight: whole(link.weight, WHOLE_PRIORITY),
  }));
  const scripts = entries(written.scripts).map((script) => {
    const intervalMs = quantity(script.intervalMs, "ms") ?? INTERVAL_MS.standard;
    return {
      name: text(script.name),
      program: text(script.program),
      arguments: Array.isArray(script.arguments) ? script.arguments.filter((each) => typeof each === "string") : [],
      intervalMs,
      timeoutMs: quantity(script.timeoutMs, "ms") ?? intervalMs,
      riseCount: whole(script.riseCount, RISE_COUNT),
      fallCount: whole(script.fallCount, FALL_COUNT),
      weight: whole(script.weight, WHOLE_PRIORITY),
    };
  });
  return { links, scripts };
}

/** Each link and each script once; a run ends before the next one begins. */
export function checkTracked(controllers: readonly Placed<ControllerDescription>[], report: Report): void {
  for (const { thing, path } of controllers) {
    const { links = [], scripts = [] } = thing.track ?? {};
    for (const [index, { device }] of links.entries()) {
      if (links.findIndex((each) => each.device === device) === index) continue;
      report([...path, "track", "links", index, "device"], `${device} is tracked already`, "each device once");
    }
    for (const [index, { name, intervalMs, timeoutMs }] of scripts.entries()) {
      const at = [...path, "track", "scripts", index];
      if (scripts.findIndex((each) => each.name === name) !== index) {
        report([...at, "name"], `script ${name} is there already`, "a name of its own");
      }
      if (timeoutMs <= intervalMs) continue;
      report([...at, "timeoutMs"], `${timeoutMs} ms is longer than intervalMs`, `at most ${intervalMs} ms`);
    }
  }
}
