/** What controllers ask one another about the configuration. */

import type { Problem } from "../../array/description.js";
import { problemOf } from "../../shim/staging.js";
import type { CommandLink, Message } from "../commands/link.js";

/** What another controller says of a text. */
export type Staged = { digest: number } | { problems: Problem[] };

/** A controller's reason against a text. */
export interface Refused {
  controller: string;
  problem: Problem;
}

export class Asking {
  constructor(
    private readonly link: CommandLink,
    /** For an answer. */
    private readonly timeoutMs: number,
  ) {}

  /** Has another controller check a text against the configuration that should be in force there. */
  async stage(other: string, text: string, present: number): Promise<Staged> {
    const answer = await this.ask(other, { kind: "stageConfiguration", text, present });
    if (typeof answer?.digest === "number") return { digest: answer.digest };
    if (Array.isArray(answer?.problems)) return { problems: answer.problems.map(readProblem) };
    return { problems: [problemOf("", "no answer", "every controller running and in reach")] };
  }

  /** Revision that another controller has in force; undefined without an answer, -1 where it could not adopt it. */
  async inForceAt(other: string): Promise<number | undefined> {
    const answer = await this.ask(other, { kind: "configurationInForce" });
    return typeof answer?.revision === "number" ? answer.revision : undefined;
  }

  private ask(other: string, message: Message): Promise<Message | undefined> {
    return this.link.request(other, message, this.timeoutMs).catch(() => undefined);
  }
}

/** A problem as another controller wrote it. */
function readProblem(value: unknown): Problem {
  const { file, line, column, field, message, expected } = (value ?? {}) as Partial<Record<keyof Problem, unknown>>;
  return {
    file: textOf(file),
    line: Number.isSafeInteger(line) ? (line as number) : 0,
    column: Number.isSafeInteger(column) ? (column as number) : 0,
    field: textOf(field),
    message: textOf(message),
    expected: textOf(expected),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
