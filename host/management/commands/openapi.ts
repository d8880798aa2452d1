/** The OpenAPI 3.1 description, made from the table of commands. */

import { type Command, isRestricted, type Schema } from "./command.js";
import { problem } from "./schemas.js";
import { commands } from "./table.js";

const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";

/** What a command may be refused with, and when. */
export function refusalsOf(command: Command): Record<number, string> {
  const refusals: Record<number, string> = {
    400: "Malformed, or not as the schema says.",
    408: "The request took too long to arrive.",
    413: "The body is too large.",
    421: "Another host was meant, or this processor is not the active one.",
    429: "Too many requests.",
  };
  if (command.audience !== "anyone") refusals[401] = "Not logged in.";
  if (command.audience !== "anyone" || command.writes) refusals[403] = "The role, or the page it came from, may not.";
  if (command.parameters) refusals[404] = "No such thing.";
  if (command.body) refusals[415] = "The body is not JSON.";
  if (command.writes) refusals[409] = "A stale epoch, or the same command is under way.";
  if (command.writes?.idempotencyKey) refusals[422] = "The idempotency key was used for another command.";
  if (command.writes && command.writes.condition !== "none") {
    refusals[412] = "Things have changed: If-Match names an earlier revision.";
    refusals[428] = "If-Match is missing.";
  }
  if (command.class === "full") refusals[503] = "This is a restricted server; `active` names the active processor.";
  if (command.routing === "named") refusals[504] = "The processor is out of reach and nothing of it is known.";
  return refusals;
}

function parametersOf(command: Command): Schema[] {
  const inPath = Object.entries(command.parameters ?? {}).map(([name, schema]) => ({
    name,
    in: "path",
    required: true,
    schema,
  }));
  const inQuery = Object.entries(command.query ?? {}).map(([name, schema]) => ({ name, in: "query", schema }));
  const headers: Schema[] = [];
  if (command.writes?.idempotencyKey) {
    headers.push({
      name: "Idempotency-Key",
      in: "header",
      required: true,
      schema: { type: "string", pattern: "^[A-Za-z0-9_-]{16,64}$" },
    });
  }
  if (command.writes && command.writes.condition !== "none") {
    headers.push({ name: "If-Match", in: "header", required: true, schema: { type: "string" } });
  }
  return [...inPath, ...inQuery, ...headers];
}

function securityOf(command: Command): Schema[] {
  if (command.audience === "anyone") return [];
  if (command.audience === "processor") return [{ processor: [] }];
  return [{ bearer: [] }, { cookie: [] }, ...(command.routing === "named" ? [{ processor: [] }] : [])];
}

function operationOf(command: Command): Schema {
  const responses: Record<string, Schema> = {
    200: {
      description: "Done.",
      content: { [command.produces ?? JSON_TYPE]: { schema: command.answer } },
    },
  };
  for (const [status, description] of Object.entries(refusalsOf(command))) {
    responses[status] = {
      description,
      content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return {
    operationId: command.name,
    summary: command.summary,
    tags: [isRestricted(command) ? "restricted and full" : "full"],
    "x-audience": command.audience,
    "x-class": command.class,
    "x-routing": command.routing,
    security: securityOf(command),
    parameters: parametersOf(command),
    ...(command.body ? { requestBody: { required: true, content: { [JSON_TYPE]: { schema: command.body } } } } : {}),
    responses,
  };
}

/** @param version of this software */
export function describe(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const command of commands) {
    paths[command.path] ??= {};
    (paths[command.path] as Record<string, Schema>)[command.method.toLowerCase()] = operationOf(command);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Fairlead management interface",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas: { Problem: problem },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "__Host-fairlead" },
        processor: { type: "mutualTLS" },
      },
    },
  };
}
