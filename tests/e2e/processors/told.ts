/** What goes over between the harness and the client's process, a line of JSON each. */

import type { Reply } from "./line.js";

/** To the client. */
export type Wish = Once | Commanded | Quiet;

/** A single question to any address. */
export interface Once {
  wish: "once";
  id: number;
  host: string;
  port: number;
  method: string;
  path: string;
}

/**
 * A request at the one address, asked again by the client until it is answered: commands by the page's own code, reads
 * by a like rule.
 */
export interface Commanded {
  wish: "command" | "read";
  id: number;
  method: "GET" | "POST" | "PUT";
  path: string;
  body?: unknown;
  /** What If-Match names. */
  revision?: string;
  /** False for one that changes nothing. */
  keyed?: boolean;
  /** The same key again, as if the answer had been lost. */
  key?: string;
}

/** It stops asking for the status of these. */
export interface Quiet {
  wish: "quiet";
  subjects: readonly string[];
}

/** What the client tells. Times in microseconds of CLOCK_MONOTONIC; status 0: no answer, `why` says why. */
export type Told =
  | ({ told: "health" } & Timed)
  | ({ told: "status"; subject: string } & Timed)
  | ({ told: "session" } & Timed)
  | { told: "login"; atUs: number }
  | { told: "sent"; id: number; atUs: number; key: string }
  | { told: "answer"; id: number; reply: Reply; why?: string }
  | StreamTold;

/** Of the event stream: it was opened by a processor, brought an overview that it made, or broke off. */
export type StreamTold = { told: "stream"; atUs: number } & (
  | { what: "opened" | "overview"; processor: string }
  | { what: "decision"; processor: string; sequence: number }
  | { what: "broken"; why: string }
);

export interface Timed {
  sentUs: number;
  doneUs: number;
  reply: Reply;
  why?: string;
}
