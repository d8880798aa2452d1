/** Announces addresses, several times each; one long-lived `socat` a device puts the frames on the wire. */

import type { ParsedAddress } from "./address.js";
import { announcement, FRAME_BYTES } from "./frames.js";
import { LineProcess } from "./line-process.js";

/** MAX_NEIGHBOR_ADVERTISEMENT of RFC 4861, section 10; more than ANNOUNCE_NUM of RFC 5227, section 1.1. */
const REPEATS = 3;
/** RETRANS_TIMER of RFC 4861, section 10. */
const INTERVAL_MS = 1000;

export class Announcer {
  private readonly senders = new Map<string, LineProcess>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  /** @param report a line for the operator: a device that doesn't take frames */
  constructor(private readonly report: (line: string) => void) {}

  /** Announces now and again after one and two seconds. @param hardware address of the device */
  announce(address: ParsedAddress, device: string, hardware: string): void {
    const frame = announcement(address, hardware);
    this.cancel(address);
    const again = (left: number) => {
      this.sender(device).write(frame);
      if (left === 0) return;
      const timer = setTimeout(() => again(left - 1), INTERVAL_MS);
      timer.unref();
      this.timers.set(address.text, timer);
    };
    again(REPEATS - 1);
  }

  /** An address that is given up is not announced any more. */
  cancel(address: ParsedAddress): void {
    clearTimeout(this.timers.get(address.text));
    this.timers.delete(address.text);
  }

  async close(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    await Promise.all([...this.senders.values()].map((sender) => sender.close()));
  }

  private sender(device: string): LineProcess {
    const known = this.senders.get(device);
    if (known !== undefined) return known;
    // With the length of a frame as its block size, socat sends one frame a block.
    const args = ["-u", "-b", `${FRAME_BYTES}`, "STDIN", `INTERFACE:${device}`];
    const sender = new LineProcess("socat", args, {
      onLine: (line) => this.report(`announcing on ${device}: ${line}`),
      // Ends when a send fails: link down, or held back by the fence. The next announcement starts another.
      onEnd: () => undefined,
    });
    this.senders.set(device, sender);
    return sender;
  }
}
