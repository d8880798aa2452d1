import { Header } from "../../../../assembly/memory/header";
import { resetMemory } from "../../../../assembly/memory/reset";
import { seal } from "../../../../assembly/memory/seals";
import { countersCame, judgePort } from "../../../../assembly/policies/ports/samples";
import { HealthConfig, HealthKind } from "../../../../assembly/tables/health";
import { PortPolicy } from "../../../../assembly/tables/policy";
import {
  TargetPortConfig,
  TargetPortCounters,
  TargetPortState,
  TargetPortStatus,
} from "../../../../assembly/tables/target-port";

function start(): void {
  resetMemory();
  const policy = PortPolicy.get();
  policy.sampleMs = 100;
  policy.smoothingPermille = 1000;
  policy.highWatermarkPermille = 800;
  policy.lowWatermarkPermille = 600;
  policy.highSamples = 2;
  policy.lowSamples = 2;
  HealthConfig.at(HealthKind.TARGET_PORT).silenceMs = 1000;
  HealthConfig.at(HealthKind.TARGET_PORT).panicPermille = 1000;
  const config = TargetPortConfig.at(0);
  config.id = 1;
  config.operationsCapacity = 1000;
  const state = TargetPortState.at(0);
  state.status = TargetPortStatus.OWN;
  seal(state);
}

/** One sample after 100 ms, with the counters' totals as given. */
function sample(operations: u64, bytes: u64, queue: u32): void {
  Header.get().nowMs += 100;
  const counters = TargetPortCounters.latchedAt(0);
  counters.sampledMs += 100;
  counters.operations = operations;
  counters.bytes = bytes;
  counters.queueDepth = queue;
  countersCame(0);
  judgePort(0);
}

function is(flag: TargetPortStatus): bool {
  return (TargetPortState.at(0).status & flag) != 0;
}

describe("samples", () => {
  it("know no rate before the second", () => {
    start();
    sample(5000, 0, 0);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(0);
    sample(5050, 0, 0);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(500);
    expect<u32>(TargetPortState.at(0).loadPermille).toBe(500);
  });

  it("make a port overloaded at the high watermark for so many in a row, relieved at the low one", () => {
    start();
    sample(0, 0, 0);
    sample(80, 0, 0);
    expect<bool>(is(TargetPortStatus.OVERLOADED)).toBe(false, "one sample at 800");
    sample(159, 0, 0);
    sample(239, 0, 0);
    expect<bool>(is(TargetPortStatus.OVERLOADED)).toBe(false, "790 in between");
    sample(319, 0, 0);
    expect<bool>(is(TargetPortStatus.OVERLOADED)).toBe(true, "two samples at 800");
    sample(380, 0, 0);
    sample(440, 0, 0);
    expect<bool>(is(TargetPortStatus.OVERLOADED)).toBe(true, "610, then 600");
    sample(500, 0, 0);
    expect<bool>(is(TargetPortStatus.OVERLOADED)).toBe(false, "two samples at 600");
  });

  it("tell a counter that went round at 2^32 from one that began anew", () => {
    start();
    sample(0xffff_fff0, 0, 0);
    sample(0x22, 0, 0);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(500, "16 before the end and 34 after");
    expect<u32>(Header.get().counterWraps).toBe(1);
    sample(3, 0, 0);
    expect<u32>(Header.get().counterResets).toBe(1);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(500, "no sample");
    sample(13, 0, 0);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(100);
  });

  it("keep the last good usage of a counter that stands still while others move", () => {
    start();
    sample(100, 1024, 0);
    sample(150, 2048, 0);
    for (let n: u64 = 0; n < 3; n++) sample(150, 4096 + n * 1024, 0);
    expect<u32>(Header.get().counterStuck).toBe(1);
    sample(150, 9000, 0);
    expect<u32>(Header.get().counterStuck).toBe(1, "counted once");
    sample(200, 10000, 0);
    expect<u32>(TargetPortState.at(0).operationsUsage).toBe(500, "moves again");
  });

  it("do not take an idle port's counters for stuck", () => {
    start();
    sample(100, 1024, 0);
    for (let n: u32 = 0; n < 5; n++) sample(100, 1024, 0);
    expect<u32>(Header.get().counterStuck).toBe(0);
    for (let n: u32 = 0; n < 5; n++) sample(100, 1024, 7);
    expect<bool>(Header.get().counterStuck > 0).toBe(true, "its queue isn't empty");
  });

  it("drop counters of another generation", () => {
    start();
    TargetPortCounters.latchedAt(0).generation = 9;
    sample(100, 0, 0);
    expect<u32>(Header.get().droppedRows).toBe(1);
    expect<bool>(is(TargetPortStatus.SAMPLED)).toBe(false);
  });

  it("call a port silent whose counters stop coming", () => {
    start();
    sample(100, 0, 0);
    Header.get().nowMs += 999;
    judgePort(0);
    expect<bool>(is(TargetPortStatus.SILENT)).toBe(false);
    Header.get().nowMs += 1;
    judgePort(0);
    expect<bool>(is(TargetPortStatus.SILENT)).toBe(true);
    sample(200, 0, 0);
    expect<bool>(is(TargetPortStatus.SILENT)).toBe(false);
  });
});
