/** What the processors' kernels say, again and again: who has the management address, and whether the fence lets it through. */

import { setTimeout as delay } from "node:timers/promises";
import { commandAsync } from "../common/commands.js";
import type { Network } from "./network.js";
import { FRONT_DEVICE, nowUs, type Plan } from "./plan.js";

const EVERY_MS = 400;
const SCRIPT = `ip -o addr show dev ${FRONT_DEVICE} to "$2"; echo --; TZ=UTC nft list chain netdev "fairlead-$1" fence 2>/dev/null || true`;

export interface Held {
  processor: string;
  /** The address is there. */
  has: boolean;
  /** … and the kernel answers for it. */
  lets: boolean;
}

export class Kernels {
  /** Looks in which two kernels had it and let it through. */
  readonly doubles: { atUs: number; processors: string[] }[] = [];
  looks = 0;
  latest: Held[] = [];
  private ended = false;

  constructor(
    private readonly network: Network,
    private readonly plan: Plan,
  ) {}

  async run(): Promise<void> {
    while (!this.ended) {
      await this.look().catch(() => undefined);
      await delay(EVERY_MS);
    }
  }

  stop(): void {
    this.ended = true;
  }

  async look(): Promise<Held[]> {
    this.latest = await Promise.all(this.plan.processors.map((name) => this.ask(name)));
    this.looks++;
    const letting = this.latest.filter(({ lets }) => lets).map(({ processor }) => processor);
    if (letting.length > 1) this.doubles.push({ atUs: nowUs(), processors: letting });
    return this.latest;
  }

  private async ask(processor: string): Promise<Held> {
    const words = [
      "netns",
      "exec",
      this.network.processor(processor),
      "sh",
      "-c",
      SCRIPT,
      "sh",
      processor,
      this.plan.management,
    ];
    const [address = "", fence = ""] = (await commandAsync("ip", ...words).catch(() => "--")).split("--");
    const has = address.includes(` ${this.plan.management}/`);
    return { processor, has, lets: has && !isEnded(fence) };
  }
}

/** Without a rule that says until when, nothing is held back. */
function isEnded(fence: string): boolean {
  const end = /meta time >= "(\d+-\d+-\d+) (\d+:\d+:\d+)" drop/.exec(fence);
  // nft prints whole seconds: the end is up to a second later.
  if (end !== null) return Date.now() >= Date.parse(`${end[1]}T${end[2]}Z`) + 1000;
  return /^\s*drop\s*$/m.test(fence);
}
