/**
 * A host with ports alone: every port's counters change before every tick, and there is nothing to move. It is the work
 * that the native twin does too, so that a runtime can be compared with native code.
 */

import type { ArrayDescription } from "../array/description.js";
import { LinkState, layouts } from "../shim/generated/layout.js";
import { type Core, instantiate } from "../shim/module.js";
import { Recorder, type RecordingSink } from "../shim/recorder.js";
import { Shim } from "../shim/shim.js";

const SAMPLE_MS = 100;

function portsOnly(profile: ArrayDescription["profile"]): ArrayDescription {
  const count = layouts[profile].limits.TARGET_PORT_MAX ?? 0;
  const ports = Array.from({ length: count }, (_, index) => ({
    name: `p${index}`,
    controller: "a",
    address: "",
    tag: index + 1,
    listOrder: index,
    maintenance: false,
    capacity: { processor: 1_000_000, bandwidth: 1_000_000, operations: 100_000, queue: 256, sessions: 0 },
  }));
  const policy = { common: { graceMs: 0 }, ports: { sampleMs: SAMPLE_MS }, health: {} };
  return {
    name: "ports",
    profile,
    controllers: [{ name: "a" }],
    ports,
    targets: [],
    initiators: [],
    policy,
    sources: {},
  };
}

/**
 * Takes the members out that run on the array's controllers: nobody sends heartbeats for ports alone, and the native twin
 * has no code for members. To be called after the array is configured.
 */
export function removeMembers(core: Core, recorder?: Recorder): void {
  const { commonPolicyStaged } = core.views;
  commonPolicyStaged.setProcessorCount(0, 0);
  commonPolicyStaged.setServerCount(0, 0);
  recorder?.staged();
  const code = core.exports.configure();
  recorder?.call("configure", 0, code);
  if (code !== 0) throw new Error(`ports without members were refused with code ${code}`);
}

/** Records `ticks` ticks. */
export function recordPortsOnly(moduleBytes: Uint8Array, ticks: number, sink: RecordingSink): void {
  const core = instantiate(moduleBytes);
  const recorder = new Recorder(sink);
  const shim = new Shim(core, { incarnation: 1, recorder });
  const array = portsOnly(core.profile);
  const problems = shim.configure(array);
  if (problems.length > 0) throw new Error(`ports alone were refused: ${problems[0]?.message}`);
  removeMembers(core, recorder);
  shim.start(0);
  for (const [port] of array.ports.entries()) shim.setLink(port, LinkState.UP);
  for (let tick = 1; tick <= ticks; tick++) {
    const hostMs = tick * SAMPLE_MS;
    for (const [port] of array.ports.entries()) {
      const loadPermille = 300 + ((port * 37 + tick) % 200);
      const busyUs = tick * SAMPLE_MS * loadPermille;
      shim.portCounters(port, hostMs, busyUs, tick * 4_000_000 + port, tick * 1000 + port, 8 + (tick % 5));
    }
    shim.tick(hostMs, () => undefined);
  }
  recorder.close();
}
