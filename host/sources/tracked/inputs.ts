/** All that a controller tracks, and what it costs its processor: the sum of the weights of what is not up. */

import type { TrackedDescription } from "../../array/description.js";
import type { Source } from "../../shim/actor.js";
import { LinkState } from "../../shim/generated/layout.js";
import { TrackedScript, type TrackedState } from "./script.js";

/** A tracked input, for people and metrics. */
export interface TrackedFacts {
  kind: "link" | "script";
  /** The device, or the script's name. */
  name: string;
  weight: number;
  /** What is not known yet counts as down. */
  state: TrackedState;
  /** Why, in words. */
  detail: string;
}

export interface TrackedInputsOptions {
  /** `LinkState` of a device, by the kernel. */
  linkState(device: string): number;
  /** The penalty has changed. */
  changed(): void;
  /** A line for the operator. */
  report(line: string): void;
}

/** As the status message holds it. */
const PENALTY_MAX = 0xffff;

export class TrackedInputs implements Source {
  private readonly scripts: readonly TrackedScript[];
  /** The latest state of each that was told. */
  private readonly told = new Map<string, TrackedState>();

  constructor(
    private readonly tracked: TrackedDescription,
    private readonly options: TrackedInputsOptions,
  ) {
    this.scripts = tracked.scripts.map((script): TrackedScript => {
      const made: TrackedScript = new TrackedScript(script, () => this.tell(this.scriptFacts(made)));
      return made;
    });
  }

  attach(): void {
    for (const script of this.scripts) script.start();
  }

  beforeTick(): void {}

  /** A link has changed: called with the kernel's event. */
  linkChanged(device: string): void {
    const link = this.tracked.links.find((each) => each.device === device);
    if (link === undefined) return;
    this.tell(this.linkFacts(link));
  }

  /** For the status message. */
  penalty(): number {
    const down = this.facts().filter(({ state }) => state !== "up");
    return Math.min(
      down.reduce((sum, { weight }) => sum + weight, 0),
      PENALTY_MAX,
    );
  }

  facts(): TrackedFacts[] {
    const links = this.tracked.links.map((link) => this.linkFacts(link));
    return [...links, ...this.scripts.map((script) => this.scriptFacts(script))];
  }

  async close(): Promise<void> {
    await Promise.all(this.scripts.map((script) => script.close()));
  }

  private linkFacts({ device, weight }: TrackedDescription["links"][number]): TrackedFacts {
    const link = this.options.linkState(device);
    const state = link === LinkState.UP ? "up" : link === LinkState.DOWN ? "down" : "unknown";
    const detail = { up: "has its carrier", down: "no carrier", unknown: "not looked at yet" }[state];
    return { kind: "link", name: device, weight, state, detail };
  }

  private scriptFacts({ script, state, detail }: TrackedScript): TrackedFacts {
    return { kind: "script", name: script.name, weight: script.weight, state, detail };
  }

  private tell({ kind, name, state, detail, weight }: TrackedFacts): void {
    const id = `${kind} ${name}`;
    const before = this.told.get(id) ?? "unknown";
    if (before === state) return;
    this.told.set(id, state);
    const costs = state === "up" ? "" : `; it lowers the priority by ${weight}`;
    // Nobody waits for news of what is well from the beginning.
    if (before !== "unknown" || state !== "up") this.options.report(`tracked ${id} is ${state}: ${detail}${costs}`);
    this.options.changed();
  }
}
