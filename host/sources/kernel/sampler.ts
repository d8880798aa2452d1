/** Counters of network devices and processors, sampled by a thread of their own. */

import { Worker } from "node:worker_threads";
import { monotonicMs } from "./clock.js";
import type { KernelPort } from "./readers.js";
import { createSamples, type PortSample, SampleReader } from "./samples.js";
import type { WorkerData } from "./worker.js";

export interface KernelSamplerOptions {
  intervalMs: number;
  /** The thread ended though nobody asked it to. */
  onError: (error: Error) => void;
}

export class KernelSampler {
  private readonly reader: SampleReader;
  private readonly samples: SharedArrayBuffer;
  private readonly stop = new SharedArrayBuffer(4);
  private worker: Worker | undefined;
  private readonly names: readonly string[];

  constructor(
    private readonly ports: readonly KernelPort[],
    private readonly options: KernelSamplerOptions,
  ) {
    this.samples = createSamples(ports.length);
    this.reader = new SampleReader(this.samples);
    this.names = ports.map((port) => port.name);
  }

  start(): void {
    const { samples, stop, ports } = this;
    const clockOffsetMs = monotonicMs() - performance.now();
    const workerData: WorkerData = { ports, samples, stop, clockOffsetMs, intervalMs: this.options.intervalMs };
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { workerData, name: "kernel-sampler" });
    this.worker.on("error", this.options.onError);
    this.worker.unref();
  }

  /** Index for the other methods; -1 for a port that isn't sampled. */
  indexOf(port: string): number {
    return this.names.indexOf(port);
  }

  /** Whether the port's network device is sampled, and so its link and its bytes. */
  hasDevice(index: number): boolean {
    return this.ports[index]?.device !== undefined;
  }

  /** Changes with each sample; 0 before the first. */
  sequence(index: number): number {
    return this.reader.sequence(index);
  }

  /** The latest sample; false where it is being written. Allocates nothing. */
  read(index: number, into: PortSample): boolean {
    return this.reader.read(index, into);
  }

  async close(): Promise<void> {
    const word = new Int32Array(this.stop);
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    const worker = this.worker;
    this.worker = undefined;
    if (worker === undefined || worker.threadId === -1) return;
    await new Promise<void>((resolve) => {
      worker.ref();
      worker.once("exit", () => resolve());
    });
  }
}
