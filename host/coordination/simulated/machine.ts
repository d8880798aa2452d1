/** One controller's machine: its kernel with addresses and fence, what it serves, and its disk; the process may die on it. */

import type { Random } from "../../sources/simulated/random.js";
import type { AddressKernel, UnitServer } from "../controller-effects.js";
import type { DurableStore } from "../durable.js";
import { VirtualClock, type VirtualTime } from "./time.js";

/** What a process does to the world outside it, or takes from it, each a line before which it may be stopped. */
export type PointKind = "fence" | "address" | "unit" | "disk" | "send" | "lease" | "answer";

/** A process's way to the world: whatever it does happens only once it runs. */
export interface ProcessPoints {
  /** Runs `act` when the process runs next; it may be paused right before. */
  issue(kind: PointKind, act: () => void): void;
}

const CALL_MS_MAX = 4;

/** What stays when the process ends. */
export class Machine {
  readonly addresses = new Map<string, string>();
  readonly units = new Set<string>();
  private wallOffsetMs = 0;
  private fenceWallMs = 0;
  private fenceLeftUntilMs = 0;
  private file: string | undefined;

  constructor(
    readonly time: VirtualTime,
    readonly random: Random,
    /** Whether this kernel has each half of the fence. */
    private readonly fence: { byWallClock: boolean; byTimeout: boolean },
  ) {}

  /** The machine's wall clock, which each of its processes sees. */
  get wallMs(): number {
    return new VirtualClock(this.time, this.wallOffsetMs).wallMs();
  }

  get wallOffset(): number {
    return this.wallOffsetMs;
  }

  stepWall(byMs: number): void {
    this.wallOffsetMs += byMs;
  }

  /** Whether the kernel lets anything through for failover addresses now. */
  get letsThrough(): boolean {
    if (this.fence.byWallClock && this.wallMs >= this.fenceWallMs) return false;
    return !this.fence.byTimeout || this.time.nowMs < this.fenceLeftUntilMs;
  }

  setFence(wallMs: number, forMs: number): void {
    this.fenceWallMs = wallMs;
    this.fenceLeftUntilMs = this.time.nowMs + forMs;
  }

  /** Power lost and back: the disk stays. */
  reboot(): void {
    this.addresses.clear();
    this.units.clear();
    this.setFence(0, 0);
  }

  /** The process's handles on it. */
  kernelFor(points: ProcessPoints, clock: VirtualClock): AddressKernel {
    const call = <T>(kind: PointKind, act: () => T) => this.call(points, clock, kind, act);
    return {
      add: (address, device) => call("address", () => void this.addresses.set(address, device)),
      remove: (address, device) =>
        call("address", () => {
          if (this.addresses.get(address) === device) this.addresses.delete(address);
        }),
      held: () => call("address", () => [...this.addresses].map(([address, device]) => ({ address, device }))),
      fenceUntil: (wallMs, forMs) => call("fence", () => this.setFence(wallMs, forMs)),
      announce: () => Promise.resolve(),
    };
  }

  unitsFor(points: ProcessPoints, clock: VirtualClock): UnitServer {
    const call = <T>(act: () => T) => this.call(points, clock, "unit", act);
    return {
      serve: (unit) => call(() => void this.units.add(unit)),
      stop: (unit) => call(() => void this.units.delete(unit)),
      serving: () => call(() => [...this.units]),
    };
  }

  diskFor(points: ProcessPoints, clock: VirtualClock): DurableStore {
    return {
      read: () => this.call(points, clock, "disk", () => this.file),
      write: (text) =>
        this.call(points, clock, "disk", () => {
          this.file = text;
        }),
    };
  }

  /** The process calls; the kernel does it somewhat later, whether or not the process runs then; and answers. */
  private call<T>(points: ProcessPoints, clock: VirtualClock, kind: PointKind, act: () => T): Promise<T> {
    return new Promise((resolve) => {
      points.issue(kind, () => {
        this.time.after(this.random.below(CALL_MS_MAX), () => {
          const answer = act();
          this.time.after(this.random.below(CALL_MS_MAX), () => clock.deliver(() => resolve(answer)));
        });
      });
    });
  }
}
