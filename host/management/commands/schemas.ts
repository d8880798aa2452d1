/** Schemas that several commands share. Objects are closed: a field that nobody knows is refused, not passed over. */

import type { Schema } from "./command.js";

/** A closed object; every property is required unless named in `optional`. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

export function oneOf(words: readonly string[]): Schema {
  return { type: "string", enum: [...words] };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

export const text: Schema = { type: "string" };
export const flag: Schema = { type: "boolean" };
export const whole: Schema = { type: "integer" };
export const count: Schema = { type: "integer", minimum: 0 };
export const number: Schema = { type: "number" };
/** Milliseconds of the module's time, or a duration. */
export const ms: Schema = { type: "number", minimum: 0 };
export const permille: Schema = { type: "integer", minimum: 0 };
/** Name of a thing of the array file: printable, without controls. */
export const name: Schema = { type: "string", minLength: 1, maxLength: 223, pattern: "^[^\\u0000-\\u001f\\u007f]+$" };
export const userName: Schema = { type: "string", pattern: "^[a-z][a-z0-9._-]{0,31}$" };
/** RFC 3339, UTC. */
export const time: Schema = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" };
export const digest: Schema = { type: "string", pattern: "^[0-9a-f]*$" };

/** A list of rows, cut where `limit` says; `next` goes on from there, null at the end. */
export function page(items: Schema): Schema {
  return object({ items: list(items), total: count, next: orNull(count) });
}

export const pageQuery = {
  after: { type: "integer", minimum: 0, maximum: 0xffffffff, default: 0 },
  limit: { type: "integer", minimum: 1, maximum: 1000, default: 200 },
} as const;

/** Every refusal, RFC 9457 (application/problem+json). */
export const problem: Schema = object(
  {
    title: text,
    status: { type: "integer", minimum: 400, maximum: 599 },
    /** One word for programs. */
    code: { type: "string", pattern: "^[a-z_]+$" },
    detail: text,
    processor: text,
    /** The active processor where this one is not it; null when there is none. */
    active: orNull(text),
    problems: list(
      object({ field: text, message: text, line: count, expected: text, controller: text }, [
        "line",
        "expected",
        "controller",
      ]),
    ),
  },
  ["active", "problems"],
);

export const decision: Schema = object({
  timeMs: ms,
  sequence: count,
  epoch: count,
  kind: text,
  subjectKind: text,
  subject: text,
  from: orNull(text),
  to: orNull(text),
  reason: text,
  detail: count,
});

export const selfTest: Schema = object({
  name: oneOf(["processor", "memory", "disk", "process", "web-server", "clock"]),
  passed: orNull(flag),
  detail: text,
});

/** What a processor says of itself. `sequence` and `producedAt` tell a fresh answer from an old one. */
export const processorStatus: Schema = object({
  processor: name,
  server: oneOf(["full", "restricted"]),
  role: oneOf(["active", "passive", "caretaker", "none"]),
  state: text,
  active: orNull(name),
  epoch: count,
  producedAt: time,
  sequence: count,
  bootCount: count,
  version: text,
  configuration: text,
  service: object({
    running: flag,
    processId: orNull(count),
    upMs: ms,
    ticks: count,
    /** Since the last tick; null when none is known. */
    lastTickAgeMs: orNull(ms),
    tickMeanUs: number,
    tickLongestUs: number,
  }),
  machine: object({ upMs: ms, loadPermille: count, memoryBytes: count, freeMemoryBytes: count }),
  selfTests: list(selfTest),
  /** Links and scripts that lower its priority while they are not up; null from a restricted server. */
  tracked: orNull(
    list(
      object({
        kind: oneOf(["link", "script"]),
        name: text,
        weight: count,
        state: oneOf(["unknown", "up", "down"]),
        detail: text,
      }),
    ),
  ),
});

/** As the client gets it: by whom it was asked for, and whether it is fresh. */
export const answeredStatus: Schema = object({
  status: processorStatus,
  answeredBy: name,
  fresh: flag,
  /** Age of what is not fresh, by the clock of the processor that kept it. */
  ageMs: ms,
});
