import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { it } from "node:test";
import { EtcdConnection } from "../../../../host/coordination/lease/etcd/connection.js";
import { LeaseUnreachable } from "../../../../host/coordination/lease/lease-service.js";

it("a server that takes a connection and never answers is left, for requests and for streams", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const endpoints = [`127.0.0.1:${address.port}`];
  const lines: string[] = [];
  const connection = new EtcdConnection({ endpoints, timeoutMs: 50, report: (line) => void lines.push(line) });
  const first = connection.number;
  await assert.rejects(connection.ask("KV", "Range", { key: Buffer.from("/") }), LeaseUnreachable);
  assert.equal(connection.number, first + 1);
  await assert.rejects(connection.askStream("Lease", "LeaseKeepAlive", { ID: "1" }), LeaseUnreachable);
  assert.equal(connection.number, first + 2);
  assert.deepEqual(lines, ["etcd: no answer in time"]);
  connection.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
