import { PROCESSOR_MAX } from "../../../assembly/limits";
import { stir, takeStirred } from "../../../assembly/members/stir";
import {
  memberAdded,
  memberRemoved,
  restartMembers,
  takeHeartbeat,
  takeMemberInput,
} from "../../../assembly/members/observe";
import { healthOf } from "../../../assembly/members/health";
import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { anyChanged } from "../../../assembly/memory/scheduling";
import { isWhole } from "../../../assembly/memory/seals";
import { Control } from "../../../assembly/tables/control";
import { HEALTH_MEMBERS, HealthConfig, HealthKind, HealthStatus } from "../../../assembly/tables/health";
import {
  Heartbeat,
  LeaseStatus,
  MemberConfig,
  MemberInput,
  MemberState,
  SelfTest,
} from "../../../assembly/tables/member";
import { Stirred } from "../../../assembly/tables/module-state";
import { CommonPolicy, ProcessorPolicy } from "../../../assembly/tables/policy";

const OWN: u32 = 0;
const OTHER: u32 = 1;
const SERVER: u32 = PROCESSOR_MAX + 1;
const ALL_TESTS: u16 = 63;

function member(row: u32, controller: u32): void {
  const config = MemberConfig.at(row);
  config.id = row + 1;
  config.generation = 5;
  config.controller = <u16>controller;
}

function start(): void {
  resetMemory();
  Header.get().generation = 1;
  Header.get().nowMs = 1000;
  Control.get().incarnation = 3;
  Control.get().controllerIndex = 0;
  CommonPolicy.get().graceMs = 200;
  ProcessorPolicy.get().unhealthyTests = <u16>(SelfTest.PROCESSOR | SelfTest.MEMORY);
  for (let kind: u32 = HealthKind.PROCESSOR; kind <= <u32>HealthKind.SERVER; kind++) {
    const config = HealthConfig.at(kind);
    config.intervalMs = 100;
    config.riseCount = 1;
    config.fallCount = 1;
    config.silenceMs = 300;
    config.flapForgetMs = 60000;
  }
  member(OWN, 0);
  member(OTHER, 1);
  member(SERVER, 1);
  still();
}

/** Nobody looks again until something happens. */
function still(): void {
  takeStirred(Stirred.INTERFACES);
}

function stirred(): bool {
  return takeStirred(Stirred.INTERFACES);
}

function write(row: u32, beat: u32, tests: u16 = ALL_TESTS, generation: u32 = 5): Heartbeat {
  const said = Heartbeat.at(row);
  said.sequence = 2;
  said.generation = generation;
  said.beat = beat;
  said.bootCount = 1;
  said.selfTests = tests;
  return said;
}

function hear(row: u32, beat: u32, tests: u16 = ALL_TESTS): void {
  write(row, beat, tests);
  takeHeartbeat(row);
}

function status(row: u32): u32 {
  return healthOf(HEALTH_MEMBERS + row).status;
}

describe("heartbeats", () => {
  it("make a member heard and up, and the policies look", () => {
    start();
    hear(OTHER, 7);
    expect<u32>(MemberState.at(OTHER).beat).toBe(7);
    expect<u16>(MemberState.at(OTHER).heard).toBe(1);
    expect<bool>(isWhole(MEMBER_STATE_TABLE, OTHER)).toBe(true);
    expect<u32>(status(OTHER)).toBe(HealthStatus.UP);
    expect<bool>(stirred()).toBe(true);
  });

  it("that say nothing new stir nobody, and count as signs of life", () => {
    start();
    hear(OTHER, 7);
    still();
    Header.get().nowMs = 1100;
    hear(OTHER, 8);
    expect<bool>(stirred()).toBe(false);
    expect<u64>(healthOf(HEALTH_MEMBERS + OTHER).heardMs).toBe(1100);
  });

  it("that come again are no sign of life", () => {
    start();
    hear(OTHER, 7);
    Header.get().nowMs = 1100;
    hear(OTHER, 7);
    expect<u64>(healthOf(HEALTH_MEMBERS + OTHER).heardMs).toBe(1000);
  });

  it("stir where anything that they say has changed, but for what is carried", () => {
    start();
    hear(OTHER, 7);
    still();
    write(OTHER, 8).carried = 12;
    takeHeartbeat(OTHER);
    expect<bool>(stirred()).toBe(false, "carried");
    write(OTHER, 9).role = 0x102;
    takeHeartbeat(OTHER);
    expect<bool>(stirred()).toBe(true, "role");
    write(OTHER, 10).configuration = 77;
    takeHeartbeat(OTHER);
    expect<bool>(stirred()).toBe(true, "configuration");
    write(OTHER, 11).hears3 = 1;
    takeHeartbeat(OTHER);
    expect<bool>(stirred()).toBe(true, "the last word of what it hears");
    write(OTHER, 12).flags = 1;
    takeHeartbeat(OTHER);
    expect<bool>(stirred()).toBe(true, "flags");
    hear(OTHER, 12);
    expect<bool>(stirred()).toBe(false, "the same again");
  });

  it("of another generation, or of a row without a member, are dropped", () => {
    start();
    write(OTHER, 7, ALL_TESTS, 4);
    takeHeartbeat(OTHER);
    expect<u16>(MemberState.at(OTHER).heard).toBe(0);
    expect<u32>(Header.get().droppedRows).toBe(1);
    MemberConfig.at(OTHER).id = 0;
    hear(OTHER, 7);
    expect<u16>(MemberState.at(OTHER).heard).toBe(0);
    expect<u32>(Header.get().droppedRows).toBe(2);
    expect<bool>(stirred()).toBe(false);
  });

  it("that a writer has not ended change nothing, and are looked at again", () => {
    start();
    write(OTHER, 7).sequence = 3;
    takeHeartbeat(OTHER);
    expect<u16>(MemberState.at(OTHER).heard).toBe(0);
    expect<bool>(anyChanged()).toBe(true);
  });

  it("of a start anew are counted as one, though the beat is the same", () => {
    start();
    hear(OTHER, 7);
    const before = healthOf(HEALTH_MEMBERS + OTHER).flaps;
    write(OTHER, 7).bootCount = 2;
    takeHeartbeat(OTHER);
    expect<u32>(MemberState.at(OTHER).bootCount).toBe(2);
    expect<u16>(healthOf(HEALTH_MEMBERS + OTHER).flaps).toBe(before + 1);
  });

  it("of a processor that fails a test that counts are those of a failed one; a server's are not", () => {
    start();
    hear(OTHER, 7, ALL_TESTS & ~(<u16>SelfTest.DISK));
    expect<u32>(status(OTHER)).toBe(HealthStatus.UP, "one that doesn't count");
    hear(OTHER, 8, ALL_TESTS & ~(<u16>SelfTest.MEMORY));
    expect<u32>(status(OTHER)).toBe(HealthStatus.DOWN);
    hear(SERVER, 1, ALL_TESTS & ~(<u16>SelfTest.MEMORY));
    expect<u32>(status(SERVER)).toBe(HealthStatus.UP);
  });
});

describe("what the lease service says of a member", () => {
  it("stirs where it is of this incarnation and of this member, and is dropped otherwise", () => {
    start();
    const input = MemberInput.at(OTHER);
    input.generation = 5;
    input.incarnation = 3;
    input.lease = <u8>LeaseStatus.LEASED;
    takeMemberInput(OTHER);
    expect<bool>(stirred()).toBe(true);
    input.incarnation = 2;
    takeMemberInput(OTHER);
    expect<bool>(stirred()).toBe(false, "another incarnation");
    input.incarnation = 3;
    input.generation = 4;
    takeMemberInput(OTHER);
    expect<bool>(stirred()).toBe(false, "another member");
    input.generation = 5;
    MemberConfig.at(OTHER).id = 0;
    takeMemberInput(OTHER);
    expect<bool>(stirred()).toBe(false, "no member");
    expect<u32>(Header.get().droppedRows).toBe(3);
  });
});

describe("members that come and go", () => {
  it("leave nothing to whoever gets their row", () => {
    start();
    hear(OTHER, 7);
    MemberInput.at(OTHER).lease = <u8>LeaseStatus.LEASED;
    memberRemoved(OTHER);
    expect<u16>(MemberState.at(OTHER).heard).toBe(0);
    expect<u32>(MemberState.at(OTHER).beat).toBe(0);
    expect<u8>(MemberInput.at(OTHER).lease).toBe(<u8>LeaseStatus.UNKNOWN);
    expect<u32>(status(OTHER)).toBe(HealthStatus.UNKNOWN);
    expect<bool>(isWhole(MEMBER_STATE_TABLE, OTHER)).toBe(true);
    expect<bool>(isWhole(HEALTH_STATE_TABLE, HEALTH_MEMBERS + OTHER)).toBe(true);
  });

  it("have the grace period and their whole time to be heard, but for own ones", () => {
    start();
    memberAdded(OTHER);
    expect<u64>(healthOf(HEALTH_MEMBERS + OTHER).heardMs).toBe(1200);
    memberAdded(OWN);
    expect<u64>(healthOf(HEALTH_MEMBERS + OWN).heardMs).toBe(0);
  });
});

describe("a restart", () => {
  it("of the clock gives whoever was heard its whole time, own members too, and forgets nothing", () => {
    start();
    hear(OWN, 3);
    hear(OTHER, 7);
    Header.get().nowMs = 50000;
    still();
    restartMembers(false);
    expect<u32>(MemberState.at(OTHER).beat).toBe(7);
    expect<u32>(status(OTHER)).toBe(HealthStatus.UP);
    expect<u64>(healthOf(HEALTH_MEMBERS + OTHER).heardMs).toBe(50200);
    expect<u64>(healthOf(HEALTH_MEMBERS + OWN).heardMs).toBe(50200);
    expect<bool>(stirred()).toBe(true);
    expect<bool>(anyChanged()).toBe(false);
  });

  it("of the host forgets what was heard, and has every scope told anew", () => {
    start();
    hear(OWN, 3);
    hear(OTHER, 7);
    Header.get().nowMs = 50000;
    restartMembers(true);
    expect<u16>(MemberState.at(OTHER).heard).toBe(0);
    expect<u32>(status(OTHER)).toBe(HealthStatus.UNKNOWN);
    expect<u64>(healthOf(HEALTH_MEMBERS + OTHER).heardMs).toBe(50200);
    expect<u64>(healthOf(HEALTH_MEMBERS + OWN).heardMs).toBe(0, "a host alone need not write any");
    expect<bool>(anyChanged()).toBe(true);
  });

  it("passes rows over that are no member's", () => {
    start();
    MemberConfig.at(SERVER).id = 0;
    restartMembers(true);
    expect<u64>(healthOf(HEALTH_MEMBERS + SERVER).heardMs).toBe(0);
  });
});

describe("stirring", () => {
  it("is for all policies, each of which takes it once", () => {
    start();
    stir();
    expect<bool>(takeStirred(Stirred.INTERFACES)).toBe(true);
    expect<bool>(takeStirred(Stirred.INTERFACES)).toBe(false);
    expect<bool>(takeStirred(Stirred.REQUESTS)).toBe(true);
  });
});
