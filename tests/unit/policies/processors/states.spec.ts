import { resetMemory } from "../../../../assembly/memory/reset";
import {
  isBetter,
  isCandidate,
  judgeProcessors,
  mayBeActive,
  mayBeCaretaker,
  webServerOf,
} from "../../../../assembly/policies/processors/states";
import { Control } from "../../../../assembly/tables/control";
import { HEALTH_MEMBERS, HealthState, HealthStatus } from "../../../../assembly/tables/health";
import { seal } from "../../../../assembly/memory/seals";
import {
  Heartbeat,
  MemberConfig,
  MemberFlag,
  MemberReport,
  MemberState,
  SelfTest,
  WebServerKind,
} from "../../../../assembly/tables/member";
import { ProcessorRow, ProcessorState } from "../../../../assembly/tables/processor";

/** Two processors that are well; 0 is this controller's. */
function start(): void {
  resetMemory();
  Control.get().controllerIndex = 0;
  for (let row: u32 = 0; row < 2; row++) {
    const config = MemberConfig.at(row);
    config.id = row + 1;
    config.priority = 100;
    config.controller = <u16>row;
    seal(config);
    const health = HealthState.at(HEALTH_MEMBERS + row);
    health.status = <u8>HealthStatus.UP;
    health.silent = 0;
    health.flaps = 0;
    seal(health);
    const state = MemberState.at(row);
    state.heard = 1;
    seal(state);
    const beat = Heartbeat.latchedAt(row);
    beat.selfTests = 63;
    beat.flags = <u16>MemberReport.REACHES_LEASE_SERVICE;
    beat.hears0 = 3;
  }
}

function stateOf(row: u32): u32 {
  judgeProcessors();
  return ProcessorRow.at(row).state;
}

describe("states of processors", () => {
  it("have their server and may be active by the table", () => {
    expect<u32>(webServerOf(ProcessorState.HEALTHY)).toBe(WebServerKind.FULL);
    expect<u32>(webServerOf(ProcessorState.DEGRADED)).toBe(WebServerKind.FULL);
    expect<u32>(webServerOf(ProcessorState.UNHEALTHY)).toBe(WebServerKind.RESTRICTED);
    expect<u32>(webServerOf(ProcessorState.ISOLATED)).toBe(WebServerKind.RESTRICTED);
    expect<u32>(webServerOf(ProcessorState.MAINTENANCE)).toBe(WebServerKind.RESTRICTED);
    expect<u32>(webServerOf(ProcessorState.UNREACHABLE)).toBe(WebServerKind.NONE);
    for (let state: u32 = 0; state < 7; state++) {
      expect<bool>(mayBeActive(state)).toBe(webServerOf(state) == <u32>WebServerKind.FULL);
    }
    expect<bool>(mayBeCaretaker(ProcessorState.UNHEALTHY)).toBe(true);
    expect<bool>(mayBeCaretaker(ProcessorState.ISOLATED)).toBe(false);
    expect<bool>(mayBeCaretaker(ProcessorState.HEALTHY)).toBe(false);
  });

  it("follow health, self-tests, silence and who is reached", () => {
    start();
    expect<u32>(stateOf(0)).toBe(ProcessorState.HEALTHY);
    Heartbeat.latchedAt(0).selfTests = <u16>(63 & ~SelfTest.CLOCK);
    expect<u32>(stateOf(0)).toBe(ProcessorState.DEGRADED);
    HealthState.at(HEALTH_MEMBERS).status = <u8>HealthStatus.HELD_DOWN;
    expect<u32>(stateOf(0)).toBe(ProcessorState.UNHEALTHY);
    Heartbeat.latchedAt(0).flags = 0;
    expect<u32>(stateOf(0)).toBe(ProcessorState.UNHEALTHY, "it hears a peer");
    Heartbeat.latchedAt(0).hears0 = 1;
    expect<u32>(stateOf(0)).toBe(ProcessorState.ISOLATED, "it hears itself alone");
    HealthState.at(HEALTH_MEMBERS + 1).silent = 1;
    expect<u32>(stateOf(1)).toBe(ProcessorState.UNREACHABLE);
    expect<bool>(isCandidate(1)).toBe(false);
  });

  it("are not asked for by a host that never says how it is", () => {
    start();
    MemberState.at(0).heard = 0;
    expect<u32>(stateOf(0)).toBe(ProcessorState.UNKNOWN);
  });

  it("let an active one drain before it is in maintenance", () => {
    start();
    MemberConfig.at(0).flags = <u16>MemberFlag.MAINTENANCE;
    Heartbeat.latchedAt(0).role = 0x102;
    expect<u32>(stateOf(0)).toBe(ProcessorState.HEALTHY);
    Heartbeat.latchedAt(0).role = 2;
    expect<u32>(stateOf(0)).toBe(ProcessorState.MAINTENANCE);
  });

  it("choose by health, preference, priority less penalty, failures, id", () => {
    start();
    judgeProcessors();
    expect<bool>(isBetter(0, 1)).toBe(true, "lower id");
    HealthState.at(HEALTH_MEMBERS).flaps = 2;
    expect<bool>(isBetter(1, 0)).toBe(true, "fewer failures");
    Heartbeat.latchedAt(1).penalty = 1;
    expect<bool>(isBetter(0, 1)).toBe(true, "higher priority");
    MemberConfig.at(1).flags = <u16>MemberFlag.PREFERRED;
    expect<bool>(isBetter(1, 0)).toBe(true, "preferred");
    Heartbeat.latchedAt(1).selfTests = 31;
    judgeProcessors();
    expect<bool>(isBetter(0, 1)).toBe(true, "healthy before degraded");
  });
});
