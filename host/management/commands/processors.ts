/** Commands for a processor by its name: the restricted set, which also an unhealthy processor carries out. */

import type { Command, Schema } from "./command.js";
import { answeredStatus, count, flag, list, name, object, oneOf, orNull, selfTest, text, time } from "./schemas.js";

const parameters: Readonly<Record<string, Schema>> = { processor: name };

/** Wraps what a processor answers: by whom it was asked, and that it is fresh. */
function answered(properties: Readonly<Record<string, Schema>>): Schema {
  return object({ processor: name, answeredBy: name, server: oneOf(["full", "restricted"]), ...properties });
}

export const processorCommands: readonly Command[] = [
  {
    name: "getProcessorStatus",
    method: "GET",
    path: "/api/v1/processors/{processor}/status",
    summary: "Status of a processor, made by itself just now; the last known one, with its age, if it is out of reach.",
    class: "restricted",
    audience: "monitor",
    routing: "named",
    parameters,
    answer: answeredStatus,
    audited: false,
  },
  {
    name: "getProcessorLogs",
    method: "GET",
    path: "/api/v1/processors/{processor}/logs",
    summary: "The latest lines that a processor's service has written.",
    class: "restricted",
    audience: "operator",
    routing: "named",
    parameters,
    query: { lines: { type: "integer", minimum: 1, maximum: 1000, default: 100 } },
    answer: answered({ lines: list(object({ at: time, text })), dropped: count }),
    audited: false,
  },
  {
    name: "testProcessor",
    method: "POST",
    path: "/api/v1/processors/{processor}/self-test",
    summary: "Have a processor test itself: processor, memory, disk, process, web server, clock.",
    class: "restricted",
    audience: "operator",
    routing: "named",
    parameters,
    writes: { idempotencyKey: false, condition: "none" },
    answer: answered({ tests: list(selfTest), passed: flag, tookMs: count }),
    audited: true,
  },
  {
    name: "restartService",
    method: "POST",
    path: "/api/v1/processors/{processor}/restart",
    summary:
      "Restart a processor's service. If-Match names the start that is to end, so a retry restarts nothing twice.",
    class: "restricted",
    audience: "administrator",
    routing: "named",
    parameters,
    writes: { idempotencyKey: true, condition: "service" },
    answer: answered({ restarted: flag, bootCount: orNull(count) }),
    audited: true,
  },
];

/** What processors tell one another, over mutual TLS only. */
export const peerCommands: readonly Command[] = [
  {
    name: "keepFact",
    method: "PUT",
    path: "/api/v1/peer/facts",
    summary: "Keep what holds on all processors: an ended session, or a command's idempotency key and its answer.",
    class: "restricted",
    audience: "processor",
    routing: "own",
    writes: { idempotencyKey: false, condition: "none" },
    body: {
      type: "object",
      required: ["kind"],
      properties: { kind: { type: "string" } },
      oneOf: [
        object({ kind: { const: "ended-session" }, session: text, untilMs: count }),
        object(
          {
            kind: { const: "command" },
            key: text,
            request: text,
            state: oneOf(["begun", "done"]),
            by: name,
            untilMs: count,
            status: { type: "integer", minimum: 200, maximum: 599 },
            answer: text,
          },
          ["status", "answer"],
        ),
      ],
    },
    bodyBytesMax: 128 * 1024,
    answer: object({ kept: flag }),
    audited: false,
  },
];
