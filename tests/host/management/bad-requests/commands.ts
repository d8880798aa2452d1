/** Commands without their condition or key, at another time, or at another processor. */

import { freshKey } from "../fixture.js";
import { type BadRequest, drain, refused, restart } from "./form.js";

export const conditions: readonly BadRequest[] = [
  ...refused("full", 428, "no_condition", {
    "no condition": drain({ "if-match": "" }),
  }),
  ...refused("full", 400, "bad_condition", {
    "any condition": drain({ "if-match": "*" }),
    "a weak condition": drain({ "if-match": 'W/"1.1.1"' }),
    "two conditions": drain({ "if-match": '"1.1.1", "1.1.2"' }),
  }),
  ...refused("full", 412, "changed", {
    "an earlier revision": drain({ "if-match": '"1.0.1"' }),
    "a stale epoch": drain({ "if-match": '"1.1.0"' }),
  }),
  ...refused("both", 412, "changed", {
    "a start that is over": restart({ "if-match": '"start-3"' }),
  }),
  ...refused("full", 400, "no_key", {
    "no key": drain({ "idempotency-key": "" }),
  }),
  ...refused("both", 400, "no_key", {
    "a short key": restart({ "idempotency-key": "short" }),
  }),
  ...refused("both", 400, "key_not_wanted", {
    "a key where none is wanted": {
      method: "POST",
      path: "/api/v1/processors/sp1/self-test",
      role: "operator",
      headers: { "idempotency-key": freshKey() },
    },
  }),
  ...refused("full", 404, "no_port", {
    "a port that is none": drain({}, { path: "/api/v1/ports/p9/maintenance" }),
  }),
  ...refused("full", 409, "nothing_unconfirmed", {
    "nothing to confirm": {
      method: "POST",
      path: "/api/v1/configuration/confirm",
      role: "administrator",
      body: { digest: "00" },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
  }),
  ...refused("full", 409, "not_adopted", {
    "an array file that is none": {
      method: "PUT",
      path: "/api/v1/configuration",
      role: "administrator",
      body: { text: "name: [", confirmWithinMs: 1000 },
      headers: { "idempotency-key": freshKey(), "if-match": '"1.1.1"' },
    },
  }),
  ...refused("passive", 421, "not_active", {
    "a passive processor": drain({}),
    "another processor, by a passive one": { path: "/api/v1/processors/sp2/status", role: "monitor" },
  }),
  ...refused("restricted", 503, "restricted_server", {
    "what a restricted server has not": drain({}),
  }),
];
