import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventQueue } from "../../../host/sources/simulated/event-queue.js";
import { Random } from "../../../host/sources/simulated/random.js";

describe("event queue", () => {
  it("runs events in order of time, and of planning within a millisecond", () => {
    const queue = new EventQueue();
    const random = new Random(1, "queue");
    const planned = Array.from({ length: 500 }, (_, order) => ({ atMs: random.below(50), order }));
    const ran: typeof planned = [];
    for (const event of planned) queue.at(event.atMs, () => ran.push(event));
    assert.equal(queue.size, 500);
    while (queue.size > 0) {
      const { nextMs } = queue;
      queue.runNext();
      assert.equal(ran.at(-1)?.atMs, nextMs);
    }
    assert.deepEqual(
      ran,
      [...planned].sort((a, b) => a.atMs - b.atMs || a.order - b.order),
    );
    assert.equal(queue.nextMs, Number.POSITIVE_INFINITY);
  });

  it("runs what an event plans for the same millisecond in the same go", () => {
    const queue = new EventQueue();
    const ran: string[] = [];
    queue.at(5, () => {
      ran.push("first");
      queue.at(5, () => ran.push("planned by first"));
    });
    queue.at(5.9, () => ran.push("second"));
    while (queue.nextMs <= 5) queue.runNext();
    assert.deepEqual(ran, ["first", "second", "planned by first"]);
  });
});
