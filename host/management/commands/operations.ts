/** Commands that change the array: for operators, and the configuration for administrators. */

import type { Command, Schema, Writes } from "./command.js";
import { count, digest, flag, list, ms, name, object, oneOf, orNull, page, pageQuery, text } from "./schemas.js";

/** Every command says a wished state, so carrying it out twice does no harm; the key has a retry answered alike. */
const conditional: Writes = { idempotencyKey: true, condition: "array" };
const done = object({ operation: text, subject: text, state: oneOf(["done", "under-way"]), revision: text });
const problems = list(
  object({ field: text, message: text, line: count, expected: text, controller: text }, ["controller"]),
);
/** An array file, as text. */
const arrayFile: Schema = { type: "string", minLength: 1, maxLength: 4 * 1024 * 1024 };
const CONFIGURATION_BYTES_MAX = 5 * 1024 * 1024;
const bundleName: Schema = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" };

function operation(
  fields: Pick<Command, "name" | "method" | "path" | "summary"> & Partial<Pick<Command, "parameters" | "body">>,
): Command {
  return {
    class: "full",
    audience: "operator",
    routing: "active",
    writes: conditional,
    answer: done,
    audited: true,
    ...fields,
  };
}

export const operationCommands: readonly Command[] = [
  operation({
    name: "setPortMaintenance",
    method: "PUT",
    path: "/api/v1/ports/{port}/maintenance",
    summary: "Drain a target port, or take it back into service.",
    parameters: { port: name },
    body: object({ maintenance: flag }),
  }),
  operation({
    name: "setControllerMaintenance",
    method: "PUT",
    path: "/api/v1/controllers/{controller}/maintenance",
    summary: "Drain a controller, its target ports, server and processor, or take it back into service.",
    parameters: { controller: name },
    body: object({ maintenance: flag }),
  }),
  operation({
    name: "failBack",
    method: "POST",
    path: "/api/v1/operations/fail-back",
    summary: "Have what was displaced go home: all interfaces and units, or those of the server that is named.",
    body: object({ server: name }, ["server"]),
  }),
  operation({
    name: "rebalance",
    method: "POST",
    path: "/api/v1/operations/rebalance",
    summary: "Have interfaces spread as evenly as can be, with the fewest moves.",
    body: object({}),
  }),
  operation({
    name: "switchOver",
    method: "POST",
    path: "/api/v1/operations/switch-over",
    summary: "Make the named processor the active one, once requests under way are answered.",
    body: object({ processor: name }),
  }),
];

const configurationState = object({
  text: orNull(text),
  digest,
  file: orNull(text),
  revision: text,
  unconfirmed: flag,
  returnsInMs: orNull(ms),
});

export const configurationCommands: readonly Command[] = [
  {
    name: "getConfiguration",
    method: "GET",
    path: "/api/v1/configuration",
    summary: "The array file in force, and whether it still waits to be confirmed.",
    class: "full",
    audience: "monitor",
    routing: "own",
    answer: configurationState,
    audited: false,
  },
  {
    name: "checkConfiguration",
    method: "POST",
    path: "/api/v1/configuration/check",
    summary: "Check an array file and change nothing.",
    class: "full",
    audience: "operator",
    routing: "active",
    writes: { idempotencyKey: false, condition: "none" },
    body: object({ text: arrayFile }),
    bodyBytesMax: CONFIGURATION_BYTES_MAX,
    answer: object({ adoptable: flag, problems, digest }),
    audited: false,
  },
  {
    name: "commitConfiguration",
    method: "PUT",
    path: "/api/v1/configuration",
    summary: "Adopt an array file; it is taken back by itself unless it is confirmed in time.",
    class: "full",
    audience: "administrator",
    routing: "active",
    writes: conditional,
    body: object({ text: arrayFile, confirmWithinMs: { type: "integer", minimum: 1000, maximum: 3600000 } }),
    bodyBytesMax: CONFIGURATION_BYTES_MAX,
    answer: object({ adopted: flag, digest, revision: text, returnsInMs: orNull(ms) }),
    audited: true,
  },
  {
    name: "confirmConfiguration",
    method: "POST",
    path: "/api/v1/configuration/confirm",
    summary: "Keep the array file that was adopted last.",
    class: "full",
    audience: "administrator",
    routing: "active",
    writes: conditional,
    body: object({ digest }),
    answer: object({ confirmed: flag, digest }),
    audited: true,
  },
  {
    name: "returnConfiguration",
    method: "POST",
    path: "/api/v1/configuration/return",
    summary: "Take back the array file that was adopted last.",
    class: "full",
    audience: "administrator",
    routing: "active",
    writes: conditional,
    body: object({ digest }),
    answer: object({ returned: flag, digest, revision: text }),
    audited: true,
  },
];

const slots = object({
  active: oneOf(["a", "b"]),
  trial: oneOf(["none", "pending"]),
  trialDigest: text,
  attempts: count,
  attemptsMax: count,
  confirmMs: count,
  returned: text,
  securityCounter: count,
});

function bundleCommand(fields: Pick<Command, "name" | "path" | "summary"> & Partial<Pick<Command, "body">>): Command {
  return {
    method: "POST",
    class: "full",
    audience: "administrator",
    routing: "own",
    writes: conditional,
    answer: slots,
    audited: true,
    ...fields,
  };
}

export const bundleCommands: readonly Command[] = [
  {
    name: "getBundles",
    method: "GET",
    path: "/api/v1/bundles",
    summary: "The two slots of this processor, and the bundles that wait to be installed.",
    class: "full",
    audience: "monitor",
    routing: "own",
    answer: object({ slots: orNull(slots), waiting: list(bundleName) }),
    audited: false,
  },
  bundleCommand({
    name: "installBundle",
    path: "/api/v1/bundles/install",
    summary: "Verify a waiting bundle and put it on trial from the next start on.",
    body: object({
      bundle: bundleName,
      attempts: { type: "integer", minimum: 1, maximum: 100 },
      confirmMs: { type: "integer", minimum: 1, maximum: 86400000 },
    }),
  }),
  bundleCommand({
    name: "confirmBundle",
    path: "/api/v1/bundles/confirm",
    summary: "The bundle on trial is good: make it the active one.",
    body: object({}),
  }),
  bundleCommand({
    name: "returnBundle",
    path: "/api/v1/bundles/return",
    summary: "End the trial; the old bundle runs from the next start on.",
    body: object({}),
  }),
];

export const auditCommands: readonly Command[] = [
  {
    name: "listAudit",
    method: "GET",
    path: "/api/v1/audit",
    summary: "Entries of this processor's audit log, the oldest first, and whether the chain of hashes holds.",
    class: "full",
    audience: "administrator",
    routing: "own",
    query: pageQuery,
    answer: object({
      intact: flag,
      head: digest,
      entries: page({ type: "object", additionalProperties: true }),
    }),
    audited: true,
  },
];
