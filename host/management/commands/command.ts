/** What a command of the management interface is. The table of all of them is in `table.ts`. */

/** Roles of people and programs, each including those before it. */
export const ROLES = ["monitor", "operator", "administrator"] as const;
export type Role = (typeof ROLES)[number];

/** Who may call a command: anyone, whoever has at least a role, or only another processor of the array. */
export type Audience = "anyone" | Role | "processor";

/**
 * `restricted`: the restricted server has the command too, so the restricted set is a part of the full one by
 * construction. `full`: only the full server has it.
 */
export type CommandClass = "full" | "restricted";

/**
 * Who carries it out. `own`: whichever processor it reaches. `named`: the processor in the path; another one's is
 * fetched by the active processor. `active`: the active processor alone.
 */
export type Routing = "own" | "named" | "active";

/** What `If-Match` must name: the array's revision, or the start of the service that is meant. */
export type Condition = "array" | "service" | "none";

/** JSON Schema (draft 7), as ajv reads it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Writes {
  /** Without it a retry could do twice what was asked once. */
  readonly idempotencyKey: boolean;
  readonly condition: Condition;
}

export interface Command {
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path with parameters in braces, as OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  readonly class: CommandClass;
  readonly audience: Audience;
  readonly routing: Routing;
  /** Absent for a command that changes nothing. */
  readonly writes?: Writes;
  readonly parameters?: Readonly<Record<string, Schema>>;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** Largest body, in bytes, where it is not the usual one. */
  readonly bodyBytesMax?: number;
  readonly answer: Schema;
  /** Of the answer; JSON where absent. */
  readonly produces?: "text/event-stream" | "text/plain" | "application/json";
  /** Entries of the audit log are written also when it succeeds: it changes something, or reads what is confidential. */
  readonly audited: boolean;
}

/** Whether somebody of one role may call what is for another. */
export function includesRole(has: Role, wanted: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(wanted);
}

/** The restricted set. */
export function isRestricted(command: Command): boolean {
  return command.class === "restricted";
}

/** Values for a path's parameters, in its order: `/ports/{port}/x` and `/ports/a%201/x` give `{port: "a 1"}`. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, step] of wanted.entries()) {
    const word = given[index] ?? "";
    if (!step.startsWith("{")) {
      if (step !== word) return undefined;
      continue;
    }
    const value = decoded(word);
    if (value === undefined || value === "") return undefined;
    values[step.slice(1, -1)] = value;
  }
  return values;
}

function decoded(word: string): string | undefined {
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined;
  }
}
