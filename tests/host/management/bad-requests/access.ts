/** Who nobody knows, and who may not. */

import { createHmac } from "node:crypto";
import { Tokens } from "../../../../host/management/access/tokens.js";
import { KEY, tokenOf } from "../fixture.js";
import { type BadRequest, bearer, drain, login, refused, restart, session } from "./form.js";

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

export const credentials: readonly BadRequest[] = [
  ...refused("both", 401, "not_logged_in", {
    nobody: session({}),
  }),
  ...refused("both", 401, "bad_authorization", {
    "another scheme": session({ authorization: "Basic YTpi" }),
    "an empty token": session({ authorization: "Bearer " }),
  }),
  ...refused("both", 401, "bad_token", {
    "no token at all": bearer("hello"),
    "a token with another role": bearer(withPayload((value) => (value["role"] = "administrator"))),
    "a token with a longer life": bearer(withPayload((value) => (value["expiresMs"] = 9e15))),
    "a token of another key": bearer(issuedAt(Date.now(), Buffer.alloc(32, 8))),
    "an expired token": bearer(issuedAt(Date.now() - 61_000)),
    "a token of tomorrow": bearer(issuedAt(Date.now() + 86_400_000)),
    "a token in another spelling": bearer(`${tokenOf("monitor")}A`),
    "a signed token that is no session": bearer(signed("[]")),
    "a forged cookie": session({ cookie: "fairlead=f1.e30.AAAA" }),
  }),
  ...refused("both", 400, "two_cookies", {
    "two cookies": session({ cookie: `fairlead=${tokenOf("monitor")}; fairlead=x` }),
  }),
  ...refused("both", 401, "wrong_password", {
    "a wrong password": login({ user: "alice", password: "not hers at all" }),
  }),
  ...refused("both", 401, "token_used", {
    "a printed token that is none": login({ oneTimeToken: "A".repeat(43) }),
  }),
];

export const roles: readonly BadRequest[] = [
  ...refused("full", 403, "role_too_low", {
    "a monitor that drains": drain({}, { role: "monitor" }),
    "an operator that reads the audit log": { path: "/api/v1/audit", role: "operator" },
  }),
  ...refused("both", 403, "role_too_low", {
    "a monitor that reads logs": { path: "/api/v1/processors/sp1/logs", role: "monitor" },
    "an operator that restarts": restart({}, { role: "operator" }),
  }),
  ...refused("both", 403, "processors_only", {
    "a user that speaks as a processor": { method: "PUT", path: "/api/v1/peer/facts", role: "administrator", body: {} },
    "a user that names an epoch": restart({ "fairlead-epoch": "9" }),
  }),
  ...refused("both", 401, "not_logged_in", {
    "a user on behalf of another": session({ "fairlead-on-behalf-of": "root administrator" }),
  }),
  ...refused("full", 403, "other_origin", {
    "a page of another site": drain({ origin: "https://evil.example" }),
    "a page without an origin": drain({ origin: "null" }),
  }),
  ...refused("both", 403, "other_origin", {
    "another port of this machine": restart({ origin: "http://127.0.0.1:1" }),
  }),
  ...refused("full", 403, "other_site", {
    "a link on a page of another site": {
      path: "/api/v1/overview",
      role: "monitor",
      headers: { "sec-fetch-site": "cross-site" },
    },
  }),
];
