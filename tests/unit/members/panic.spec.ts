import { silenceHeldUntil } from "../../../assembly/members/panic";
import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { HEALTH_MEMBERS, HealthConfig, HealthKind, HealthState, HealthStatus } from "../../../assembly/tables/health";
import { Heartbeat, MEMBER_SERVERS, MemberConfig } from "../../../assembly/tables/member";
import { ModuleState } from "../../../assembly/tables/module-state";

const NOW_MS: u64 = 10000;

/** Four servers, the first of them this controller's; all are heard, and hear one another. */
function start(permille: u16): void {
  resetMemory();
  Header.get().nowMs = NOW_MS;
  ModuleState.get().deciding = 1;
  const config = HealthConfig.at(HealthKind.SERVER);
  config.silenceMs = 1000;
  config.panicMs = 3000;
  config.panicPermille = permille;
  for (let n: u32 = 0; n < 4; n++) {
    MemberConfig.at(MEMBER_SERVERS + n).id = n + 1;
    MemberConfig.at(MEMBER_SERVERS + n).controller = <u16>n;
    const health = HealthState.at(HEALTH_MEMBERS + MEMBER_SERVERS + n);
    health.status = <u8>HealthStatus.UP;
    health.heardMs = NOW_MS;
    Heartbeat.latchedAt(MEMBER_SERVERS + n).hears0 = 0xf;
  }
}

function silence(n: u32, sinceMs: u64): void {
  HealthState.at(HEALTH_MEMBERS + MEMBER_SERVERS + n).heardMs = sinceMs;
}

function held(n: u32): u64 {
  return silenceHeldUntil(MEMBER_SERVERS + n, HealthKind.SERVER, HealthConfig.at(HealthKind.SERVER));
}

describe("panic", () => {
  it("holds the silence of more than the share for a time, and says so once", () => {
    start(500);
    for (let n: u32 = 1; n < 4; n++) silence(n, 8900);
    const sequence = Header.get().sequence;
    expect<u64>(held(1)).toBe(NOW_MS + 3000);
    expect<u64>(held(2)).toBe(NOW_MS + 3000);
    expect<u32>(Header.get().sequence).toBe(sequence + 1, "one alarm");
    Header.get().nowMs = NOW_MS + 1000;
    expect<u64>(held(3)).toBe(NOW_MS + 3000, "not held for longer by those that follow");
  });

  it("believes the silence of no more than the share", () => {
    start(500);
    silence(1, 8900);
    silence(2, 8900);
    expect<u64>(held(1)).toBe(NOW_MS);
  });

  it("counts those that have just begun to be silent, from half of the time on", () => {
    start(500);
    silence(1, 8900);
    silence(2, 9500);
    silence(3, 9501);
    expect<u64>(held(1)).toBe(NOW_MS, "two");
    silence(3, 9500);
    expect<u64>(held(1)).toBe(NOW_MS + 3000, "three");
  });

  it("believes it where another that is heard doesn't hear it either; the own word counts for nothing", () => {
    start(400);
    silence(1, 8900);
    silence(2, 8900);
    Heartbeat.latchedAt(MEMBER_SERVERS).hears0 = 0;
    expect<u64>(held(1)).toBe(NOW_MS + 3000);
    start(400);
    silence(1, 8900);
    silence(2, 8900);
    Heartbeat.latchedAt(MEMBER_SERVERS + 3).hears0 = 0b1101;
    expect<u64>(held(1)).toBe(NOW_MS);
  });

  it("asks for four, and passes over those that have been down for longer", () => {
    start(500);
    for (let n: u32 = 1; n < 4; n++) silence(n, 8900);
    MemberConfig.at(MEMBER_SERVERS + 3).id = 0;
    expect<u64>(held(1)).toBe(NOW_MS, "three members");
    start(500);
    for (let n: u32 = 1; n < 4; n++) silence(n, 5000);
    const down = HealthState.at(HEALTH_MEMBERS + MEMBER_SERVERS + 3);
    down.status = <u8>HealthStatus.DOWN;
    down.changedMs = 9000;
    expect<u64>(held(1)).toBe(NOW_MS, "the fourth is down since before");
    down.changedMs = 9001;
    expect<u64>(held(1)).toBe(NOW_MS + 3000, "it fell silent with the others");
  });
});
