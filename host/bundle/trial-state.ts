/** What a trial remembers over a restart: one file, canonical JSON, written whole and renamed. */
import { createHash } from "node:crypto";
import { canonicalText, parseCanonical } from "./canonical.js";
import { UINT32_MAX, wrongField } from "./manifest.js";
import type { TrialStorage } from "./trial-storage.js";

export type Slot = "a" | "b";

/** Why the old module came back. */
export const RETURN_REASONS = ["TRAPPED", "UNCONFIRMED", "ATTEMPTS", "REFUSED", "OPERATOR"] as const;
export type ReturnReason = (typeof RETURN_REASONS)[number];

export interface TrialState {
  /** The slot in service when no trial is under way, and the one to return to. */
  readonly active: Slot;
  /** Highest security counter that was confirmed; nothing lower is ever opened again. */
  readonly keptSecurityCounter: number;
  /** `none`, or the bundle in the other slot is on trial. */
  readonly trial: "none" | "pending";
  /** The manifest digest of the bundle on trial, or of the last one that was; "" before the first. */
  readonly trialDigest: string;
  /** Starts of the trial so far, counted before each. */
  readonly attempts: number;
  readonly attemptsMax: number;
  /** A start of the trial must be confirmed within this. */
  readonly confirmMs: number;
  /** Why the last trial ended with the old module, "" when it didn't. */
  readonly returned: ReturnReason | "";
}

const STATE_NAME = "state.json";
const NEW_STATE_NAME = "state.new";
const isCount = (value: unknown) => typeof value === "number" && value <= UINT32_MAX;

const FIELDS: Record<keyof TrialState, (value: unknown) => boolean> = {
  active: (value) => value === "a" || value === "b",
  keptSecurityCounter: isCount,
  trial: (value) => value === "none" || value === "pending",
  trialDigest: (value) => typeof value === "string" && /^([0-9a-f]{64})?$/.test(value),
  attempts: isCount,
  attemptsMax: isCount,
  confirmMs: isCount,
  returned: (value) => value === "" || (RETURN_REASONS as readonly unknown[]).includes(value),
};

/** Slots that can't be used as asked, or whose state is damaged. */
export class TrialError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TrialError";
  }
}

const checkOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The state kept, or undefined before the first. Throws `TrialError` when it is damaged: a counter isn't guessed. */
export function readState(storage: TrialStorage): TrialState | undefined {
  const bytes = storage.read(STATE_NAME);
  if (bytes === undefined) return undefined;
  const outer = parseCanonical(bytes);
  const wrapped = outer as { check: string; state: TrialState };
  const isWhole =
    wrongField(outer, { check: (check) => typeof check === "string", state: (state) => typeof state === "object" }) ===
      undefined && checkOf(canonicalText(wrapped.state as never)) === wrapped.check;
  if (!isWhole) throw new TrialError(`${STATE_NAME} is damaged: provision the slots anew`);
  const wrong = wrongField(wrapped.state, FIELDS);
  if (wrong !== undefined) throw new TrialError(`${STATE_NAME} ${wrong}: written by another version`);
  return wrapped.state;
}

/** Replaces the state; after a crash at any point either the old or the new one is there, whole. */
export function writeState(storage: TrialStorage, state: TrialState): void {
  const check = checkOf(canonicalText(state as never));
  const text = canonicalText({ check, state } as never);
  storage.remove(NEW_STATE_NAME);
  storage.writeFile(NEW_STATE_NAME, Buffer.from(text, "latin1"));
  storage.rename(NEW_STATE_NAME, STATE_NAME);
  storage.syncFolder("");
}
