/** Requests that are refused: a table. Each says on which servers, what is sent, and how it is refused. */

import { createHmac } from "node:crypto";
import { Tokens } from "../../../host/management/access/tokens.js";
import type { Asked } from "./fixture.js";
import { freshKey, KEY, tokenOf } from "./fixture.js";

export interface BadRequest {
  name: string;
  /** `both`: full and restricted. `passive`: a full server whose processor is not active. `tls`: of two processors. */
  on: "both" | "full" | "restricted" | "passive" | "tls";
  /** A request, or bytes as they are. */
  send: Asked | string;
  status: number;
  code: string;
}

const HEAD = "Host: 127.0.0.1\r\n";
const login = (body: unknown, more: Partial<Asked> = {}): Asked => ({
  method: "POST",
  path: "/api/v1/session",
  body,
  ...more,
});
const loginRaw = (raw: string | Buffer, headers: Record<string, string> = {}): Asked => ({
  method: "POST",
  path: "/api/v1/session",
  raw,
  headers,
});
const session = (headers: Record<string, string>): Asked => ({ path: "/api/v1/session", headers });
const bearer = (token: string) => session({ authorization: `Bearer ${token}` });

/** Drains a port, as far as the headers and body say so. */
function drain(headers: Record<string, string>, more: Partial<Asked> = {}): Asked {
  return {
    method: "PUT",
    path: "/api/v1/ports/p1/maintenance",
    body: { maintenance: true },
    role: "operator",
    headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"', ...headers },
    ...more,
  };
}

function restart(headers: Record<string, string>, more: Partial<Asked> = {}): Asked {
  const path = "/api/v1/processors/sp1/restart";
  const all = { "idempotency-key": freshKey(), "if-match": '"start-4"', ...headers };
  return { method: "POST", path, role: "administrator", headers: all, ...more };
}

function withPayload(change: (payload: Record<string, unknown>) => void): string {
  const [prefix, payload, mac] = tokenOf("monitor").split(".") as [string, string, string];
  const value = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  change(value);
  return `${prefix}.${Buffer.from(JSON.stringify(value)).toString("base64url")}.${mac}`;
}

function issuedAt(atMs: number, key: Buffer = KEY): string {
  return new Tokens([key], () => atMs).issue("somebody", "monitor", 60_000).token;
}

/** A token whose MAC is right and whose payload is no session. */
function signed(text: string): string {
  const payload = Buffer.from(text).toString("base64url");
  return `f1.${payload}.${createHmac("sha256", KEY).update(`f1.${payload}`).digest("base64url")}`;
}

const wire: BadRequest[] = [
  { name: "no HTTP", on: "both", send: "hello\r\n\r\n", status: 400, code: "no_http" },
  { name: "another version of HTTP", on: "both", send: `GET / HTTP/7.3\r\n${HEAD}\r\n`, status: 400, code: "no_http" },
  { name: "an unknown method", on: "both", send: `FROB / HTTP/1.1\r\n${HEAD}\r\n`, status: 400, code: "no_http" },
  {
    name: "a header without a name",
    on: "both",
    send: `GET / HTTP/1.1\r\n${HEAD}: x\r\n\r\n`,
    status: 400,
    code: "no_http",
  },
  {
    name: "a negative length",
    on: "both",
    send: `POST /api/v1/session HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n`,
    status: 400,
    code: "no_http",
  },
  {
    name: "two lengths",
    on: "both",
    send: `POST /api/v1/session HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
    status: 400,
    code: "no_http",
  },
  {
    name: "headers of 20 KiB",
    on: "both",
    send: { path: "/healthz", headers: { "x-long": "x".repeat(20_000) } },
    status: 431,
    code: "headers_too_large",
  },
  { name: "no Host", on: "both", send: "GET /healthz HTTP/1.1\r\n\r\n", status: 400, code: "bad_host" },
  {
    name: "a malformed Host",
    on: "both",
    send: { path: "/healthz", headers: { host: "a b" } },
    status: 400,
    code: "bad_host",
  },
  {
    name: "another Host (DNS rebinding)",
    on: "both",
    send: { path: "/healthz", headers: { host: "evil.example:80" } },
    status: 421,
    code: "other_host",
  },
  {
    name: "an expectation",
    on: "both",
    send: { path: "/healthz", headers: { expect: "tea" } },
    status: 417,
    code: "not_expected",
  },
  { name: "headers that never end", on: "both", send: `GET / HTTP/1.1\r\n${HEAD}`, status: 408, code: "too_slow" },
];

const paths: BadRequest[] = [
  { name: "no such path", on: "both", send: { path: "/api/v2/overview" }, status: 404, code: "no_such_path" },
  {
    name: "a path upwards",
    on: "both",
    send: { path: "/page/../../../../etc/passwd" },
    status: 404,
    code: "no_such_path",
  },
  {
    name: "a path upwards, encoded",
    on: "both",
    send: { path: "/page/%2e%2e%2fmain.js" },
    status: 404,
    code: "no_such_path",
  },
  {
    name: "a malformed path",
    on: "both",
    send: { path: "/api/v1/processors/%zz/status" },
    status: 400,
    code: "bad_path",
  },
  { name: "a path of 4 KB", on: "both", send: { path: `/${"x".repeat(4000)}` }, status: 414, code: "path_too_long" },
  {
    name: "another method",
    on: "both",
    send: { method: "PUT", path: "/api/v1/session" },
    status: 405,
    code: "other_method",
  },
  { name: "HEAD", on: "both", send: { method: "HEAD", path: "/healthz" }, status: 405, code: "other_method" },
  {
    name: "a query that nobody knows",
    on: "both",
    send: { path: "/healthz?verbose=1" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a number that is none",
    on: "both",
    send: { path: "/api/v1/processors/sp1/logs?lines=many", role: "operator" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "too many lines",
    on: "both",
    send: { path: "/api/v1/processors/sp1/logs?lines=1001", role: "operator" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "the same query twice",
    on: "both",
    send: { path: "/api/v1/processors/sp1/logs?lines=1&lines=2", role: "operator" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a page of no rows",
    on: "full",
    send: { path: "/api/v1/ports?limit=0", role: "monitor" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a stream too quick",
    on: "full",
    send: { path: "/api/v1/events?everyMs=1", role: "monitor" },
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a processor that is none",
    on: "both",
    send: { path: "/api/v1/processors/sp9/status", role: "monitor" },
    status: 404,
    code: "no_processor",
  },
  {
    name: "a name with a control character",
    on: "both",
    send: { path: "/api/v1/processors/sp%001/status", role: "monitor" },
    status: 400,
    code: "not_as_described",
  },
];

const bodies: BadRequest[] = [
  {
    name: "no body",
    on: "both",
    send: { method: "POST", path: "/api/v1/session" },
    status: 400,
    code: "not_as_described",
  },
  { name: "an empty body", on: "both", send: loginRaw(""), status: 400, code: "empty_body" },
  { name: "half an object", on: "both", send: loginRaw('{"user":"a"'), status: 400, code: "malformed_json" },
  {
    name: "a comma too many",
    on: "both",
    send: loginRaw('{"user":"a","password":"b",}'),
    status: 400,
    code: "malformed_json",
  },
  {
    name: "a prototype",
    on: "full",
    send: loginRaw('{"user":"a","password":"b","__proto__":{"role":"administrator"}}'),
    status: 400,
    code: "malformed_json",
  },
  {
    name: "a prototype, to the restricted server",
    on: "restricted",
    send: loginRaw('{"user":"a","password":"b","__proto__":{"role":"administrator"}}'),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a constructor",
    on: "restricted",
    send: loginRaw('{"user":"a","password":"b","constructor":{"prototype":{}}}'),
    status: 400,
    code: "not_as_described",
  },
  { name: "a list", on: "both", send: login(["a", "b"]), status: 400, code: "not_as_described" },
  {
    name: "ten thousand brackets",
    on: "both",
    send: loginRaw(`${"[".repeat(5000)}${"]".repeat(5000)}`),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a field too many",
    on: "both",
    send: login({ user: "a", password: "b", role: "administrator" }),
    status: 400,
    code: "not_as_described",
  },
  { name: "a field too few", on: "both", send: login({ user: "a" }), status: 400, code: "not_as_described" },
  {
    name: "a field of another type",
    on: "both",
    send: login({ user: 7, password: "b" }),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a user that can't be",
    on: "both",
    send: login({ user: "../root", password: "b" }),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "a password of 300 characters",
    on: "both",
    send: login({ user: "a", password: "b".repeat(300) }),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "text",
    on: "both",
    send: loginRaw("user=a", { "content-type": "text/plain" }),
    status: 415,
    code: "not_json",
  },
  {
    name: "a form",
    on: "both",
    send: loginRaw("user=a&password=b", { "content-type": "application/x-www-form-urlencoded" }),
    status: 415,
    code: "not_json",
  },
  {
    name: "a body of 20 KB",
    on: "both",
    send: login({ user: "a", password: "b".repeat(20_000) }),
    status: 413,
    code: "body_too_large",
  },
  {
    name: "a body of 20 KB in chunks",
    on: "both",
    send: loginRaw("x".repeat(20_000), { "content-length": "", "transfer-encoding": "chunked" }),
    status: 413,
    code: "body_too_large",
  },
  {
    name: "a body where none is wanted",
    on: "both",
    send: { method: "DELETE", path: "/api/v1/session", role: "monitor", body: {} },
    status: 400,
    code: "body_not_wanted",
  },
  {
    name: "yes for true",
    on: "full",
    send: drain({}, { body: { maintenance: "yes" } }),
    status: 400,
    code: "not_as_described",
  },
  {
    name: "an array file of 6 MB",
    on: "full",
    send: {
      method: "POST",
      path: "/api/v1/configuration/check",
      role: "operator",
      body: { text: "x".repeat(6_000_000) },
    },
    status: 413,
    code: "body_too_large",
  },
  {
    name: "a bundle outside its folder",
    on: "full",
    send: {
      method: "POST",
      path: "/api/v1/bundles/install",
      role: "administrator",
      body: { bundle: "../../etc", attempts: 1, confirmMs: 1 },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
    status: 400,
    code: "not_as_described",
  },
];

const credentials: BadRequest[] = [
  { name: "nobody", on: "both", send: session({}), status: 401, code: "not_logged_in" },
  {
    name: "another scheme",
    on: "both",
    send: session({ authorization: "Basic YTpi" }),
    status: 401,
    code: "bad_authorization",
  },
  {
    name: "an empty token",
    on: "both",
    send: session({ authorization: "Bearer " }),
    status: 401,
    code: "bad_authorization",
  },
  { name: "no token at all", on: "both", send: bearer("hello"), status: 401, code: "bad_token" },
  {
    name: "a token with another role",
    on: "both",
    send: bearer(withPayload((value) => (value["role"] = "administrator"))),
    status: 401,
    code: "bad_token",
  },
  {
    name: "a token with a longer life",
    on: "both",
    send: bearer(withPayload((value) => (value["expiresMs"] = 9e15))),
    status: 401,
    code: "bad_token",
  },
  {
    name: "a token of another key",
    on: "both",
    send: bearer(issuedAt(Date.now(), Buffer.alloc(32, 8))),
    status: 401,
    code: "bad_token",
  },
  { name: "an expired token", on: "both", send: bearer(issuedAt(Date.now() - 61_000)), status: 401, code: "bad_token" },
  {
    name: "a token of tomorrow",
    on: "both",
    send: bearer(issuedAt(Date.now() + 86_400_000)),
    status: 401,
    code: "bad_token",
  },
  {
    name: "a token in another spelling",
    on: "both",
    send: bearer(`${tokenOf("monitor")}A`),
    status: 401,
    code: "bad_token",
  },
  { name: "a signed token that is no session", on: "both", send: bearer(signed("[]")), status: 401, code: "bad_token" },
  {
    name: "a forged cookie",
    on: "both",
    send: session({ cookie: "fairlead=f1.e30.AAAA" }),
    status: 401,
    code: "bad_token",
  },
  {
    name: "two cookies",
    on: "both",
    send: session({ cookie: `fairlead=${tokenOf("monitor")}; fairlead=x` }),
    status: 400,
    code: "two_cookies",
  },
  {
    name: "a wrong password",
    on: "both",
    send: login({ user: "alice", password: "not hers at all" }),
    status: 401,
    code: "wrong_password",
  },
  {
    name: "a printed token that is none",
    on: "both",
    send: login({ oneTimeToken: "A".repeat(43) }),
    status: 401,
    code: "token_used",
  },
];

const roles: BadRequest[] = [
  {
    name: "a monitor that drains",
    on: "full",
    send: drain({}, { role: "monitor" }),
    status: 403,
    code: "role_too_low",
  },
  {
    name: "a monitor that reads logs",
    on: "both",
    send: { path: "/api/v1/processors/sp1/logs", role: "monitor" },
    status: 403,
    code: "role_too_low",
  },
  {
    name: "an operator that restarts",
    on: "both",
    send: restart({}, { role: "operator" }),
    status: 403,
    code: "role_too_low",
  },
  {
    name: "an operator that reads the audit log",
    on: "full",
    send: { path: "/api/v1/audit", role: "operator" },
    status: 403,
    code: "role_too_low",
  },
  {
    name: "a user that speaks as a processor",
    on: "both",
    send: { method: "PUT", path: "/api/v1/peer/facts", role: "administrator", body: {} },
    status: 403,
    code: "processors_only",
  },
  {
    name: "a user that names an epoch",
    on: "both",
    send: restart({ "fairlead-epoch": "9" }),
    status: 403,
    code: "processors_only",
  },
  {
    name: "a user on behalf of another",
    on: "both",
    send: session({ "fairlead-on-behalf-of": "root administrator" }),
    status: 401,
    code: "not_logged_in",
  },
  {
    name: "a page of another site",
    on: "full",
    send: drain({ origin: "https://evil.example" }),
    status: 403,
    code: "other_origin",
  },
  { name: "a page without an origin", on: "full", send: drain({ origin: "null" }), status: 403, code: "other_origin" },
  {
    name: "another port of this machine",
    on: "both",
    send: restart({ origin: "http://127.0.0.1:1" }),
    status: 403,
    code: "other_origin",
  },
  {
    name: "a link on a page of another site",
    on: "full",
    send: { path: "/api/v1/overview", role: "monitor", headers: { "sec-fetch-site": "cross-site" } },
    status: 403,
    code: "other_site",
  },
];

const conditions: BadRequest[] = [
  { name: "no condition", on: "full", send: drain({ "if-match": "" }), status: 428, code: "no_condition" },
  { name: "any condition", on: "full", send: drain({ "if-match": "*" }), status: 400, code: "bad_condition" },
  {
    name: "a weak condition",
    on: "full",
    send: drain({ "if-match": 'W/"1.1.1"' }),
    status: 400,
    code: "bad_condition",
  },
  {
    name: "two conditions",
    on: "full",
    send: drain({ "if-match": '"1.1.1", "1.1.2"' }),
    status: 400,
    code: "bad_condition",
  },
  { name: "an earlier revision", on: "full", send: drain({ "if-match": '"1.0.1"' }), status: 412, code: "changed" },
  { name: "a stale epoch", on: "full", send: drain({ "if-match": '"1.1.0"' }), status: 412, code: "changed" },
  {
    name: "a start that is over",
    on: "both",
    send: restart({ "if-match": '"start-3"' }),
    status: 412,
    code: "changed",
  },
  { name: "no key", on: "full", send: drain({ "idempotency-key": "" }), status: 400, code: "no_key" },
  { name: "a short key", on: "both", send: restart({ "idempotency-key": "short" }), status: 400, code: "no_key" },
  {
    name: "a key where none is wanted",
    on: "both",
    send: {
      method: "POST",
      path: "/api/v1/processors/sp1/self-test",
      role: "operator",
      headers: { "idempotency-key": freshKey() },
    },
    status: 400,
    code: "key_not_wanted",
  },
  {
    name: "a port that is none",
    on: "full",
    send: drain({}, { path: "/api/v1/ports/p9/maintenance" }),
    status: 404,
    code: "no_port",
  },
  {
    name: "nothing to confirm",
    on: "full",
    send: {
      method: "POST",
      path: "/api/v1/configuration/confirm",
      role: "administrator",
      body: { digest: "00" },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
    status: 409,
    code: "nothing_unconfirmed",
  },
  {
    name: "an array file that is none",
    on: "full",
    send: {
      method: "PUT",
      path: "/api/v1/configuration",
      role: "administrator",
      body: { text: "name: [", confirmWithinMs: 1000 },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
    status: 409,
    code: "not_adopted",
  },
  { name: "a passive processor", on: "passive", send: drain({}), status: 421, code: "not_active" },
  {
    name: "another processor, by a passive one",
    on: "passive",
    send: { path: "/api/v1/processors/sp2/status", role: "monitor" },
    status: 421,
    code: "not_active",
  },
  {
    name: "what a restricted server has not",
    on: "restricted",
    send: drain({}),
    status: 503,
    code: "restricted_server",
  },
];

export const badRequests: readonly BadRequest[] = [
  ...wire,
  ...paths,
  ...bodies,
  ...credentials,
  ...roles,
  ...conditions,
];
