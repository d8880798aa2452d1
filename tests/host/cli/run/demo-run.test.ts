import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineArray } from "../../../../host/management/array/engine-array.js";
import { type Happening, virtualRun } from "./virtual-run.js";

type Wanted = (happening: Happening) => boolean;

const isEvent =
  (event: string, more: (happening: Happening) => boolean = () => true): Wanted =>
  (happening) =>
    "event" in happening && happening.event === event && more(happening);

const isDecision =
  (kind: string, reason: string): Wanted =>
  (happening) =>
    "kind" in happening && happening.kind === kind && happening.reason === reason;

/** Each of the steps is found after the one before. */
function assertInOrder(told: readonly Happening[], steps: Record<string, Wanted>): void {
  let after = -1;
  for (const [name, wanted] of Object.entries(steps)) {
    const found = told.find((happening) => happening.order > after && wanted(happening));
    assert.ok(found, `no ${name} after ${JSON.stringify(told[after])}`);
    after = found.order;
  }
}

const onA1: Wanted = (happening) => "port" in happening && happening.port === "a1";

describe("run of the embedded array", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`shows within 15 seconds an overload, its cure, and relief (seed ${seed})`, async () => {
      const run = await virtualRun({}, seed);
      run.runTo(15_000);
      assertInOrder(run.told, {
        surge: isEvent("SURGE", onA1),
        withdrawal: isDecision("WITHDRAW_REGISTRATION", "OVERLOADED"),
        "withdrawal in the server": isEvent("WITHDRAWN", onA1),
        "request to log out": isDecision("LOGOUT_SESSION", "OVERLOADED"),
        logout: isEvent(
          "LOGOUT",
          (happening) => onA1(happening) && "how" in happening && happening.how === "logged-out",
        ),
        "login elsewhere": isEvent("LOGIN", (happening) => "elsewhere" in happening && happening.elsewhere),
        "restored registration": isDecision("RESTORE_REGISTRATION", "RELIEVED"),
        "registration in the server": isEvent("REGISTERED", onA1),
      });
      assertInOrder(run.told, { overload: isEvent("OVERLOADED", onA1), relief: isEvent("RELIEVED", onA1) });
      const summary = run.summary();
      assert.ok(summary.moves.done >= 5, `${summary.moves.done} moves`);
      assert.equal(summary.moves.failed, 0);
      assert.equal(summary.sessions, 200);
      assert.deepEqual(summary.registrations.differences, []);
      assert.deepEqual(summary.registrations.withdrawn, []);
      assert.equal(summary.registrations.observed, 96);
    });
  }

  it("serves the hosts better than without the module", async () => {
    const hosts = async (withModule: boolean) => {
      const run = await virtualRun({}, 1);
      const world = run.engine.world ?? assert.fail("no world");
      if (withModule) run.runTo(11_000);
      else world.advance(11_000);
      return { heldBack: world.traffic.heldBack, latencyMs: world.traffic.servedMs / world.traffic.served };
    };
    const [without, moved] = [await hosts(false), await hosts(true)];
    assert.ok(moved.heldBack < 0.8 * without.heldBack, `held back ${moved.heldBack}, without ${without.heldBack}`);
    assert.ok(moved.latencyMs < 0.9 * without.latencyMs, `${moved.latencyMs} ms, without ${without.latencyMs} ms`);
  });

  it("handles a dead link and its return", async () => {
    const run = await virtualRun();
    run.runTo(26_000);
    const failed = run.told.filter(isDecision("WITHDRAW_REGISTRATION", "PORT_FAILED"));
    assert.equal(failed.length, 12, "all targets of the port");
    assert.ok(failed.every((happening) => "from" in happening && happening.from === "b3"));
    const b3 = run.summary().ports.find((port) => port.port === "b3");
    assert.equal(b3?.sessions, 0, "its hosts are elsewhere");
    assert.equal(run.summary().sessions, 200);
    run.runTo(40_000);
    assert.equal(run.told.filter(isDecision("RESTORE_REGISTRATION", "PORT_STABLE")).length, 12);
  });

  it("registers everything anew when the server comes back knowing nothing", async () => {
    const run = await virtualRun();
    run.runTo(44_900);
    const wanted = run.summary().registrations.wanted;
    run.runTo(50_000);
    assert.equal(run.told.filter(isDecision("RESTORE_REGISTRATION", "SERVER_FORGOT")).length, wanted);
    assert.deepEqual(run.summary().registrations.differences, []);
  });

  it("drains a port that is put into maintenance, and uses it again afterwards", async () => {
    const run = await virtualRun();
    run.runTo(1000);
    const sessions = () => run.summary().ports.find((port) => port.port === "b4")?.sessions ?? -1;
    assert.ok(sessions() > 0);
    run.runTo(2500);
    const array = new EngineArray({ engine: run.engine, controller: "", text: "", file: undefined });
    const drained = await array.perform({ kind: "port-maintenance", port: "b4", maintenance: true }, undefined);
    assert.ok("state" in drained && drained.state === "under-way");
    run.runTo(20_000);
    assert.equal(sessions(), 0);
    assert.ok(
      run.told.some((happening) => "kind" in happening && happening.kind === "DRAINED" && happening.subject === "b4"),
    );
    assert.ok(run.told.some(isEvent("PORT_DRAINED")));
    assert.equal(run.summary().registrations.withdrawn.filter((pair) => pair.endsWith("on b4")).length, 12);
    await array.perform({ kind: "port-maintenance", port: "b4", maintenance: false }, undefined);
    run.runTo(22_000);
    assert.deepEqual(
      run.summary().registrations.withdrawn.filter((pair) => pair.endsWith("on b4")),
      [],
    );
  });

  it("is the same again for the same seed, in the shared build too, and another for another seed", async () => {
    const decisions = async (seed: number, shared: boolean) => {
      const run = await virtualRun(shared ? { shared } : {}, seed);
      run.runTo(15_000);
      return run.told.filter((happening) => "kind" in happening);
    };
    const once = await decisions(7, false);
    assert.ok(once.length > 10);
    assert.deepEqual(await decisions(7, false), once);
    assert.deepEqual(await decisions(7, true), once);
    assert.notDeepEqual(await decisions(8, false), once);
  });

  it("tells of moves that fail, and of their step", async () => {
    const run = await virtualRun();
    const world = run.engine.world ?? assert.fail("no world");
    for (const initiator of world.initiators) world.setReturnsTo(initiator, "same");
    run.runTo(15_000);
    const failed = run.told.filter(isEvent("MOVE_FAILED"));
    assert.ok(failed.length > 0);
    assert.ok(failed.every((happening) => "step" in happening && happening.step === "AWAITING_LOGIN"));
    assert.ok(failed.every((happening) => "from" in happening && happening.from === "a1"));
    const summary = run.summary();
    assert.equal(summary.moves.failed, failed.length);
    assert.ok(summary.logins.same >= failed.length);
  });

  it("tells moves that were given up from those that failed", async () => {
    const run = await virtualRun();
    const world = run.engine.world ?? assert.fail("no world");
    run.runTo(4900);
    // The withdrawals wait for the server, and meanwhile the hosts go away by themselves.
    world.restartServer(1500, "kept");
    run.runTo(5300);
    for (const initiator of world.initiators) world.setReturnsTo(initiator, "nowhere");
    for (const path of world.paths) if (path.port === 0) world.targetSide.end(path, path.session, "closed");
    run.runTo(6000);
    const ended = run.told.filter(
      (happening) => isEvent("MOVE_GIVEN_UP")(happening) || isEvent("MOVE_FAILED")(happening),
    );
    assert.ok(ended.length > 0);
    for (const happening of ended)
      assert.ok("step" in happening && happening.step === "WITHDRAWING", JSON.stringify(happening));
    assert.deepEqual([run.summary().moves.failed, run.summary().moves.givenUp], [0, ended.length]);
  });
});
