/** What is known of one sender: what came last, over all links and over each. */

import type { DropReason, LinkState } from "./counters.js";
import type { Envelope } from "./decode.js";

/** The latest (boot count, sequence), and which parts of it have come. */
class Window {
  boot = 0;
  sequence = 0;
  /** Bitmap of parts. */
  parts = 0;

  /** Where the envelope stands to what came before: nothing changes. */
  judge(envelope: Envelope): "new" | "oldBoot" | "oldSequence" | "replayed" {
    if (envelope.boot !== this.boot) return envelope.boot < this.boot ? "oldBoot" : "new";
    if (envelope.sequence !== this.sequence) return envelope.sequence < this.sequence ? "oldSequence" : "new";
    return ((this.parts >>> envelope.part) & 1) === 0 ? "new" : "replayed";
  }

  take(envelope: Envelope): void {
    if (envelope.boot !== this.boot || envelope.sequence !== this.sequence) this.parts = 0;
    this.boot = envelope.boot;
    this.sequence = envelope.sequence;
    this.parts = (this.parts | (1 << envelope.part)) >>> 0;
  }

  isWhole(parts: number): boolean {
    return this.parts === (parts === 32 ? 0xffff_ffff : (1 << parts) - 1);
  }
}

interface Link extends LinkState {
  window: Window;
}

/** How a datagram with a right code was judged. */
export type Judgement = "first" | "duplicate" | DropReason;

export class Peer {
  /** Place in the own configuration. */
  place = 0;
  /** Monotonic milliseconds of the latest datagram taken; -infinity before the first. */
  heardMs = Number.NEGATIVE_INFINITY;
  /** Highest boot count that came under a right code, fresh or not: told back, so that the sender can tell. */
  claimedBoot = 0;
  /** Since when it has been heard without a silence. */
  heardSinceMs = Number.NEGATIVE_INFINITY;
  readonly links: Link[] = [];
  private readonly window = new Window();

  constructor(
    readonly id: number,
    readonly name: string,
    links: number,
    private readonly silenceMs: number,
  ) {
    for (let link = 0; link < links; link++) {
      const heardMs = Number.NEGATIVE_INFINITY;
      this.links.push({ first: 0, duplicates: 0, heardMs, dead: false, window: new Window() });
    }
  }

  /** Boot count under which it was last heard; 0: never. */
  get boot(): number {
    return this.window.boot;
  }

  /** What the datagram is by its numbers; nothing changes. */
  judge(envelope: Envelope): Judgement {
    const link = this.links[envelope.link];
    if (link === undefined) return "wrongLink";
    const onLink = link.window.judge(envelope);
    if (onLink !== "new") return onLink;
    const overall = this.window.judge(envelope);
    if (overall === "oldBoot") return "oldBoot";
    return overall === "new" ? "first" : "duplicate";
  }

  /** Notes a good datagram that was judged first or duplicate. True if with it all parts of its message have come. */
  take(envelope: Envelope, judgement: "first" | "duplicate", nowMs: number): boolean {
    const link = this.links[envelope.link] as Link;
    link.window.take(envelope);
    link.heardMs = nowMs;
    if (judgement === "duplicate") {
      link.duplicates++;
      return false;
    }
    link.first++;
    if (nowMs - this.heardMs > this.silenceMs) this.heardSinceMs = nowMs;
    this.heardMs = nowMs;
    this.window.take(envelope);
    return this.window.isWhole(envelope.parts);
  }
}
