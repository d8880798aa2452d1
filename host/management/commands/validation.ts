/** Checks what comes in against the table's schemas, alike on both servers. */

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { type FieldProblem, Refusal } from "../access/refusal.js";
import type { Command, Schema } from "./command.js";
import { object } from "./schemas.js";

/** Bodies are taken as they are. Queries and paths are text, so numbers in them are read as such. */
const strict = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
const reading = new Ajv({ strict: true, strictTypes: false, coerceTypes: true, useDefaults: true });

export interface Validators {
  parameters: ValidateFunction;
  query: ValidateFunction;
  body: ValidateFunction | undefined;
}

const compiled = new Map<string, Validators>();

export function validatorsOf(command: Command): Validators {
  const known = compiled.get(command.name);
  if (known !== undefined) return known;
  const query = command.query ?? {};
  const validators: Validators = {
    parameters: reading.compile(object(command.parameters ?? {})),
    query: reading.compile(object(query, Object.keys(query))),
    body: command.body === undefined ? undefined : strict.compile(command.body),
  };
  compiled.set(command.name, validators);
  return validators;
}

/** For tests and for answers of other processors. */
export function compileAnswer(schema: Schema): ValidateFunction {
  return strict.compile(schema);
}

export interface Inputs {
  parameters: Record<string, unknown>;
  query: Record<string, unknown>;
  body: unknown;
}

/** @throws Refusal 400 with the fields that are wrong; path and query values are read into numbers in place */
export function validate(command: Command, inputs: Inputs): void {
  const validators = validatorsOf(command);
  check(validators.parameters, inputs.parameters, "path");
  check(validators.query, inputs.query, "query");
  if (validators.body !== undefined) check(validators.body, inputs.body, "body");
  else if (inputs.body !== undefined && inputs.body !== null) {
    throw new Refusal(400, "body_not_wanted", `${command.name} takes no body`);
  }
}

function check(validator: ValidateFunction, value: unknown, where: string): void {
  if (validator(value)) return;
  const problems = (validator.errors ?? []).slice(0, 10).map((error) => problemOf(error, where));
  throw new Refusal(400, "not_as_described", problems[0]?.message ?? "not as the schema says", { problems });
}

function problemOf(error: ErrorObject, where: string): FieldProblem {
  const inside = error.instancePath.replaceAll("/", ".");
  const extra = "additionalProperty" in error.params ? `.${String(error.params["additionalProperty"])}` : "";
  return { field: `${where}${inside}${extra}`.slice(0, 200), message: error.message ?? "is wrong" };
}
