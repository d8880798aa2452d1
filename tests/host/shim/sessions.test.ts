import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InitiatorFlag, NextPortal, SessionFlag } from "../../../host/shim/generated/layout.js";
import { runTicks, SEED_TEXT, startedShim } from "./support.js";

describe("sessions", () => {
  test("a row is given out under a larger generation each time", () => {
    const shim = startedShim();
    const { sessionInput } = shim.core.views;
    const initiator = shim.initiator("10a");
    const generations = new Map<number, number>();
    for (let round = 0; round < 3 * sessionInput.capacity; round++) {
      const row = shim.login(initiator, 0, 0, SessionFlag.PINNED);
      assert.equal(sessionInput.flags(row), SessionFlag.LOGGED_IN | SessionFlag.PINNED);
      assert.equal(sessionInput.generation(row), (generations.get(row) ?? 0) + 1);
      generations.set(row, sessionInput.generation(row));
      shim.logout(row);
      assert.equal(sessionInput.flags(row), 0);
      if (round % 50 === 0) runTicks(shim, 1, 1000 + round);
    }
    assert.equal(generations.size, sessionInput.capacity, "rows rest as long as they can");
  });

  test("more sessions than rows are counted and refused, and a row that frees up is used", () => {
    const shim = startedShim();
    const initiator = shim.initiator("10a");
    const { capacity } = shim.core.views.sessionInput;
    for (let count = 0; count < capacity; count++) assert.ok(shim.login(initiator, 0, 0, 0) >= 0);
    assert.equal(shim.login(initiator, 0, 0, 0), -1);
    assert.equal(shim.droppedLogins, 1);
    shim.logout(5);
    shim.logout(5);
    assert.equal(shim.login(initiator, 1, 1, 0), 5);
    assert.equal(shim.login(initiator, 1, 1, 0), -1);
  });

  test("a session is found by its ends, and by name also after its end", () => {
    const shim = startedShim();
    const row = shim.login(shim.initiator("10b"), 1, 1, 0);
    assert.equal(shim.findSession(shim.initiator("10b"), 1, 1), row);
    assert.equal(shim.findSession(shim.initiator("10b"), 0, 1), -1);
    shim.logout(row);
    assert.equal(shim.isLoggedIn(row), false);
    assert.deepEqual(shim.names.session(row), { initiator: "10b", target: "eui.0002", port: "41b" });
  });

  test("numbers larger than their fields are cut, not wrapped into others", () => {
    const shim = startedShim();
    const row = shim.login(shim.initiator("10a"), 0, 0, 0);
    shim.sessionCounters(row, 2 ** 32 + 5, 2 ** 32 + 7, 2 ** 40 + 1, 70_000);
    const counters = shim.core.views.sessionCounters;
    assert.equal(counters.sampledMs(row), 5);
    assert.equal(counters.operations(row), 7);
    assert.equal(counters.bytes(row), 2 ** 40 + 1);
    assert.equal(counters.inFlight(row), 0xffff);
  });
});

describe("initiators", () => {
  test("are made at first sight, with what the array file says of them", () => {
    const shim = startedShim(
      `${SEED_TEXT}\ninitiators: [{name: 10b, pinned: true, nextPortal: following, switchingPriority: 9}]\n`,
    );
    const { initiatorInput } = shim.core.views;
    const plain = shim.initiator("10a");
    const described = shim.initiator("10b");
    assert.equal(shim.initiator("10a"), plain);
    assert.notEqual(plain, described);
    assert.equal(initiatorInput.flags(described), InitiatorFlag.PINNED);
    assert.equal(initiatorInput.nextPortal(described), NextPortal.FOLLOWING);
    assert.equal(initiatorInput.switchingPriority(described), 9);
    assert.equal(initiatorInput.flags(plain), 0);
    assert.ok(initiatorInput.isChanged(described));
  });

  test("the one that has been idle longest gives its row to a new one", () => {
    const shim = startedShim();
    const { initiatorInput } = shim.core.views;
    const busy = shim.initiator("busy");
    const session = shim.login(busy, 0, 0, 0);
    for (let index = 1; index < initiatorInput.capacity; index++) shim.initiator(`i${index}`);
    const row = shim.names.initiators.row("i1");
    const id = initiatorInput.id(row);
    const generation = initiatorInput.generation(row);
    assert.equal(shim.initiator("new"), row);
    assert.equal(initiatorInput.generation(row), generation + 1);
    assert.notEqual(initiatorInput.id(row), id);
    assert.equal(shim.names.initiators.row("i1"), -1);
    // The id book remembers a name that has lost its row.
    assert.equal(shim.initiator("i1") >= 0 && initiatorInput.id(shim.initiator("i1")), id);
    assert.equal(shim.names.initiators.row("busy"), busy);
    shim.logout(session);
  });

  test("when all have sessions, a further one is refused and counted", () => {
    const shim = startedShim();
    const { capacity } = shim.core.views.initiatorInput;
    for (let index = 0; index < capacity; index++) shim.login(shim.initiator(`i${index}`), 0, 0, 0);
    assert.equal(shim.initiator("one more"), -1);
    assert.equal(shim.droppedLogins, 1);
  });

  test("the id book stays bounded, however many names come", () => {
    const shim = startedShim();
    const { capacity } = shim.core.views.initiatorInput;
    for (let index = 0; index < capacity * 10; index++) shim.initiator(`name-${index}`);
    assert.ok(shim.idBook.size("initiators") <= capacity * 4);
  });
});
