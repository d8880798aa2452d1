/** The lease service out of reach: for all, what one has is kept by promises; for one alone, it is given up. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ScopeFlag, ScopeRole } from "../../../host/shim/generated/layout.js";
import { Ground, type Running } from "./controller-ground.js";

/** A lease, a promise, campaign, raising, hosting: all of it has happened by then. */
const SETTLED_MS = 12_000;
/** Row of group 0 in the table of scopes. */
const GROUP = 1;
const BOTH = ["192.0.2.1", "192.0.2.2"];

async function pair(): Promise<{ ground: Ground; a: Running; b: Running }> {
  const ground = new Ground();
  const [a, b] = [await ground.start("a"), await ground.start("b")];
  await ground.run(SETTLED_MS);
  assert.deepEqual(addressesOf(a, b), BOTH, [...a.lines, ...b.lines].join("; "));
  return { ground, a, b };
}

/** Addresses that some kernel lets through; one that two do stands there twice. */
function addressesOf(...controllers: Running[]): string[] {
  const open = controllers.filter(({ machine }) => machine.letsThrough);
  return open.flatMap(({ machine }) => [...machine.addresses.keys()].filter((each) => BOTH.includes(each))).sort();
}

const flagsOf = ({ shim }: Running) => shim.core.views.scope.flags(GROUP);

test("out of reach for all: addresses stay, each module and each operator is told, and all goes on by itself", async () => {
  const { ground, a, b } = await pair();
  for (const { store } of [a, b]) store.conditions.cut = true;
  // Longer than the lease and a promise together.
  await ground.run(8000, () => assert.ok(addressesOf(a, b).length <= BOTH.length));
  assert.deepEqual(addressesOf(a, b), BOTH);
  for (const each of [a, b]) {
    assert.equal(flagsOf(each), ScopeFlag.FAILSAFE | ScopeFlag.UNREACHABLE);
    assert.ok(
      each.lines.some((line) => line.includes("out of reach for every controller")),
      each.lines.join("; "),
    );
  }
  for (const { store } of [a, b]) store.conditions.cut = false;
  await ground.run(SETTLED_MS);
  assert.deepEqual([flagsOf(a), flagsOf(b)], [0, 0]);
  assert.deepEqual(addressesOf(a, b), BOTH);
  const roles = [a, b].map(({ shim }) => shim.core.views.scope.role(GROUP)).sort();
  assert.deepEqual(roles, [ScopeRole.DECIDING, ScopeRole.SHADOW].sort());
});

test("out of reach for one alone: no promise keeps what it has, it is never said to, and the other takes it over", async () => {
  const { ground, a, b } = await pair();
  b.store.conditions.cut = true;
  let kept = false;
  await ground.run(SETTLED_MS, () => {
    kept ||= (flagsOf(b) & ScopeFlag.FAILSAFE) !== 0;
    assert.equal(new Set(addressesOf(a, b)).size, addressesOf(a, b).length, "an address has two holders");
  });
  assert.equal(kept, false);
  assert.deepEqual([...b.machine.addresses.keys()], []);
  assert.deepEqual(addressesOf(a), BOTH);
});
