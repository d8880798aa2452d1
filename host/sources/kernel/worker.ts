/** The sampling thread: reads the kernel's counters of all ports at each interval, until it is told to stop. */

import { workerData } from "node:worker_threads";
import { monotonicMs } from "./clock.js";
import { DeviceReader, type KernelPort, ProcessorReader, UNREADABLE } from "./readers.js";
import { PortSample, SampleWriter } from "./samples.js";

export interface WorkerData {
  ports: readonly KernelPort[];
  samples: SharedArrayBuffer;
  /** One word: set, and notified, to stop. */
  stop: SharedArrayBuffer;
  intervalMs: number;
  /** `monotonicMs()` less `performance.now()` of the ticking thread. */
  clockOffsetMs: number;
}

/** Readers of one port, and its latest sample. */
class Port {
  private readonly device: DeviceReader | undefined;
  private readonly processor: ProcessorReader | undefined;
  readonly sample = new PortSample();
  private knowsDevice: boolean;
  private knowsProcessor: boolean;

  constructor(port: KernelPort) {
    this.knowsDevice = port.device === undefined;
    this.knowsProcessor = port.processor === undefined;
    this.device = port.device === undefined ? undefined : new DeviceReader(port.device);
    this.processor = port.processor === undefined ? undefined : new ProcessorReader(port.processor);
  }

  /** A counter that can't be read now keeps its latest value; one that never could keeps the sample from counting. */
  read(timeMs: number): void {
    const { sample } = this;
    sample.timeMs = timeMs;
    if (this.processor !== undefined) {
      const busyUs = this.processor.read();
      if (busyUs !== UNREADABLE) {
        sample.busyUs = busyUs;
        this.knowsProcessor = true;
      }
    }
    if (this.device !== undefined) {
      const bytes = this.device.bytes();
      if (bytes !== UNREADABLE) {
        sample.bytes = bytes;
        this.knowsDevice = true;
      }
      sample.link = this.device.link();
    }
    if (this.knowsProcessor && this.knowsDevice) sample.count++;
  }

  close(): void {
    this.device?.close();
    this.processor?.close();
  }
}

function run(data: WorkerData): void {
  const writer = new SampleWriter(data.samples);
  const ports = data.ports.map((port) => new Port(port));
  const stop = new Int32Array(data.stop);
  const offsetMs = monotonicMs() - performance.now() - data.clockOffsetMs;
  while (Atomics.load(stop, 0) === 0) {
    for (let index = 0; index < ports.length; index++) {
      const port = ports[index] as Port;
      port.read(Math.floor(performance.now() + offsetMs));
      writer.write(index, port.sample);
    }
    Atomics.wait(stop, 0, 0, data.intervalMs);
  }
  for (const port of ports) port.close();
}

run(workerData as WorkerData);
