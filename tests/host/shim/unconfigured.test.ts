/** A module that was reset and not configured: all its knobs are zero, and its ticks do no harm. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DecisionKind,
  LeaseStatus,
  LinkState,
  MemberReport,
  RequestKind,
  RequestResult,
  ScopeKind,
  ScopeRole,
  SessionFlag,
} from "../../../host/shim/generated/layout.js";
import type { Core } from "../../../host/shim/module.js";
import { newCore, PROFILES, SEED_TEXT, startedShim } from "./support.js";

const ROWS = 4;

/** A host that writes all that it observes, though nothing is configured. */
function observe({ views }: Core, beat: number): void {
  for (let row = 0; row < ROWS; row++) {
    views.targetPortInput.setIncarnation(row, 1);
    views.targetPortInput.setLink(row, LinkState.UP);
    views.targetPortInput.markChanged(row);
    views.registrationInput.setIncarnation(row, 1);
    views.registrationInput.setPorts(row, 3);
    views.registrationInput.markChanged(row);
    views.sessionInput.setGeneration(row, 1);
    views.sessionInput.setFlags(row, SessionFlag.LOGGED_IN);
    views.sessionInput.markChanged(row);
    views.networkPortInput.setIncarnation(row, 1);
    views.networkPortInput.setLink(row, LinkState.UP);
    views.networkPortInput.markChanged(row);
    views.interfaceInput.setIncarnation(row, 1);
    views.interfaceInput.markChanged(row);
    views.unitInput.setIncarnation(row, 1);
    views.unitInput.markChanged(row);
    views.heartbeat.setBeat(row, beat);
    views.heartbeat.setFlags(row, MemberReport.REACHES_LEASE_SERVICE);
    views.heartbeat.markChanged(row);
    views.memberInput.setIncarnation(row, 1);
    views.memberInput.setLease(row, LeaseStatus.LEASED);
    views.memberInput.markChanged(row);
    views.targetPortCounters.setBytes(row, beat);
    views.targetPortCounters.markChanged(row);
    views.scope.setIncarnation(row, 1);
    views.scope.setKind(row, [ScopeKind.PORTS, ScopeKind.GROUP, ScopeKind.GROUP, ScopeKind.ARRAY][row] as number);
    views.scope.setRole(row, ScopeRole.DECIDING);
    views.scope.setEpoch(row, 5);
    views.scope.markChanged(row);
  }
}

describe("a module that was reset and not configured", () => {
  for (const profile of PROFILES) {
    test(`decides nothing, whatever it is told, and is configured after that: ${profile}`, () => {
      const core = newCore(profile);
      const { views, exports } = core;
      exports.reset();
      views.control.setIncarnation(0, 1);
      for (let n = 1; n <= 50; n++) {
        observe(core, n);
        views.control.setHostMs(0, n * 1000);
        views.control.markChanged(0);
        assert.equal(exports.tick(), 0);
      }
      assert.equal(views.header.nowMs(0), 0);
      assert.equal(exports.scrub(1000), 0);
      const shim = startedShim(SEED_TEXT.replace("profile: small", `profile: ${profile}`), { incarnation: 2 }, core);
      shim.tick(1100, () => {});
      shim.tick(1200, () => {});
      assert.equal(views.header.generation(0), 1);
      assert.equal(views.header.nowMs(0), 100);
    });
  }

  test("refuses requests", () => {
    const { views, exports } = newCore();
    exports.reset();
    views.control.setIncarnation(0, 1);
    views.control.setHostMs(0, 1000);
    views.control.markChanged(0);
    views.request.setKind(0, RequestKind.REBALANCE);
    views.request.setSequence(0, 1);
    views.request.setIncarnation(0, 1);
    views.request.markChanged(0);
    for (let n = 0; n < 5; n++) exports.tick();
    assert.equal(exports.tick(), 1, "one answer, and no more");
    assert.equal(views.decision.kind(0), DecisionKind.REQUEST_ANSWERED);
    assert.equal(views.decision.detail(0), RequestResult.REFUSED);
  });
});
