/** Bodies that are not as described. */

import { freshKey } from "../fixture.js";
import { type BadRequest, drain, login, loginRaw, refused } from "./form.js";

export const bodies: readonly BadRequest[] = [
  ...refused("both", 400, "not_as_described", {
    "no body": { method: "POST", path: "/api/v1/session" },
    "a list": login(["a", "b"]),
    "ten thousand brackets": loginRaw(`${"[".repeat(5000)}${"]".repeat(5000)}`),
    "a field too many": login({ user: "a", password: "b", role: "administrator" }),
    "a field too few": login({ user: "a" }),
    "a field of another type": login({ user: 7, password: "b" }),
    "a user that can't be": login({ user: "../root", password: "b" }),
    "a password of 300 characters": login({ user: "a", password: "b".repeat(300) }),
  }),
  ...refused("both", 400, "empty_body", {
    "an empty body": loginRaw(""),
  }),
  ...refused("both", 400, "malformed_json", {
    "half an object": loginRaw('{"user":"a"'),
    "a comma too many": loginRaw('{"user":"a","password":"b",}'),
  }),
  ...refused("full", 400, "malformed_json", {
    "a prototype": loginRaw('{"user":"a","password":"b","__proto__":{"role":"administrator"}}'),
  }),
  ...refused("restricted", 400, "not_as_described", {
    "a prototype, to the restricted server": loginRaw(
      '{"user":"a","password":"b","__proto__":{"role":"administrator"}}',
    ),
    "a constructor": loginRaw('{"user":"a","password":"b","constructor":{"prototype":{}}}'),
  }),
  ...refused("both", 415, "not_json", {
    text: loginRaw("user=a", { "content-type": "text/plain" }),
    "a form": loginRaw("user=a&password=b", { "content-type": "application/x-www-form-urlencoded" }),
  }),
  ...refused("both", 413, "body_too_large", {
    "a body of 20 KB": login({ user: "a", password: "b".repeat(20_000) }),
    "a body of 20 KB in chunks": loginRaw("x".repeat(20_000), { "content-length": "", "transfer-encoding": "chunked" }),
  }),
  ...refused("both", 400, "body_not_wanted", {
    "a body where none is wanted": { method: "DELETE", path: "/api/v1/session", role: "monitor", body: {} },
  }),
  ...refused("full", 400, "not_as_described", {
    "yes for true": drain({}, { body: { maintenance: "yes" } }),
    "a bundle outside its folder": {
      method: "POST",
      path: "/api/v1/bundles/install",
      role: "administrator",
      body: { bundle: "../../etc", attempts: 1, confirmMs: 1 },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
  }),
  ...refused("full", 413, "body_too_large", {
    "an array file of 6 MB": {
      method: "POST",
      path: "/api/v1/configuration/check",
      role: "operator",
      body: { text: "x".repeat(6_000_000) },
    },
  }),
];
