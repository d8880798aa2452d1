/** Requests that are refused, as rows of a table: on which servers, what is sent, and how it is refused. */

import type { Asked } from "../fixture.js";
import { freshKey } from "../fixture.js";

export interface BadRequest {
  name: string;
  /** `both`: full and restricted. `passive`: a full server whose processor is not active. */
  on: "both" | "full" | "restricted" | "passive";
  /** A request, or bytes as they are. */
  send: Asked | string;
  status: number;
  code: string;
}

/** Rows that are refused alike. @param rows by name */
export function refused(
  on: BadRequest["on"],
  status: number,
  code: string,
  rows: Readonly<Record<string, BadRequest["send"]>>,
): BadRequest[] {
  return Object.entries(rows).map(([name, send]) => ({ name, on, send, status, code }));
}

export const login = (body: unknown, more: Partial<Asked> = {}): Asked => ({
  method: "POST",
  path: "/api/v1/session",
  body,
  ...more,
});
export const loginRaw = (raw: string | Buffer, headers: Record<string, string> = {}): Asked => ({
  method: "POST",
  path: "/api/v1/session",
  raw,
  headers,
});
export const session = (headers: Record<string, string>): Asked => ({ path: "/api/v1/session", headers });
export const bearer = (token: string) => session({ authorization: `Bearer ${token}` });

/** Drains a port, as far as the headers and body say so. */
export function drain(headers: Record<string, string>, more: Partial<Asked> = {}): Asked {
  return {
    method: "PUT",
    path: "/api/v1/ports/p1/maintenance",
    body: { maintenance: true },
    role: "operator",
    headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"', ...headers },
    ...more,
  };
}

export function restart(headers: Record<string, string>, more: Partial<Asked> = {}): Asked {
  const path = "/api/v1/processors/sp1/restart";
  const all = { "idempotency-key": freshKey(), "if-match": '"start-4"', ...headers };
  return { method: "POST", path, role: "administrator", headers: all, ...more };
}
