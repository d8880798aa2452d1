/** Processor time, bytes and link of a port, from the files of the kernel that say them. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LinkState } from "../../shim/generated/layout.js";
import { KernelFile } from "./kernel-file.js";
import { NOT_A_NUMBER, numberAt, numberOfLine, startsWith, ticksOfProcess } from "./text.js";

/** Whose processor time is the port's. One of the three. */
export interface ProcessorPlace {
  /** Folder of a control group: `cpu.stat` of version 2, or `cpuacct.usage` of version 1. */
  controlGroup?: string;
  /** A process, with all its threads. */
  pid?: number;
  /** A file that holds the number of the process; read again when the process is gone. */
  pidFile?: string;
}

export interface KernelPort {
  name: string;
  /** Network device of the portal. */
  device?: string;
  processor?: ProcessorPlace;
}

/** Readers answer this where they can't tell now; the latest sample stays. */
export const UNREADABLE = NOT_A_NUMBER;

/** USER_HZ: the unit of `/proc/PID/stat`, 100 on every architecture that Linux builds today. */
const MICROSECONDS_PER_TICK = 10_000;
const USAGE = new TextEncoder().encode("usage_usec");
const STATE_UP = new TextEncoder().encode("up");
const STATE_UNKNOWN = new TextEncoder().encode("unknown");

/** Microseconds of processor time. */
export class ProcessorReader {
  private readonly file: KernelFile;
  private readonly value: (length: number) => number;

  constructor(place: ProcessorPlace) {
    const { controlGroup } = place;
    if (controlGroup === undefined) {
      this.file = new KernelFile(() => processPath(place));
      this.value = (length) => scaled(ticksOfProcess(this.file.bytes, length), MICROSECONDS_PER_TICK);
      return;
    }
    this.file = new KernelFile(() => groupPath(controlGroup));
    // Version 1 gives nanoseconds alone in their file; version 2 microseconds in a line of theirs.
    this.value = (length) => {
      const nanoseconds = numberAt(this.file.bytes, 0, length);
      if (nanoseconds !== NOT_A_NUMBER) return Math.floor(nanoseconds / 1000);
      return numberOfLine(this.file.bytes, length, USAGE);
    };
  }

  read(): number {
    const length = this.file.read();
    const value = length < 0 ? UNREADABLE : this.value(length);
    // The process may be gone, and its number another's by now.
    if (value === UNREADABLE) this.file.close();
    return value;
  }

  close(): void {
    this.file.close();
  }
}

function groupPath(folder: string): string {
  const version1 = join(folder, "cpuacct.usage");
  return existsSync(version1) ? version1 : join(folder, "cpu.stat");
}

function processPath(place: ProcessorPlace): string | undefined {
  const pid = place.pidFile === undefined ? place.pid : Number(readFileSync(place.pidFile, "utf8").trim());
  return pid === undefined || !(pid > 0) ? undefined : `/proc/${pid}/stat`;
}

function scaled(value: number, factor: number): number {
  return value === NOT_A_NUMBER ? NOT_A_NUMBER : value * factor;
}

/** Bytes sent and received, and the state of the link. */
export class DeviceReader {
  private readonly received: KernelFile;
  private readonly sent: KernelFile;
  private readonly state: KernelFile;

  /** `root`: where the kernel shows network devices; another place in tests. */
  constructor(device: string, root = "/sys/class/net") {
    const file = (name: string) => new KernelFile(() => join(root, device, name));
    this.received = file("statistics/rx_bytes");
    this.sent = file("statistics/tx_bytes");
    this.state = file("operstate");
  }

  bytes(): number {
    const received = numberOf(this.received);
    const sent = numberOf(this.sent);
    return received === UNREADABLE || sent === UNREADABLE ? UNREADABLE : received + sent;
  }

  /**
   * RFC 2863's operational state: `up`, or `unknown` for a device that can't tell (loopback), counts as UP; anything
   * else, and a device that isn't there, as DOWN.
   */
  link(): LinkState {
    const length = this.state.read();
    if (length < 0) return LinkState.DOWN;
    const { bytes } = this.state;
    const up = startsWith(bytes, 0, length, STATE_UP) || startsWith(bytes, 0, length, STATE_UNKNOWN);
    return up ? LinkState.UP : LinkState.DOWN;
  }

  close(): void {
    for (const file of [this.received, this.sent, this.state]) file.close();
  }
}

function numberOf(file: KernelFile): number {
  const length = file.read();
  return length < 0 ? UNREADABLE : numberAt(file.bytes, 0, length);
}
