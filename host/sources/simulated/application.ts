/**
 * An application on a host: bursts of commands to one target through the host's one or two sessions.
 *
 * A Markov-modulated process of two states. A burst lasts an exponentially distributed time and its rate is drawn
 * from a Pareto distribution; between bursts little happens.
 */

import type { Initiator } from "./initiator.js";
import type { Path } from "./path.js";
import { paretoMean, Random } from "./random.js";
import type { SimulatedSettings } from "./settings.js";

/** Rate between bursts, as a share of the lowest rate of a burst. */
const IDLE_SHARE = 0.05;

export class Application {
  readonly paths: Path[] = [];
  /** Data of one command, in bytes. */
  readonly commandBytes: number;
  /** Processor time of one command on its port, in microseconds. */
  readonly commandUs: number;
  /** Mean rate in multiples of the lowest rate of a burst. */
  readonly meanMultiple: number;
  /** Lowest rate of a burst, in commands a second. */
  lowestRate = 1;
  /** Commands in a second that the application wants now, surge included. */
  rate = 0;
  /** Commands in a second on top of its own bursts. */
  surgeRate = 0;
  /** Commands that were under way on a session that ended; they are sent again. */
  retries = 0;
  private readonly random: Random;
  /** Present rate in multiples of the lowest. */
  private multiple = 0;
  private bursting: boolean;
  private nextSwitchMs = 0;

  /** @param target index of the target */
  constructor(
    readonly initiator: Initiator,
    readonly target: number,
    private readonly settings: SimulatedSettings,
  ) {
    const { load, cost, seed } = settings;
    const onShare = load.onMs / (load.onMs + load.offMs);
    this.random = new Random(seed, `load ${initiator.name} ${target}`);
    const blockKiB = load.blockKiB[this.random.below(load.blockKiB.length)] as number;
    this.commandBytes = blockKiB * 1024;
    this.commandUs = cost.commandUs + cost.kibUs * blockKiB;
    this.meanMultiple = onShare * paretoMean(load.tailShape, 1, load.peakRatio) + (1 - onShare) * IDLE_SHARE;
    this.bursting = this.random.next() < onShare;
    this.begin(0);
  }

  /** Moves the bursts on to `nowMs`. */
  advance(nowMs: number): void {
    while (this.nextSwitchMs <= nowMs) {
      this.bursting = !this.bursting;
      this.begin(this.nextSwitchMs);
    }
    this.rate = this.lowestRate * this.multiple + this.surgeRate;
  }

  private begin(atMs: number): void {
    const { random } = this;
    const { load } = this.settings;
    const lengthMs = random.exponential(this.bursting ? load.onMs : load.offMs);
    this.nextSwitchMs = atMs + Math.max(1, lengthMs);
    this.multiple = this.bursting ? random.pareto(load.tailShape, 1, load.peakRatio) : IDLE_SHARE;
  }
}
