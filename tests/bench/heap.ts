/** Heap growth and garbage collections while the shim ticks. Its process runs with `--expose-gc`. */

import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { LinkState, type ProfileName } from "../../host/shim/generated/layout.js";
import { Shim } from "../../host/shim/shim.js";
import { portsOnly } from "./arrays.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { createInstance } from "./instance.js";
import { START_MS, STEP_MS } from "./workload.js";

const WARM_UP_TICKS = 30_000;
const TARGET_BYTES = 4096;

/** Ticks with fresh counters on all ports, by the shim's own calls. */
class TickingShim {
  private tick = 0;
  private readonly shim: Shim;
  private readonly ports: number;
  private readonly handler = () => undefined;

  constructor(module: WebAssembly.Module, profile: ProfileName) {
    const instance = createInstance(module, profile, false);
    this.shim = new Shim(instance, { incarnation: 1 });
    this.shim.configure(portsOnly(profile));
    this.shim.start(START_MS);
    this.ports = instance.views.targetPortConfig.capacity;
    for (let port = 0; port < this.ports; port++) this.shim.setLink(port, LinkState.UP);
  }

  run(ticks: number): void {
    for (let n = 0; n < ticks; n++) this.step();
  }

  private step(): void {
    this.tick++;
    const hostMs = START_MS + this.tick * STEP_MS;
    for (let port = 0; port < this.ports; port++) {
      this.shim.portCounters(port, hostMs, this.tick * 20_000, this.tick * 1_000_000, this.tick * 1500, this.tick & 15);
    }
    this.shim.tick(hostMs, this.handler);
  }
}

export async function measureHeap(module: WebAssembly.Module, profile: ProfileName, effort: Effort): Promise<Figure[]> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("the heap is measured in a process with --expose-gc");
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  const shim = new TickingShim(module, profile);
  shim.run(WARM_UP_TICKS);
  // The compiler's own work on the warm code ends before anything counts.
  for (let n = 0; n < 20; n++) await setImmediate();
  shim.run(WARM_UP_TICKS);
  gc();
  gc();
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().heapUsed;
  shim.run(effort.heapTicks);
  const grown = process.memoryUsage().heapUsed - before;
  for (let n = 0; n < 5; n++) await setImmediate();
  observer.disconnect();
  const common = { variant: `${profile}, ${effort.heapTicks} ticks of the shim` };
  return [
    { ...common, name: "heap growth", value: grown, unit: "bytes", target: TARGET_BYTES },
    { ...common, name: "garbage collections", value: collections, unit: "", target: 0 },
  ];
}
