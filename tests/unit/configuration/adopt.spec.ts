import { adoptStaged } from "../../../assembly/configuration/adopt";
import { ErrorCode, Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { Control } from "../../../assembly/tables/control";
import { HealthConfig } from "../../../assembly/tables/health";
import { CommonPolicy, InterfacePolicy, PortPolicy, ProcessorPolicy } from "../../../assembly/tables/policy";
import { TargetConfig, TargetPortsConfig } from "../../../assembly/tables/target";
import { TargetPortConfig, TargetPortOrder } from "../../../assembly/tables/target-port";

function stagePolicies(): void {
  CommonPolicy.staged().timeStepMaxMs = 5000;
  const ports = PortPolicy.staged();
  ports.sampleMs = 100;
  ports.highWatermarkPermille = 800;
  ports.lowWatermarkPermille = 600;
  ports.highSamples = 1;
  ports.lowSamples = 1;
  ports.smoothingPermille = 1000;
  ports.movesUnderWayMax = 1;
  ports.movesFromPortMax = 1;
  ports.registrationMs = 1000;
  ports.withdrawMs = 1000;
  ports.moveMs = 1000;
  ports.reserveMs = 1000;
  ports.backOffMs = 1000;
  ports.backOffMaxMs = 1000;
  ports.slowStartPermille = 1000;
  const processors = ProcessorPolicy.staged();
  processors.effectMs = 1000;
  processors.campaignMs = 1000;
  processors.backOffMaxMs = 1000;
  const interfaces = InterfacePolicy.staged();
  interfaces.unhostMs = 1000;
  interfaces.moveMs = 1000;
  interfaces.unitMs = 1000;
  interfaces.backOffMs = 1000;
  interfaces.backOffMaxMs = 1000;
  interfaces.movesUnderWayMax = 1;
  for (let kind: u32 = 0; kind < 6; kind++) {
    const health = HealthConfig.stagedAt(kind);
    health.intervalMs = 100;
    health.riseCount = 1;
    health.fallCount = 1;
    health.panicPermille = 500;
    health.silenceMs = 1000;
    health.flapForgetMs = 1000;
    health.panicMs = 1000;
  }
}

/** Stages ports and targets with the given ids, each target on all ports. */
function stage(ports: u32[], targets: u32[]): void {
  stagePolicies();
  CommonPolicy.staged().targetPortCount = ports.length;
  CommonPolicy.staged().targetCount = targets.length;
  for (let n = 0; n < ports.length; n++) {
    TargetPortConfig.stagedAt(n).id = ports[n];
    TargetPortConfig.stagedAt(n).portalGroupTag = 1;
  }
  for (let n = 0; n < targets.length; n++) {
    TargetConfig.stagedAt(n).id = targets[n];
    TargetPortsConfig.stagedAt(n).ports = (1 << ports.length) - 1;
  }
}

function rowOfPort(id: u32): u32 {
  for (let row: u32 = 0; row < 8; row++) {
    if (TargetPortConfig.at(row).id == id) return row;
  }
  return 99;
}

describe("configure", () => {
  it("adopts a whole configuration", () => {
    resetMemory();
    stage([10, 20], [1, 2, 3]);
    expect<u32>(adoptStaged()).toBe(0);
    expect<u32>(Header.get().generation).toBe(1);
    expect<u16>(TargetPortConfig.stagedAt(1).assigned).toBe(<u16>rowOfPort(20));
    expect<u32>(TargetPortsConfig.at(2).ports).toBe(0b11);
  });

  it("leaves every other row alone when one is added or removed", () => {
    resetMemory();
    stage([10, 20, 30], [1]);
    adoptStaged();
    const ten = rowOfPort(10);
    const thirty = rowOfPort(30);
    stage([10, 15, 30], [1]);
    Control.get().writersGeneration = 1;
    expect<u32>(adoptStaged()).toBe(0);
    expect<u32>(rowOfPort(10)).toBe(ten);
    expect<u32>(rowOfPort(30)).toBe(thirty);
    expect<u32>(rowOfPort(20)).toBe(99);
    expect<u32>(TargetPortConfig.at(ten).generation).toBe(1);
    expect<u32>(TargetPortConfig.at(rowOfPort(15)).generation).toBe(2);
    const expected = (1 << ten) | (1 << thirty) | (1 << rowOfPort(15));
    expect<u32>(TargetPortsConfig.at(0).ports).toBe(expected, "bits name rows in force");
  });

  it("gives a hole out anew only after all writers know the generation that made it", () => {
    resetMemory();
    stage([1, 2, 3, 4, 5, 6, 7, 8], [1]);
    adoptStaged();
    Control.get().writersGeneration = 1;
    stage([1, 2, 3, 4, 5, 6, 7], [1]);
    adoptStaged();
    stage([1, 2, 3, 4, 5, 6, 7, 9], [1]);
    expect<u32>(adoptStaged()).toBe(ErrorCode.TABLE_FULL);
    expect<u32>(Header.get().errorTable).toBe(TARGET_PORT_CONFIG_STAGED_TABLE);
    expect<u32>(Header.get().errorRow).toBe(7);
    expect<u32>(Header.get().generation).toBe(2, "the old one stays");
    Control.get().writersGeneration = 2;
    expect<u32>(adoptStaged()).toBe(0);
  });

  it("lists ports by their order, then by id", () => {
    resetMemory();
    stage([10, 20, 30], [1]);
    TargetPortConfig.stagedAt(0).listOrder = 5;
    adoptStaged();
    expect<u16>(TargetPortOrder.at(0).port).toBe(<u16>rowOfPort(20));
    expect<u16>(TargetPortOrder.at(1).port).toBe(<u16>rowOfPort(30));
    expect<u16>(TargetPortOrder.at(2).port).toBe(<u16>rowOfPort(10));
    expect<u16>(TargetPortOrder.at(3).port).toBe(0xffff);
    TargetPortConfig.stagedAt(0).listOrder = 0;
  });

  it("refuses ids that don't ascend, and says where", () => {
    resetMemory();
    stage([10, 10], [1]);
    expect<u32>(adoptStaged()).toBe(ErrorCode.NOT_ASCENDING);
    expect<u32>(Header.get().errorRow).toBe(1);
    stage([10, 20], [2, 1]);
    expect<u32>(adoptStaged()).toBe(ErrorCode.NOT_ASCENDING);
    expect<u32>(Header.get().errorTable).toBe(TARGET_CONFIG_STAGED_TABLE);
  });

  it("refuses a target on a port that isn't there", () => {
    resetMemory();
    stage([10, 20], [1]);
    TargetPortsConfig.stagedAt(0).ports = 0b111;
    expect<u32>(adoptStaged()).toBe(ErrorCode.NO_SUCH_ROW);
    expect<u32>(Header.get().errorTable).toBe(TARGET_PORTS_CONFIG_STAGED_TABLE);
  });

  it("refuses watermarks that leave nothing between them", () => {
    resetMemory();
    stage([10], [1]);
    PortPolicy.staged().lowWatermarkPermille = 800;
    expect<u32>(adoptStaged()).toBe(ErrorCode.CONFLICT);
    expect<u32>(Header.get().errorField).toBe(offsetof<PortPolicy>("lowWatermarkPermille"));
  });

  it("refuses more rows than the table holds", () => {
    resetMemory();
    stage([10], [1]);
    CommonPolicy.staged().targetPortCount = 9;
    expect<u32>(adoptStaged()).toBe(ErrorCode.TABLE_FULL);
    expect<u32>(Header.get().generation).toBe(0);
  });
});
