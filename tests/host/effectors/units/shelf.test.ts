import assert from "node:assert/strict";
import { test } from "node:test";
import { ShelfAgent, type ShelfStore, type ShelfTarget } from "../../../../host/effectors/units/shelf/agent.js";
import { type ShelfMessage, serveShelf } from "../../../../host/effectors/units/shelf/service.js";
import { ShelfClient } from "../../../../host/effectors/units/shelf-client.js";
import { ShelfRefusal } from "../../../../host/effectors/units/unit-shelf.js";

/** What is kept and who is let in outlive the agent, as the file and tgtd do. */
class Shelf implements ShelfStore, ShelfTarget {
  text: string | undefined;
  readonly admitted = new Map<string, string | undefined>();
  /** What happened, in order. */
  readonly log: string[] = [];
  refuse = false;

  read(): Promise<string | undefined> {
    return Promise.resolve(this.text);
  }

  async write(text: string): Promise<void> {
    if (this.refuse) throw new Error("disk full");
    this.text = text;
    this.log.push("written");
  }

  async admitOnly(unit: string, initiator: string | undefined): Promise<void> {
    await Promise.resolve();
    this.admitted.set(unit, initiator);
    this.log.push(`${unit}: ${initiator ?? "nobody"}`);
  }

  async agent(): Promise<ShelfAgent> {
    const agent = new ShelfAgent(["u1", "u2"], this, this);
    await agent.start();
    return agent;
  }
}

test("only the present server is admitted, each time under a name of its own", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  assert.deepEqual(
    [...shelf.admitted],
    [
      ["u1", undefined],
      ["u2", undefined],
    ],
  );
  const first = await agent.admit("u1", "a", "1", 5);
  const second = await agent.admit("u1", "B_2", "1", 6);
  assert.equal(shelf.admitted.get("u1"), second.initiator);
  assert.equal(second.initiator, "iqn.2026-01.org.fairlead:b-2:u1:2");
  const third = await agent.admit("u1", "a", "1", 7);
  assert.notEqual(third.initiator, first.initiator, "an export from before must not come back");
  assert.equal(shelf.admitted.get("u2"), undefined);
});

test("asking twice does no harm; a restarted controller is admitted anew", async () => {
  const agent = await new Shelf().agent();
  const first = await agent.admit("u1", "a", "1", 5);
  assert.deepEqual(await agent.admit("u1", "a", "1", 5), first);
  assert.deepEqual(await agent.admit("u1", "a", "1", 9), first);
  assert.notDeepEqual(await agent.admit("u1", "a", "2", 9), first);
});

test("a lower epoch is refused, also after the agent's restart, and changes nothing", async () => {
  const shelf = new Shelf();
  const { initiator } = await (await shelf.agent()).admit("u1", "b", "1", 8);
  const again = await shelf.agent();
  await assert.rejects(again.admit("u1", "a", "1", 7), (error: Error) => {
    return error instanceof ShelfRefusal && error.message === "unit u1: epoch 7 is lower than 8";
  });
  await assert.rejects(again.release("u1", "b", 7), ShelfRefusal);
  await assert.rejects(again.admit("u1", "a", "1", Number.NaN), ShelfRefusal);
  await assert.rejects(again.admit("u9", "a", "1", 9), /no unit u9/);
  assert.equal(shelf.admitted.get("u1"), initiator);
  assert.deepEqual(again.states()[0], { unit: "u1", server: "b", epoch: 8 });
});

test("an epoch that only confirms the present server is as high as any other, also after the agent's restart", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  const { initiator } = await agent.admit("u1", "a", "1", 5);
  await agent.admit("u1", "a", "1", 9);
  for (const each of [agent, await shelf.agent()]) {
    await assert.rejects(each.admit("u1", "b", "1", 7), /epoch 7 is lower than 9/);
    assert.equal(shelf.admitted.get("u1"), initiator);
  }
});

test("what is decided is kept before it is done, and nothing is done that could not be kept", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  shelf.log.length = 0;
  const { initiator } = await agent.admit("u1", "a", "1", 5);
  assert.deepEqual(shelf.log, ["written", `u1: ${initiator}`]);
  shelf.refuse = true;
  await assert.rejects(agent.admit("u1", "b", "1", 6), /disk full/);
  assert.equal(shelf.admitted.get("u1"), initiator);
  assert.equal(agent.states()[0]?.server, "a");
});

test("a restarted target server gets what it has forgotten", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  const { initiator } = await agent.admit("u1", "a", "1", 5);
  shelf.admitted.clear();
  await agent.inspect();
  assert.equal(shelf.admitted.get("u1"), initiator);
});

test("a unit is released by its server only, and a release raises the epoch all the same", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  await agent.admit("u1", "a", "1", 5);
  await agent.release("u1", "b", 6);
  assert.deepEqual(agent.states()[0], { unit: "u1", server: "a", epoch: 6 });
  await agent.release("u1", "a", 6);
  assert.equal(shelf.admitted.get("u1"), undefined);
  assert.deepEqual(agent.states()[0], { unit: "u1", server: undefined, epoch: 6 });
});

test("two that ask at once are let in one after the other", async () => {
  const shelf = new Shelf();
  const agent = await shelf.agent();
  const [a, b] = await Promise.all([agent.admit("u1", "a", "1", 5), agent.admit("u1", "b", "1", 5)]);
  assert.notEqual(a.initiator, b.initiator);
  assert.equal(shelf.admitted.get("u1"), b.initiator);
});

test("a damaged record starts no agent", async () => {
  const shelf = new Shelf();
  shelf.text = JSON.stringify({ version: 1, units: { u1: { epoch: -1, server: "a", instance: "1", admissions: 0 } } });
  await assert.rejects(shelf.agent(), /record of unit u1 is damaged/);
  shelf.text = JSON.stringify({ version: 2, units: {} });
  await assert.rejects(shelf.agent(), /version 2, not 1/);
  assert.equal(shelf.admitted.size, 0);
});

test("over the link a controller asks for itself, and learns why it is refused", async () => {
  const shelf = new Shelf();
  const lines: string[] = [];
  const handlers = new Map<string, (from: string, message: ShelfMessage) => Promise<ShelfMessage>>();
  serveShelf(await shelf.agent(), { serve: (kind, handler) => handlers.set(kind, handler) }, (line) =>
    lines.push(line),
  );
  const clientOf = (name: string) =>
    new ShelfClient(
      {
        request: (to, message) => {
          assert.equal(to, "shelf");
          const handler = handlers.get(message.kind);
          // As on the wire.
          return (
            handler?.(name, JSON.parse(JSON.stringify(message)) as ShelfMessage) ?? Promise.resolve({ kind: "unknown" })
          );
        },
      },
      { shelf: "shelf", instance: "1", timeoutMs: 1000 },
    );
  const { initiator } = await clientOf("a").admit("u1", 5);
  assert.equal(shelf.admitted.get("u1"), initiator);
  await clientOf("b").release("u1", 5);
  assert.equal(shelf.admitted.get("u1"), initiator, "b has nothing to release");
  await assert.rejects(clientOf("b").admit("u1", 4), ShelfRefusal);
  assert.deepEqual(await clientOf("b").states(), [
    { unit: "u1", server: "a", epoch: 5 },
    { unit: "u2", server: undefined, epoch: 0 },
  ]);
  shelf.refuse = true;
  await assert.rejects(clientOf("b").admit("u1", 6), (error: Error) => {
    return !(error instanceof ShelfRefusal) && error.message === "the shelf: disk full";
  });
  assert.deepEqual(lines, ["unit u1: epoch 4 is lower than 5", "disk full"]);
});
