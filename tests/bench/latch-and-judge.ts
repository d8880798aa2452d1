/** A tick in which all ports' counters changed: the module in V8 against the native twin. */

import { LinkState, layouts, type ProfileName } from "../../host/shim/generated/layout.js";
import { Shim } from "../../host/shim/shim.js";
import { removeMembers } from "../../host/runtimes/ports-only-host.js";
import { portsOnly } from "./arrays.js";
import { expectEqual } from "./compare.js";
import { type Effort, warmUp } from "./effort.js";
import type { Figure } from "./figures.js";
import { createInstance, type Instance, memoryImage } from "./instance.js";
import { Twin } from "./native.js";
import { medianRatio, spread } from "./statistics.js";
import { ROUGH, START_MS, STEADY, WorkloadWriter } from "./workload.js";

const ROUGH_TICKS = 3000;
/** Ticks between two comparisons: small differences of averages fade, so that the last tick alone doesn't show them. */
const COMPARED_TICKS = 50;
const COMPARED_TICKS_LARGE = 500;
/** Out of reach for the small profile, made for few bytes: 1.8 even with all inlined that can be, in 2.3 times the code. */
const TARGET_RATIO = 1.35;

/** An instance with all its ports configured, up, and observed, at tick 0 of the workload. */
export function readyPorts(module: WebAssembly.Module, profile: ProfileName, shared: boolean): Instance {
  const instance = createInstance(module, profile, shared);
  const shim = new Shim(instance, { incarnation: 1 });
  const problems = shim.configure(portsOnly(profile));
  if (problems.length > 0) throw new Error(`the bench's array is refused: ${problems[0]?.message}`);
  removeMembers(instance);
  shim.start(START_MS);
  for (const port of shim.names.ports.rows()) shim.setLink(port, LinkState.UP);
  shim.tick(START_MS, () => undefined);
  forgetControlBit(instance);
  return instance;
}

/** The twin has no code for rows that change for other reasons than counters. */
function forgetControlBit(instance: Instance): void {
  const { views, memory, profile } = instance;
  const words = new Int32Array(memory.buffer);
  const summaries = layouts[profile].limits.CHANGED_SUMMARIES_ADDRESS as number;
  words[(summaries >> 2) + views.control.table.number] = 0;
  words[views.control.table.changedAddress >> 2] = 0;
}

/** Module and twin over the same inputs, in step. */
class Pair {
  private tick = 0;
  private readonly writer: WorkloadWriter;

  constructor(
    readonly instance: Instance,
    readonly twin: Twin,
  ) {
    this.writer = new WorkloadWriter(instance);
  }

  /** Nanoseconds of a tick of the module and of the twin, what the writing of inputs takes taken off. */
  async round(ticks: number): Promise<[number, number]> {
    const first = this.tick + 1;
    this.tick += ticks;
    const module = this.runModule(first, ticks) - this.writeModule(first + ticks, ticks);
    const native = (await this.twin.run(STEADY, first, ticks)) - (await this.twin.write(STEADY, first + ticks, ticks));
    return [module / ticks, native / ticks];
  }

  /** Ticks over what goes wrong in arrays; both sides must take it alike. */
  async rough(ticks: number): Promise<void> {
    const first = this.tick + 1;
    this.tick += ticks;
    for (let n = 0; n < ticks; n++) {
      this.writer.write(ROUGH, first + n);
      this.instance.exports.tick();
    }
    await this.twin.run(ROUGH, first, ticks);
  }

  async compare(what: string): Promise<void> {
    expectEqual(this.instance.profile, what, memoryImage(this.instance), await this.twin.dump());
  }

  private runModule(first: number, ticks: number): number {
    const { writer } = this;
    const { exports } = this.instance;
    const start = performance.now();
    for (let n = 0; n < ticks; n++) {
      writer.write(STEADY, first + n);
      exports.tick();
    }
    return (performance.now() - start) * 1e6;
  }

  private writeModule(tick: number, times: number): number {
    const { writer } = this;
    const start = performance.now();
    for (let n = 0; n < times; n++) writer.write(STEADY, tick);
    return (performance.now() - start) * 1e6;
  }
}

/** @throws OutputsDiffer when module and twin leave other bytes. */
export async function measureLatchAndJudge(
  module: WebAssembly.Module,
  profile: ProfileName,
  shared: boolean,
  program: string,
  effort: Effort,
): Promise<Figure> {
  const instance = readyPorts(module, profile, shared);
  const ports = instance.views.targetPortConfig.capacity;
  const ticks = Math.ceil(effort.rowsPerRound / ports);
  const twin = new Twin(program, memoryImage(instance));
  try {
    const pair = new Pair(instance, twin);
    await warmUp(effort, async () => {
      await pair.round(ticks);
    });
    const inModule: number[] = [];
    const native: number[] = [];
    for (let round = 0; round < effort.rounds; round++) {
      const [module, other] = await pair.round(ticks);
      inModule.push(module);
      native.push(other);
    }
    await pair.compare("after steady ticks");
    const step = profile === "large" ? COMPARED_TICKS_LARGE : COMPARED_TICKS;
    for (let done = 0; done < ROUGH_TICKS; done += step) {
      await pair.rough(step);
      await pair.compare("after rough ticks");
    }
    return {
      name: "tick, all counters changed: V8 ÷ native",
      variant: `${profile} ${shared ? "shared" : "plain"}, ${ports} ports`,
      value: medianRatio(inModule, native),
      unit: "×",
      target: TARGET_RATIO,
      spreads: { V8: spread(inModule), native: spread(native) },
      spreadUnit: "ns a tick",
    };
  } finally {
    twin.close();
  }
}
