import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Effects } from "../../../../host/coordination/effects.js";
import { InProcessLease } from "../../../../host/coordination/lease/in-process.js";
import { Tenure } from "../../../../host/coordination/lease/tenure.js";
import { ALL_RULES } from "../../../../host/coordination/rules.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";

const TEND_MS = 100;

/** A kernel that refuses its fence so many times, and then to give up addresses as often. */
class RefusingKernel implements Effects {
  readonly done: string[] = [];

  constructor(
    private fences: number,
    private releases: number,
  ) {}

  carryOut(): Promise<void> {
    return Promise.resolve();
  }

  holdings() {
    return Promise.resolve({ interfaces: [], units: [], active: false });
  }

  async releaseAll(): Promise<void> {
    if (this.releases-- > 0) throw new Error("still there: 192.0.2.1");
    this.done.push("released");
  }

  releaseUnknown(): Promise<void> {
    return Promise.resolve();
  }

  async fenceUntil(wallMs: number): Promise<void> {
    if (this.fences-- > 0) throw new Error("nft: ended by SIGKILL");
    this.done.push(wallMs === 0 ? "closed" : "opened");
  }
}

function tenureOf(effects: Effects) {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const alarms: string[] = [];
  const tenure = new Tenure(
    {
      clock,
      lease: new InProcessLease(clock, "a", 1),
      effects,
      rules: ALL_RULES,
      askPromises: () => Promise.resolve(undefined),
      heldWithEffects: () => [],
      drain: () => Promise.resolve(),
      beforeOpen: () => Promise.resolve(),
      alarm: (line) => void alarms.push(line),
      changed: () => undefined,
    },
    TEND_MS,
  );
  return { time, tenure, alarms };
}

describe("a tenure whose kernel refuses at the start", () => {
  it("takes no lease until the fence is closed and nothing is left, and takes one then", async () => {
    const effects = new RefusingKernel(2, 2);
    const { time, tenure, alarms } = tenureOf(effects);
    await tenure.start();
    assert.equal(tenure.mayAct(), false);
    assert.match(alarms[0] ?? "", /not taken: nft: ended by SIGKILL/);
    await time.runTo(20 * TEND_MS);
    assert.equal(tenure.mayAct(), true);
    assert.ok(alarms.some((line) => line.includes("still there")));
    const opened = effects.done.indexOf("opened");
    assert.ok(opened > effects.done.lastIndexOf("released"), "opened before all was released");
    assert.ok(
      effects.done.indexOf("closed") < effects.done.indexOf("released"),
      "released before the fence was closed",
    );
    await tenure.close();
  });

  it("takes its lease at once from a kernel that does not refuse", async () => {
    const effects = new RefusingKernel(0, 0);
    const { tenure, alarms } = tenureOf(effects);
    await tenure.start();
    assert.equal(tenure.mayAct(), true);
    assert.deepEqual(alarms, []);
    await tenure.close();
  });
});
