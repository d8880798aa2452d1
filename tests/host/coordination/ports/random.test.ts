/** Port balance over several controllers, at random: seeds of hosts, targets, maintenance and networks. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CAPACITY, PortsWorld, type Weakening } from "./world.js";

const SEEDS = 16;
const STEPS = 12;
const STEP_MS = 4000;

/** Three controllers with one or two ports each; each target is on two to four of them. */
function worldOf(seed: number, weakening: Weakening): PortsWorld {
  const draw = drawsOf(seed);
  const ports = [1 + draw(2), 1 + draw(2), 1 + draw(2)];
  const all = ports.flatMap((count, place) => Array.from({ length: count }, (_, port) => `p${place}.${port}`));
  const targets = Array.from({ length: 6 }, () =>
    shuffled(all, draw)
      .slice(0, 2 + draw(3))
      .sort(),
  );
  return new PortsWorld({ ports, targets, seed, redirection: draw(3) > 0, weakening });
}

/** A generator of its own for each seed: what is drawn here doesn't depend on the course of the world. */
function drawsOf(seed: number): (count: number) => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

function shuffled<T>(things: readonly T[], draw: (count: number) => number): T[] {
  const left = [...things];
  return things.map(() => left.splice(draw(left.length), 1)[0] as T);
}

/** Hosts come in bursts, some leave, ports go into maintenance and out of it, the network is slow and loses. */
async function course(seed: number, weakening: Weakening): Promise<PortsWorld> {
  const world = worldOf(seed, weakening);
  const draw = drawsOf(seed + 7919);
  await world.run(6000);
  for (let step = 0; step < STEPS; step++) {
    const slow = draw(3) === 0 ? 600 : 5;
    world.network.set({ delayMs: [1, slow], loss: draw(4) === 0 ? 0.2 : 0 });
    for (let host = draw(6); host > 0; host--) visit(world, `h${step}.${host}`, draw);
    if (draw(3) === 0 && world.sessions.length > 0) {
      world.logout(world.sessions[draw(world.sessions.length)] as (typeof world.sessions)[number]);
    }
    if (draw(3) === 0) world.maintain(new Set(draw(2) === 0 ? [] : [world.ports[draw(world.ports.length)] as string]));
    await world.run(STEP_MS);
  }
  return world;
}

/** A host takes any listed port of a target that isn't full to the brim. */
function visit(world: PortsWorld, host: string, draw: (count: number) => number): void {
  const targets = [...world.server.keys()];
  const target = targets[draw(targets.length)] as string;
  const listed = [...(world.server.get(target) as Set<string>)].sort().filter((port) => world.on(port) < CAPACITY);
  if (listed.length > 0) world.visit(host, target, listed[draw(listed.length)] as string);
}

async function violations(weakening: Weakening): Promise<{ found: string[]; moves: number }> {
  const found: string[] = [];
  let moves = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = await course(seed, weakening);
    found.push(...world.violations.map((violation) => `seed ${seed}, ${violation}`));
    moves += world.decisions.filter((decision) => decision.includes(" reserve ")).length;
  }
  return { found, moves };
}

test("no target loses its last registration, and no port is filled by moves", async () => {
  const { found, moves } = await violations("none");
  assert.deepEqual(found, []);
  assert.ok(moves > SEEDS, `${moves} moves into other controllers' ports`);
});

test("without asking, a seed is found that breaks it", async () => {
  const { found } = await violations("grants without asking");
  assert.ok(
    found.some((violation) => violation.includes("is full")),
    found.join("; "),
  );
});
