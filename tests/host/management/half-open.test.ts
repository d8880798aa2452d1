/** Connections that never shake hands: a client whose packets are lost half-way leaves such a one behind. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, Socket } from "node:net";
import { test } from "node:test";
import type { Pipeline } from "../../../host/management/pipeline.js";
import { refuseBytes } from "../../../host/management/restricted/server.js";
import { makeAuthority, makeCertificate } from "./certificates.js";
import { ask, makeRestricted } from "./fixture.js";

test("one doesn't hold up the end of the restricted server, whose place the full one takes", {
  timeout: 60_000,
}, async (t) => {
  const authority = makeAuthority();
  const { key, certificate } = makeCertificate(authority, "sp1", ["sp1"]);
  const made = await makeRestricted({ tls: { key, certificate, authority: authority.certificate } });
  const silent = connect(made.port, "127.0.0.1");
  t.after(() => silent.destroy());
  silent.on("error", () => undefined);
  await once(silent, "connect");
  // Accepted in their order: with this one answered the silent one is known to the server.
  const answer = await ask(made, { path: "/", tls: { ca: authority.certificate, servername: "sp1" } });
  assert.equal(answer.status, 503);
  const closed = once(silent, "close");
  await made.close();
  await closed;
});

test("one that takes too long is told of, and closed without a word that would never be sent", () => {
  const told: string[] = [];
  const pipeline = { refused: (_: unknown, what: string) => told.push(what), problem: () => ({}) };
  const socket = new Socket();
  const error = Object.assign(new Error("late"), { code: "ERR_TLS_HANDSHAKE_TIMEOUT" });
  refuseBytes(error, socket, pipeline as unknown as Pipeline);
  assert.ok(socket.destroyed);
  assert.deepEqual(told, ["unreadable"]);
});
