import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultSettings } from "../../../host/sources/simulated/settings.js";
import type { World } from "../../../host/sources/simulated/world.js";
import { smallWorld } from "./small-array.js";

/** Use of each port's processor over a time, in multiples of its capacity. */
function utilization(world: World, fromMs: number, toMs: number): number[] {
  world.advance(fromMs);
  const before = world.ports.map((port) => port.busyUs);
  world.advance(toMs);
  return world.ports.map((port, index) => (port.busyUs - (before[index] as number)) / ((toMs - fromMs) * 1000));
}

/** Small commands: processors are what is scarce. */
const smallCommands = { ...defaultSettings.load, blockKiB: [4, 8] };

describe("load of the simulated array", () => {
  it("has the mean that is set, over the whole array and a long time", () => {
    const { world } = smallWorld({ placement: "spread", load: { ...smallCommands, meanPermille: 300 } });
    const used = utilization(world, 0, 600_000);
    const mean = used.reduce((sum, value) => sum + value, 0) / used.length;
    assert.ok(mean > 0.24 && mean < 0.33, `${used}`);
  });

  it("comes in bursts: the same session is busy and idle in turn", () => {
    const { world } = smallWorld({ placement: "spread" });
    const application = world.applications[0];
    const rates = new Set<number>();
    let idle = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
      world.advance(nowMs);
      const rate = application?.rate ?? 0;
      rates.add(rate);
      if (rate < (application?.lowestRate ?? 0)) idle++;
    }
    assert.ok(rates.size > 8, `${rates.size} rates`);
    assert.ok(idle > 120 && idle < 480, `idle ${idle} of 600`);
  });

  it("saturates at the port's capacity, where the queue and the latency grow and applications are held back", () => {
    const { world } = smallWorld({ load: smallCommands });
    world.advance(2000);
    const calm = { latencyMs: world.ports[1]?.latencyMs ?? 0, queueDepth: world.ports[1]?.queueDepth ?? 0 };
    world.surge(0, 3000, 60_000);
    const [busy] = utilization(world, 4000, 14_000);
    const port = world.ports[0];
    assert.ok(busy !== undefined && busy > 0.97 && busy <= 1.0001, `${busy}`);
    assert.ok((port?.latencyMs ?? 0) > 5 * calm.latencyMs, `${port?.latencyMs}`);
    assert.ok((port?.queueDepth ?? 0) > 100, `${port?.queueDepth}`);
    assert.ok(world.traffic.heldBack > 1000);
  });

  it("is bounded by the line as well as by the processor", () => {
    const { world } = smallWorld({ cost: { commandUs: 0.5, kibUs: 0.001 } });
    world.surge(0, 3000, 60_000);
    world.advance(4000);
    const before = world.ports[0]?.bytes ?? 0;
    world.advance(14_000);
    const bytesPerSecond = ((world.ports[0]?.bytes ?? 0) - before) / 10;
    const line = 1_220_703 * 1024;
    assert.ok(bytesPerSecond > 0.97 * line && bytesPerSecond <= 1.0001 * line, `${bytesPerSecond / line}`);
  });

  it("surges to the load that is asked for, on the sessions of that port wherever they go, and eases", () => {
    const { world, events } = smallWorld({ placement: "spread", load: smallCommands });
    world.surge(2, 900, 20_000);
    const surged = utilization(world, 0, 10_000);
    assert.ok((surged[2] ?? 0) > 0.7 && (surged[2] ?? 0) < 1, `${surged}`);
    const moved = world.paths.find((path) => path.port === 2);
    assert.ok(moved && moved.application.surgeRate > 0);
    world.advance(20_001);
    assert.ok(world.applications.every((application) => application.surgeRate === 0));
    assert.deepEqual(
      events.flatMap((event) => (event.event === "SURGE" ? [`${event.port} ${event.state} ${event.timeMs}`] : [])),
      ["p3 begins 0", "p3 ends 20000"],
    );
  });

  it("plays its events once, or over and over", () => {
    const surges = (repeatMs: number) => {
      const { world, events } = smallWorld({
        events: [{ kind: "surge", atMs: 500, port: "p1", loadPermille: 900, forMs: 100 }],
        repeatMs,
      });
      world.advance(6000);
      return events.flatMap((event) => (event.event === "SURGE" && event.state === "begins" ? [event.timeMs] : []));
    };
    assert.deepEqual(surges(0), [500]);
    assert.deepEqual(surges(2000), [500, 2500, 4500]);
  });

  it("serves nothing over a dead link, and sends again what was under way when the session ends", () => {
    const { world } = smallWorld();
    world.advance(1000);
    const before = world.ports[0]?.operations;
    world.setLink(0, false);
    world.advance(1700);
    assert.equal(world.ports[0]?.operations, before);
    world.advance(4000);
    assert.ok(world.traffic.retried > 0);
    assert.ok((world.ports[1]?.operations ?? 0) > 0, "served elsewhere");
  });

  it("counts a session's commands from its login on", () => {
    const { world } = smallWorld();
    world.advance(5000);
    const path = world.paths[0];
    assert.ok(path !== undefined && path.operations > 0);
    assert.ok(path.bytes >= path.operations * 4096 * 0.999);
    world.targetSide.end(path, path.session, "closed");
    world.advance(5400);
    assert.equal(path.session, 2);
    const sum = world.paths.reduce((total, { operations }) => total + operations, 0);
    const served = world.ports.reduce((total, { operations }) => total + operations, 0);
    assert.ok(sum < served, "the ended session's are the port's, not the new session's");
  });

  it("is the same for the same seed, and another for another", () => {
    const history = (seed: number, stepMs: number) => {
      const { world, events } = smallWorld({
        seed,
        placement: "spread",
        events: [
          { kind: "surge", atMs: 500, port: "p1", loadPermille: 1300, forMs: 2000 },
          { kind: "link", atMs: 1000, port: "p2", state: "down" },
          { kind: "link", atMs: 4000, port: "p2", state: "up" },
          { kind: "server-restart", atMs: 3000, downMs: 700, memory: "nothing" },
        ],
      });
      for (let nowMs = 0; nowMs <= 10_000; nowMs += stepMs) world.advance(nowMs);
      return { events, served: world.ports.map((port) => port.operations) };
    };
    const once = history(1, 100);
    assert.deepEqual(history(1, 100), once);
    assert.deepEqual(
      history(1, 7).events,
      once.events.filter((event) => event.timeMs <= 9996),
    );
    assert.notDeepEqual(history(2, 100), once);
    assert.ok(once.events.length > 10);
  });
});
