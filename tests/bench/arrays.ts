/** Arrays that the bench configures. */

import type { ArrayDescription, PortDescription, TargetDescription } from "../../host/array/description.js";
import { layouts, type ProfileName } from "../../host/shim/generated/layout.js";
import { STEP_MS } from "./workload.js";

/** A capacity of a profile by its name in assembly/limits.ts. */
export function capacityOf(profile: ProfileName, name: string): number {
  const value = layouts[profile].limits[name];
  if (value === undefined) throw new Error(`profile ${profile} has no ${name}`);
  return value;
}

/** As many ports as the profile holds, sampled at each tick. */
export function portsOnly(profile: ProfileName): ArrayDescription {
  return {
    name: "bench",
    profile,
    controllers: [{ name: "a" }],
    ports: Array.from({ length: capacityOf(profile, "TARGET_PORT_MAX") }, (_, index) => port(index)),
    targets: [],
    initiators: [],
    policy: { common: { graceMs: 0 }, ports: { sampleMs: STEP_MS, smoothingPermille: 373 }, health: {} },
    sources: {},
  };
}

function port(index: number): PortDescription {
  return {
    name: `port-${index}`,
    controller: "a",
    address: "",
    tag: index + 1,
    listOrder: index,
    maintenance: false,
    capacity: { processor: 1_000_000, bandwidth: 100_000, operations: 100_000, queue: 64, sessions: 0 },
  };
}

/** Every table full: all ports, all targets on all ports. */
export function full(profile: ProfileName): ArrayDescription {
  const array = portsOnly(profile);
  const ports = array.ports.map(({ name }) => name);
  const target = (index: number): TargetDescription => ({
    name: `target-${index}`,
    ports,
    pinned: false,
    redirection: false,
  });
  array.targets = Array.from({ length: capacityOf(profile, "TARGET_MAX") }, (_, index) => target(index));
  return array;
}
