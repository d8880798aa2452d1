/**
 * Trial of a new bundle beside the old one, in two slots, with automatic return.
 *
 *               install: verified, copied, synced               confirm: the new slot is active, the counter is raised
 *   none ────────────────────────────────────► pending ─────────────────────────────────────────────► none
 *    ▲                                          │    ▲ │
 *    │                                          │    └─┘ start: the attempt is written before the module runs
 *    └──────────────────────────────────────────┘
 *      return: trapped, not confirmed in time, attempts used up, no longer verified, or the operator's word
 *
 * The active slot is never written while it is the one to return to. The security counter is raised only by a
 * confirmation: raised earlier, it would refuse the way back.
 */
import { foldersOf } from "./archive/entry.js";
import type { BundleSource } from "./directory.js";
import { MANIFEST_NAME, SIGNATURES_NAME } from "./manifest.js";
import { type OpenOptions, openBundleFrom, type VerifiedBundle } from "./open.js";
import { BundleRefused } from "./refusal.js";
import { type ReturnReason, readState, type Slot, TrialError, type TrialState, writeState } from "./trial-state.js";
import type { TrialStorage } from "./trial-storage.js";
import type { TrustStore } from "./trust.js";

export interface TrialLimits {
  /** Starts before the old module comes back for good; 1 to 100, default 3. */
  readonly attemptsMax?: number;
  /** Time that each start has to be confirmed in, milliseconds; default 60,000. */
  readonly confirmMs?: number;
}

export interface Start {
  readonly bundle: VerifiedBundle;
  readonly slot: Slot;
  /** Whether this start is an attempt of a trial, to be confirmed within `confirmMs`. */
  readonly trial: boolean;
  readonly confirmMs: number;
  /** Why an earlier trial ended with the old module, "" when none did. */
  readonly returned: ReturnReason | "";
}

const otherSlot = (slot: Slot): Slot => (slot === "a" ? "b" : "a");
const folderOf = (slot: Slot): string => `slot-${slot}`;

export class Slots {
  constructor(
    private readonly storage: TrialStorage,
    private readonly trust: TrustStore,
    private readonly layout?: OpenOptions["layout"],
  ) {}

  /** The state kept. Throws `TrialError` before `provision`. */
  state(): TrialState {
    const state = readState(this.storage);
    if (state === undefined) throw new TrialError("the slots hold nothing yet: provision them first");
    return state;
  }

  private open(source: BundleSource, keptSecurityCounter: number): VerifiedBundle {
    const layout = this.layout === undefined ? {} : { layout: this.layout };
    return openBundleFrom(source, this.trust, { keptSecurityCounter, ...layout });
  }

  /** Writes a verified bundle's very bytes into a slot; until the rename the slot holds what it held, or nothing. */
  private fill(slot: Slot, source: BundleSource, bundle: VerifiedBundle): void {
    const folder = folderOf(slot);
    const fresh = `${folder}.new`;
    const names = [...bundle.parts.keys()];
    const folders = foldersOf(names).map((name) => `${fresh}/${name}`);
    this.storage.remove(fresh);
    this.storage.makeFolder(fresh);
    for (const name of folders) this.storage.makeFolder(name);
    for (const [name, bytes] of bundle.parts) this.storage.writeFile(`${fresh}/${name}`, bytes);
    for (const name of [MANIFEST_NAME, SIGNATURES_NAME]) {
      this.storage.writeFile(`${fresh}/${name}`, source.read(name, 1 << 20, "UNREADABLE", "MANIFEST_SIZE"));
    }
    for (const name of [...folders, fresh]) this.storage.syncFolder(name);
    this.storage.remove(folder);
    this.storage.rename(fresh, folder);
    this.storage.syncFolder("");
    const kept = this.open(this.storage.bundle(folder), 0); // what was read again while copying must verify too
    if (kept.digest !== bundle.digest) throw new BundleRefused("UNREADABLE", "the bundle changed while it was copied");
  }

  /** Puts the first bundle in service, as the factory does. Throws when there is one already. */
  provision(source: BundleSource): void {
    if (readState(this.storage) !== undefined)
      throw new TrialError("the slots are provisioned already: install instead");
    const bundle = this.open(source, 0);
    this.fill("a", source, bundle);
    writeState(this.storage, {
      active: "a",
      keptSecurityCounter: bundle.manifest.securityCounter,
      trial: "none",
      trialDigest: "",
      attempts: 0,
      attemptsMax: 0,
      confirmMs: 0,
      returned: "",
    });
  }

  /**
   * Verifies a bundle and puts it on trial from the next start on. Throws `BundleRefused` or `TrialError`; what is in
   * service then stays so.
   */
  install(source: BundleSource, limits: TrialLimits = {}): VerifiedBundle {
    const state = this.state();
    if (state.trial !== "none") throw new TrialError("a trial is under way: confirm it or give it up first");
    const { attemptsMax = 3, confirmMs = 60_000 } = limits;
    if (!Number.isInteger(attemptsMax) || attemptsMax < 1 || attemptsMax > 100) {
      throw new TrialError(`${attemptsMax} attempts: 1 to 100 would be right`);
    }
    if (!Number.isInteger(confirmMs) || confirmMs < 1 || confirmMs > 86_400_000) {
      throw new TrialError(`${confirmMs} ms to confirm in: 1 to 86400000 would be right`);
    }
    const bundle = this.open(source, state.keptSecurityCounter);
    this.fill(otherSlot(state.active), source, bundle);
    const trial = { trial: "pending", trialDigest: bundle.digest, attempts: 0, attemptsMax, confirmMs } as const;
    writeState(this.storage, { ...state, ...trial, returned: "" });
    return bundle;
  }

  /**
   * What to run now: called once at every start of a host, before the module runs. An attempt is counted, durably,
   * before this returns. Throws `BundleRefused` when not even the active slot verifies.
   */
  start(): Start {
    const state = this.state();
    if (state.trial === "none") return this.startActive(state);
    if (state.attempts >= state.attemptsMax) return this.startActive(this.end(state, "ATTEMPTS"));
    const slot = otherSlot(state.active);
    let bundle: VerifiedBundle;
    try {
      bundle = this.open(this.storage.bundle(folderOf(slot)), state.keptSecurityCounter);
      if (bundle.digest !== state.trialDigest)
        throw new BundleRefused("UNREADABLE", "another bundle than was installed");
    } catch (error) {
      if (!(error instanceof BundleRefused)) throw error;
      return this.startActive(this.end(state, "REFUSED"));
    }
    writeState(this.storage, { ...state, attempts: state.attempts + 1 });
    return { bundle, slot, trial: true, confirmMs: state.confirmMs, returned: "" };
  }

  private startActive(state: TrialState): Start {
    const bundle = this.open(this.storage.bundle(folderOf(state.active)), state.keptSecurityCounter);
    return { bundle, slot: state.active, trial: false, confirmMs: 0, returned: state.returned };
  }

  private end(state: TrialState, returned: ReturnReason): TrialState {
    const ended: TrialState = { ...state, trial: "none", returned };
    writeState(this.storage, ended);
    return ended;
  }

  /** The module on trial is good: it becomes the active one, and its security counter the least. */
  confirm(): void {
    const state = this.state();
    if (state.trial === "none") throw new TrialError("no trial is under way: there is nothing to confirm");
    if (state.attempts === 0) throw new TrialError("the module on trial has not run yet: start it first");
    const slot = otherSlot(state.active);
    const { manifest } = this.open(this.storage.bundle(folderOf(slot)), state.keptSecurityCounter);
    const keptSecurityCounter = Math.max(state.keptSecurityCounter, manifest.securityCounter);
    writeState(this.storage, { ...state, active: slot, trial: "none", keptSecurityCounter, returned: "" });
  }

  /** Ends a trial: from the next start on the old module runs again. False when none is under way (any more). */
  giveUp(reason: ReturnReason): boolean {
    const state = this.state();
    if (state.trial === "none") return false;
    this.end(state, reason);
    return true;
  }
}

/** One run of a trial: tells, by the host's monotonic clock, when it has waited long enough for the confirmation. */
export class TrialWatch {
  private done = false;

  constructor(
    private readonly slots: Slots,
    private readonly start: Start,
    private readonly startedMs: number,
  ) {
    this.done = !start.trial;
  }

  /** Confirms the trial; a second time, or in a run that is none, nothing happens. */
  confirm(): void {
    const isPending = !this.done && this.slots.state().trial !== "none";
    this.done = true;
    if (isPending) this.slots.confirm();
  }

  /** The module trapped: true when the old one has been put back in service and the host has to start it. */
  trapped(): boolean {
    return this.giveUp("TRAPPED");
  }

  /** Called at every tick: true when the time ran out and the old module has been put back in service. */
  expired(nowMs: number): boolean {
    if (this.done || nowMs - this.startedMs < this.start.confirmMs) return false;
    return this.giveUp("UNCONFIRMED");
  }

  private giveUp(reason: ReturnReason): boolean {
    if (this.done) return false;
    this.done = true;
    return this.slots.giveUp(reason); // false: the operator has confirmed it, or ended it, meanwhile
  }
}

/**
 * Starts what the slots say; when the module on trial traps while it is started, the old one is put back and started
 * in its place. Errors of the active module pass through: there is nothing left to return to.
 */
export function startWithReturn<T>(slots: Slots, launch: (start: Start) => T): { value: T; start: Start } {
  const start = slots.start();
  try {
    return { value: launch(start), start };
  } catch (error) {
    if (!start.trial) throw error;
    slots.giveUp("TRAPPED");
    const old = slots.start();
    return { value: launch(old), start: old };
  }
}
