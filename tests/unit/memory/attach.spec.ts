import { checkMemory } from "../../../assembly/memory/attach";
import { ErrorCode, Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { seal } from "../../../assembly/memory/seals";
import { SessionState } from "../../../assembly/tables/session";
import { TargetPortCounters } from "../../../assembly/tables/target-port";

describe("attach", () => {
  it("takes a memory that was reset", () => {
    resetMemory();
    expect<u32>(checkMemory()).toBe(0);
  });

  it("names what it can't take over", () => {
    resetMemory();
    const header = Header.get();
    header.magic ^= 1;
    expect<u32>(checkMemory()).toBe(ErrorCode.BAD_MAGIC);
    header.magic ^= 1;
    header.layoutVersion++;
    expect<u32>(checkMemory()).toBe(ErrorCode.BAD_VERSION);
    header.layoutVersion--;
    header.profile = 1;
    expect<u32>(checkMemory()).toBe(ErrorCode.BAD_PROFILE);
    header.profile = 0;
    header.layoutHashHigh ^= 0x8000_0000;
    expect<u32>(checkMemory()).toBe(ErrorCode.BAD_LAYOUT);
    header.layoutHashHigh ^= 0x8000_0000;
    header.ringTail = 1;
    expect<u32>(checkMemory()).toBe(ErrorCode.BAD_HEADER);
    header.ringTail = 0;
    expect<u32>(checkMemory()).toBe(0);
  });

  it("names the call that a host died in", () => {
    resetMemory();
    Header.get().callUnderWay = 3;
    expect<u32>(checkMemory() & 0xff).toBe(ErrorCode.CALL_UNDER_WAY);
    expect<u32>(checkMemory() >> 8).toBe(3);
  });

  it("names the row that a writer left half written", () => {
    resetMemory();
    TargetPortCounters.at(3).sequence = 7;
    const found = checkMemory();
    expect<u32>(found & 0xff).toBe(ErrorCode.HALF_WRITTEN_ROW);
    expect<u32>((found >> 8) & 0xff).toBe(TARGET_PORT_COUNTERS_TABLE);
    expect<u32>(found >> 16).toBe(3);
    TargetPortCounters.at(3).sequence = 8;
    expect<u32>(checkMemory()).toBe(0);
  });

  it("names the row whose seal is broken, and changes nothing", () => {
    resetMemory();
    SessionState.at(17).operationsRate = 5;
    const found = checkMemory();
    expect<u32>(found & 0xff).toBe(ErrorCode.BROKEN_SEAL);
    expect<u32>((found >> 8) & 0xff).toBe(SESSION_STATE_TABLE);
    expect<u32>(found >> 16).toBe(17);
    expect<u32>(SessionState.at(17).operationsRate).toBe(5);
    seal(SessionState.at(17));
    expect<u32>(checkMemory()).toBe(0);
  });
});
