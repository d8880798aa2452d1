import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { afterEach, describe, it } from "node:test";
import { LinkError, type Message } from "../../../../host/coordination/commands/link.js";
import { TcpLink } from "../../../../host/coordination/commands/tcp-link.js";
import type { Endpoint } from "../../../../host/coordination/endpoint.js";
import { freePort } from "../../../free-ports.js";

const KEY = new Uint8Array(32).fill(9);
const HOST = "127.0.0.1";
/** For what is answered: a request that isn't is a failure, not a hang. */
const PATIENCE_MS = 60_000;

const links: TcpLink[] = [];
const lines: string[] = [];

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  lines.length = 0;
});

const at = (port: number): Endpoint => ({ address: HOST, port, family: 4 });

async function linkOf(self: string, peers: Record<string, number>, key = KEY, port = 0): Promise<TcpLink> {
  const link = new TcpLink({
    self,
    listen: at(port),
    peers: new Map(Object.entries(peers).map(([name, to]) => [name, at(to)])),
    key,
    report: (line) => void lines.push(line),
  });
  await link.open();
  links.push(link);
  return link;
}

/** `b` answers, `a` asks. */
async function two(): Promise<[TcpLink, TcpLink]> {
  const b = await linkOf("b", { a: 1 });
  return [await linkOf("a", { b: b.port }), b];
}

const echo = async (from: string, message: Message): Promise<Message> => ({ kind: "echo", from, said: message.words });

describe("requests over TCP", () => {
  it("follow who takes part: one that has left is heard no longer, one that has come is", async () => {
    const [a, b] = await two();
    b.serve("say", echo);
    const say = { kind: "say", words: "x" };
    assert.equal((await a.request("b", say, PATIENCE_MS)).said, "x");
    b.follow(new Map([["c", at(1)]]));
    await assert.rejects(a.request("b", say, 2000), LinkError);
    const c = await linkOf("c", {});
    await assert.rejects(c.request("b", say, 1000), /no way to b/);
    c.follow(new Map([["b", at(b.port)]]));
    assert.equal((await c.request("b", say, PATIENCE_MS)).from, "c");
  });

  it("are answered, each with its own answer, whatever the order", async () => {
    const [a, b] = await two();
    b.serve("say", async (from, message) => {
      await new Promise((resolve) => setTimeout(resolve, Number(message.delayMs)));
      return echo(from, message);
    });
    const answers = await Promise.all(
      [30, 0, 10].map((delayMs) => a.request("b", { kind: "say", delayMs, words: delayMs }, PATIENCE_MS)),
    );
    assert.deepEqual(
      answers.map(({ from, said }) => [from, said]),
      [
        ["a", 30],
        ["a", 0],
        ["a", 10],
      ],
    );
  });

  it("of a kind that nobody serves are answered so, and a handler that fails says nothing of why", async () => {
    const [a, b] = await two();
    b.serve("fail", async () => {
      throw new Error("the reason");
    });
    assert.deepEqual(await a.request("b", { kind: "other" }, PATIENCE_MS), { kind: "unknown" });
    assert.deepEqual(await a.request("b", { kind: "fail" }, PATIENCE_MS), { kind: "failed" });
    assert.match(lines.join(), /the reason/);
  });

  it("that get no answer in time reject; the late answer is dropped", async () => {
    const [a, b] = await two();
    let release = () => {};
    b.serve(
      "wait",
      () =>
        new Promise((resolve) => {
          release = () => resolve({ kind: "late" });
        }),
    );
    b.serve("say", echo);
    await assert.rejects(a.request("b", { kind: "wait" }, 50), LinkError);
    release();
    assert.equal((await a.request("b", { kind: "say", words: 1 }, PATIENCE_MS)).said, 1);
  });

  it("go on over a new connection after the other has restarted", async () => {
    const port = await freePort(HOST);
    const b = await linkOf("b", { a: 1 }, KEY, port);
    const a = await linkOf("a", { b: port });
    b.serve("say", echo);
    await a.request("b", { kind: "say", words: 1 }, PATIENCE_MS);
    await b.close();
    await assert.rejects(a.request("b", { kind: "say", words: 2 }, 500), LinkError);
    (await linkOf("b", { a: 1 }, KEY, port)).serve("say", echo);
    assert.equal((await a.request("b", { kind: "say", words: 3 }, PATIENCE_MS)).said, 3);
  });

  it("of one with another key, or of an unknown name, are refused and never served", async () => {
    const b = await linkOf("b", { a: 1 });
    let served = 0;
    b.serve("say", async () => {
      served++;
      return { kind: "said" };
    });
    const wrongKey = await linkOf("a", { b: b.port }, new Uint8Array(32));
    const stranger = await linkOf("x", { b: b.port });
    await assert.rejects(wrongKey.request("b", { kind: "say" }, PATIENCE_MS), LinkError);
    await assert.rejects(stranger.request("b", { kind: "say" }, PATIENCE_MS), LinkError);
    assert.equal(served, 0);
    assert.ok(b.refused >= 1);
    assert.match(lines.join("\n"), /unknown caller "x"/);
  });

  it("to somebody who isn't configured, or who listens and says nothing, reject", async () => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => void deaf.listen(0, HOST, resolve));
    const { port } = deaf.address() as { port: number };
    const a = await linkOf("a", { b: port });
    await assert.rejects(a.request("c", { kind: "say" }, 100), /no way to c/);
    await assert.rejects(a.request("b", { kind: "say" }, 100), LinkError);
    deaf.close();
  });

  it("are still served while strangers hold connections open", async () => {
    const [a, b] = await two();
    b.serve("say", echo);
    const idle = await Promise.all(
      Array.from(
        { length: 10 },
        () =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect(b.port, HOST, () => resolve(socket));
          }),
      ),
    );
    assert.equal((await a.request("b", { kind: "say", words: 1 }, PATIENCE_MS)).said, 1);
    for (const socket of idle) socket.destroy();
  });
});
