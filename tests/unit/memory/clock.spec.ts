import { advanceClock, ClockStep } from "../../../assembly/memory/clock";
import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { Control } from "../../../assembly/tables/control";
import { CommonPolicy } from "../../../assembly/tables/policy";

function at(hostMs: u64): ClockStep {
  Control.get().hostMs = hostMs;
  return advanceClock();
}

function start(hostMs: u64): void {
  resetMemory();
  CommonPolicy.get().timeStepMaxMs = 1000;
  Control.get().incarnation = 1;
  at(hostMs);
}

describe("module time", () => {
  it("begins at zero wherever the host's clock is", () => {
    resetMemory();
    Control.get().incarnation = 1;
    expect<i32>(at(0xffff_ffff_ffff)).toBe(ClockStep.RESTART);
    expect<u64>(Header.get().nowMs).toBe(0);
  });

  it("follows the host by differences", () => {
    start(5000);
    expect<i32>(at(5100)).toBe(ClockStep.STEADY);
    expect<i32>(at(5100)).toBe(ClockStep.STEADY, "no time passed");
    expect<u64>(Header.get().nowMs).toBe(100);
  });

  it("never goes backwards", () => {
    start(5000);
    at(5100);
    expect<i32>(at(4000)).toBe(ClockStep.GAP);
    expect<u64>(Header.get().nowMs).toBe(100);
    at(4010);
    expect<u64>(Header.get().nowMs).toBe(110);
  });

  it("never steps by more than the cap", () => {
    start(0);
    expect<i32>(at(1000)).toBe(ClockStep.STEADY, "the cap itself");
    expect<i32>(at(9000)).toBe(ClockStep.GAP);
    expect<u64>(Header.get().nowMs).toBe(2000);
    expect<u32>(Header.get().clockGaps).toBe(1);
  });

  it("stands still over a restart of the host, and sequences begin anew", () => {
    start(1000);
    at(1500);
    Header.get().sequence = 77;
    Control.get().incarnation = 2;
    expect<i32>(at(3)).toBe(ClockStep.RESTART);
    expect<u64>(Header.get().nowMs).toBe(500);
    expect<u32>(Header.get().sequence).toBe(0);
  });
});
