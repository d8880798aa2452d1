/** The JSON Schema of scenario files. */

import {
  arrayBody,
  NAME_SCHEMA,
  policySchema,
  quantitySchema,
  type Schema,
  sharedDefinitions,
} from "../array/schema.js";
import { DecisionKindNames, ReasonNames } from "../shim/generated/layout.js";
import { actions, world } from "./event-schema.js";
import { arrayReference, byName, duration, knobs, object, stateSchema } from "./schema-parts.js";

function decision(): Schema {
  const named = (names: readonly string[]) => names.filter((name) => name !== "" && name !== "NONE");
  return object(
    {
      at: duration("When; any time if not given."),
      within: duration("How far from `at`; the case's tolerance if not given."),
      kind: { enum: named(DecisionKindNames) },
      subject: { type: "string", description: "A name, or initiator>target for a session." },
      from: { type: "string" },
      to: { type: "string" },
      reason: { enum: named(ReasonNames) },
      detail: { type: "integer", minimum: 0 },
      epoch: { type: "integer", minimum: 0 },
    },
    [],
    "A decision; fields that are not given may be anything.",
  );
}

function expectation(): Schema {
  const item = { $ref: "#/definitions/decision" };
  const decisions = (description: string): Schema => ({ type: "array", items: item, description });
  return object(
    {
      exactly: decisions("All decisions, in this order."),
      includes: decisions("Among the decisions, in this order."),
      none: decisions("No decision is like one of these."),
      end: stateSchema("What is so at the end."),
    },
    [],
    "What must come of it.",
  );
}

function caseSchema(): Schema {
  const event = object({ at: duration("When."), ...actions }, ["at"], "What happens at a time, in the order written.");
  return object(
    {
      name: { type: "string", minLength: 1, description: "A sentence: given, when, then." },
      about: { type: "string", description: "Why the case is there, and its source." },
      array: arrayReference,
      controller: { ...NAME_SCHEMA, description: "Controller that runs the module; the first if not given." },
      profile: { enum: ["small", "standard", "large"], description: "Over the array's." },
      knobs,
      tick: quantitySchema("ms", 1, 60_000, "Time between ticks; 100ms if not given."),
      until: duration("When the case ends; 10s after the last event if not given."),
      tolerance: duration("How far a decision may be from its `at`; 0 if not given."),
      world: { $ref: "#/definitions/world" },
      events: { type: "array", items: event },
      expect: expectation(),
    },
    ["name", "array"],
    "One case.",
  );
}

/** The schema of `build/scenario.schema.json`. */
export function scenarioSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "fairlead scenarios",
    definitions: {
      ...sharedDefinitions(),
      array: arrayBody(),
      knobs: { ...policySchema(), description: "Knobs over those of the array." },
      world,
      decision: decision(),
    },
    ...object(
      {
        about: { type: "string" },
        arrays: byName({ $ref: "#/definitions/array" }, "Arrays that cases share, by name."),
        cases: { type: "array", minItems: 1, items: caseSchema() },
      },
      ["cases"],
      "Given this array, when this happens, then these decisions.",
    ),
  };
}
