/** Heap growth and garbage collections while the shim ticks. Its process runs with `--expose-gc`. */

import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { LinkState, type ProfileName } from "../../host/shim/generated/layout.js";
import { Shim } from "../../host/shim/shim.js";
import { portsOnly } from "./arrays.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { createInstance } from "./instance.js";
import { START_MS, STEP_MS } from "./workload.js";

const WARM_UP_TICKS = 30_000;
const WARM_UPS = 4;
const COMPILER_MS = 200;
/** Counters are beyond 32 bits from the start: a number that outgrows a small integer on the way costs one compilation. */
const FIRST_TICK = 2_000_000;
const TARGET_BYTES = 4096;

/** Ticks with fresh counters on all ports, by the shim's own calls. Host time stays within 31 bits. */
class TickingShim {
  private tick = FIRST_TICK;
  private readonly shim: Shim;
  private readonly ports: number;
  private readonly handler = () => undefined;
  /** Milliseconds, queue depth, busy microseconds, bytes, operations. */
  private readonly sample = new Float64Array(5);

  constructor(module: WebAssembly.Module, profile: ProfileName) {
    const instance = createInstance(module, profile, false);
    this.shim = new Shim(instance, { incarnation: 1 });
    this.shim.configure(portsOnly(profile));
    this.shim.start(START_MS);
    this.ports = instance.views.targetPortConfig.capacity;
    for (let port = 0; port < this.ports; port++) this.shim.setLink(port, LinkState.UP);
  }

  run(ticks: number): void {
    for (let n = 0; n < ticks; n++) {
      this.tick++;
      const hostMs = START_MS + this.tick * STEP_MS;
      this.feed(hostMs);
      this.shim.tick(hostMs, this.handler);
    }
  }

  /** As a source does that reads into a buffer of its own: large numbers are boxed where they are arguments. */
  private feed(hostMs: number): void {
    const { shim, tick, ports, sample } = this;
    for (let port = 0; port < ports; port++) {
      sample[0] = hostMs;
      sample[1] = tick & 15;
      sample[2] = tick * 20_000;
      sample[3] = tick * 1_000_000;
      sample[4] = tick * 1500;
      shim.writePortSample(port, sample);
    }
  }
}

export async function measureHeap(module: WebAssembly.Module, profile: ProfileName, effort: Effort): Promise<Figure[]> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("the heap is measured in a process with --expose-gc");
  const collections: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections.push(entry.startTime);
  });
  observer.observe({ entryTypes: ["gc"] });
  const shim = new TickingShim(module, profile);
  // The compiler's own work on the warm code ends before anything counts.
  for (let n = 0; n < WARM_UPS; n++) {
    shim.run(WARM_UP_TICKS);
    await setTimeout(COMPILER_MS);
  }
  gc();
  await setTimeout(COMPILER_MS);
  gc();
  await setTimeout(COMPILER_MS);
  const before = process.memoryUsage().heapUsed;
  const begun = performance.now();
  shim.run(effort.heapTicks);
  const ended = performance.now();
  const grown = process.memoryUsage().heapUsed - before;
  await setTimeout(COMPILER_MS);
  observer.disconnect();
  // V8 tidies up by itself once the process waits: that is neither here nor there.
  const during = collections.filter((start) => start >= begun && start <= ended).length;
  const common = { variant: `${profile}, ${effort.heapTicks} ticks of the shim` };
  return [
    { ...common, name: "heap growth", value: grown, unit: "bytes", target: TARGET_BYTES },
    { ...common, name: "garbage collections", value: during, unit: "", target: 0 },
  ];
}
