import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TargetPortStatus } from "../../../host/shim/generated/layout.js";
import { type PairState, readPair } from "../../../host/cli/run/registrations.js";
import type { DecisionRecord } from "../../../host/cli/run/records.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { type VirtualRun, virtualRun } from "../cli/run/virtual-run.js";

/** Faults and whims for so long; then everything works again, and comes to rest within as long as it takes. */
const FAULTS_MS = 60_000;
const REST_MS = 60_000;
/** Longest wait of the module's before it says a registration again, and some. */
const PATIENCE_MS = 90_000;
/** Knob `movesUnderWayMax` of the embedded array. */
const MOVES_MAX = 6;

/** Does something to the world now and then. */
class Mischief {
  private readonly random: Random;

  constructor(
    private readonly run: VirtualRun,
    seed: number,
  ) {
    this.random = new Random(seed, "mischief");
  }

  /** Something, once in a few seconds. */
  perhaps(): void {
    if (this.random.below(60) !== 0) return;
    const { random } = this;
    const world = this.world;
    const port = random.below(world.ports.length);
    const target = random.below(world.targetNames.length);
    const ports = world.portsOfTarget[target] ?? [];
    const some = ports[random.below(ports.length)] ?? 0;
    const initiator = world.initiators[random.below(world.initiators.length)] ?? assert.fail();
    const actions = [
      () => world.surge(port, 800 + random.below(1500), 1000 + random.below(8000)),
      () => this.toggleLink(port),
      () =>
        world.isns.up &&
        world.restartServer(
          200 + random.below(4000),
          (["kept", "configured", "nothing"] as const)[random.below(3)] ?? "kept",
        ),
      () => world.isns.forget(target, some),
      () => world.isns.register(target, some),
      () => world.setReturnsTo(initiator, (["next", "next", "same", "nowhere"] as const)[random.below(4)] ?? "next"),
      () => this.toggleMaintenance(port),
    ];
    actions[random.below(actions.length)]?.();
  }

  /** All links up, all initiators as they should be, no port in maintenance. */
  end(): void {
    for (const port of this.world.ports) this.world.setLink(port.index, true);
    for (const initiator of this.world.initiators) this.world.setReturnsTo(initiator, "next");
    for (const port of this.world.ports) this.setMaintenance(port.name, false);
  }

  private get world() {
    return this.run.engine.world ?? assert.fail("no world");
  }

  /** At most two links are down at a time, so that targets have another port. */
  private toggleLink(port: number): void {
    const { ports } = this.world;
    const up = ports[port]?.linkUp === true;
    if (up && ports.filter((each) => !each.linkUp).length >= 2) return;
    this.world.setLink(port, !up);
  }

  private toggleMaintenance(port: number): void {
    const described = this.run.engine.shim.array?.ports ?? [];
    const inMaintenance = described[port]?.maintenance === true;
    if (!inMaintenance && described.filter((each) => each.maintenance).length >= 2) return;
    this.setMaintenance(described[port]?.name ?? "", !inMaintenance);
  }

  private setMaintenance(port: string, maintenance: boolean): void {
    const { shim } = this.run.engine;
    const array = shim.array ?? assert.fail("no array");
    if (array.ports.find((each) => each.name === port)?.maintenance === maintenance) return;
    const ports = array.ports.map((each) => (each.name === port ? { ...each, maintenance } : each));
    assert.deepEqual(shim.configure({ ...array, ports }), []);
  }
}

/** Ports through which the module sees the target served, but for one: wanted, listed and operative. */
function otherPorts(run: VirtualRun, target: string, port: string | null): string[] {
  const { shim } = run.engine;
  const { names } = shim;
  const pair: PairState = { configured: false, wanted: false, observed: false };
  return names.ports.names().filter((name) => {
    if (name === port) return false;
    const row = names.ports.row(name);
    const { wanted, observed } = readPair(shim, names.targets.row(target), row, pair);
    const status = shim.core.views.targetPortState.status(row);
    return wanted && observed && (status & TargetPortStatus.OPERATIVE) !== 0;
  });
}

/** What must hold whenever the module says something; breaches by name. */
function watchDecisions(run: VirtualRun): string[] {
  const breaches: string[] = [];
  const check = (record: DecisionRecord) => {
    const target = record.subject.split(">").at(-1) ?? "";
    const takes = ["WITHDRAW_REGISTRATION", "LOGOUT_SESSION", "REDIRECT_SESSION"].includes(record.kind);
    if (takes && otherPorts(run, target, record.from).length === 0) {
      breaches.push(`${record.timeMs} ${record.kind} ${record.subject} ${record.from} ${record.reason}: no other port`);
    }
    const underWay = run.engine.shim.core.views.moduleState.movesUnderWay(0);
    if (underWay > MOVES_MAX) breaches.push(`${record.timeMs} ${underWay} moves under way`);
  };
  run.engine.listen({ decision: check });
  return breaches;
}

function isAtRest(run: VirtualRun): boolean {
  const { registrations, sessions, moves } = run.summary();
  return registrations.differences.length === 0 && sessions === 200 && moves.underWay === 0;
}

async function runWithFaults(seed: number): Promise<void> {
  const run = await virtualRun({}, seed);
  const mischief = new Mischief(run, seed);
  const breaches = watchDecisions(run);
  let nowMs = 0;
  for (; nowMs < FAULTS_MS; nowMs += 100) {
    mischief.perhaps();
    run.runTo(nowMs);
  }
  mischief.end();
  nowMs += REST_MS;
  run.runTo(nowMs);
  for (const endMs = nowMs + PATIENCE_MS; nowMs < endMs && !isAtRest(run); nowMs += 100) run.runTo(nowMs);
  const { registrations, sessions, moves } = run.summary();
  assert.deepEqual(breaches, []);
  assert.deepEqual(registrations.differences, [], "registrations converge");
  assert.equal(sessions, 200, "every session is back");
  assert.equal(moves.underWay, 0);
}

describe("the module under faults of the simulated array", () => {
  it("registers everything again when the server restarts while a withdrawal is under way", async () => {
    const run = await virtualRun();
    run.runTo(4900);
    run.engine.world?.restartServer(1500, "nothing");
    run.runTo(30_000);
    assert.deepEqual(run.summary().registrations.differences, []);
  });

  for (let seed = 100; seed < 140; seed++) {
    it(`keeps targets reachable and comes to rest (seed ${seed})`, () => runWithFaults(seed));
  }
});
