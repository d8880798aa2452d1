import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { outagesOf, ratioOf } from "../../e2e/interfaces/medians.js";
import { NbdConnection } from "../../e2e/interfaces/nbd.js";
import { CONTROLLERS, INTERFACES, UNITS } from "../../e2e/interfaces/plan.js";
import { comparisonOf } from "../../e2e/interfaces/report.js";
import { BLOCK_BYTES, BlockBook, blockOf, versionOf } from "../../e2e/interfaces/unit-content.js";

test("the plan is what the run promises", () => {
  assert.equal(CONTROLLERS.length, 6);
  assert.equal(INTERFACES.length, 12);
  assert.equal(UNITS.length, 6);
  assert.equal(new Set(INTERFACES.map(({ address }) => address)).size, 12);
  assert.equal(INTERFACES.filter(({ address }) => address.includes(":")).length, 6);
  for (const { name, partner, group } of CONTROLLERS) {
    const other = CONTROLLERS.find((each) => each.name === partner);
    assert.equal(other?.partner, name);
    assert.notEqual(other?.group, group, "a pair is split over the groups");
  }
});

test("medians of odd and even numbers of runs, and of none", () => {
  assert.equal(outagesOf([30, 10, 20]).medianMs, 20);
  assert.equal(outagesOf([40, 10, 20, 30]).medianMs, 25);
  assert.equal(outagesOf([]).medianMs, null);
  assert.equal(ratioOf(outagesOf([45]), outagesOf([60])), 0.75);
  assert.equal(ratioOf(outagesOf([]), outagesOf([60])), null);
});

test("the comparison says what is missed", () => {
  const of = (linkMs: number, deathMs: number, rounds: number) => ({
    linkFailure: outagesOf([linkMs]),
    death: outagesOf([deathMs]),
    pause: { roundsWithTwoHolders: rounds },
  });
  const keepalived = of(620, 3620, 500);
  const met = comparisonOf({ ...of(500, 3900, 0), detectionMs: 3000 }, keepalived).map((row) => row.met);
  assert.deepEqual(met, [true, true, true]);
  const missed = comparisonOf({ ...of(600, 4100, 1), detectionMs: 3000 }, keepalived).map((row) => row.met);
  assert.deepEqual(missed, [false, false, false]);
});

test("a block says which it is; one that is older than confirmed, or damaged, is told", () => {
  const book = new BlockBook();
  const first = book.issue(3, "10.77.0.101");
  book.confirm(3, first);
  const second = book.issue(3, "10.77.0.101");
  assert.equal(
    book.check(1, 3, versionOf(1, 3, blockOf(1, 3, second)), "10.77.0.101"),
    undefined,
    "unconfirmed, but perhaps there",
  );
  assert.equal(book.check(1, 3, first, "10.77.0.102"), undefined);
  book.giveUp(3, "no answer in time");
  const told = /1 through 10.77.0.101 at .*, confirmed at .*; 2 through 10.77.0.101 at .*, no answer in time at /;
  assert.match(book.check(1, 3, 9, "10.77.0.102") ?? "", told);
  book.confirm(3, second);
  assert.match(
    book.check(1, 3, first, "10.77.0.102") ?? "",
    /version 1 at .* through 10.77.0.102, but 2 was confirmed/,
  );
  assert.match(book.check(1, 3, 9, "10.77.0.102") ?? "", /2 the last written/);
  assert.equal(versionOf(1, 3, Buffer.alloc(BLOCK_BYTES)), 0);
  const damaged = blockOf(1, 3, second);
  damaged[100] = (damaged[100] as number) ^ 1;
  assert.throws(() => versionOf(1, 3, damaged), /damaged/);
  assert.throws(() => versionOf(2, 3, blockOf(1, 3, second)), /another block/);
});

test("an NBD server that answers wrongly, with an error or not at all ends the connection", async (t) => {
  const greeting = Buffer.concat([Buffer.from("NBDMAGICIHAVEOPT"), Buffer.alloc(2)]);
  let reply: Buffer = Buffer.alloc(0);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(greeting);
    socket.once("data", () => {
      socket.write(Buffer.alloc(10));
      socket.on("data", () => socket.write(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const open = () => NbdConnection.open("127.0.0.1", port, "u1", 200);
  const answer = (error: number, data: string) =>
    Buffer.from(`67446698${error.toString(16).padStart(8, "0")}0000000000000001${data}`, "hex");
  reply = answer(0, "abcd");
  assert.equal((await (await open()).read(0, 2)).toString("hex"), "abcd");
  reply = answer(5, "");
  await assert.rejects((await open()).read(0, 2), /server error 5/);
  reply = Buffer.alloc(18);
  await assert.rejects((await open()).read(0, 2), /no simple reply/);
  reply = Buffer.alloc(0);
  await assert.rejects((await open()).read(0, 2), /no answer in time/);
});
