/**
 * Which module a run takes. For a real array it comes out of a verified bundle, or out of slots in which a bundle may
 * be on trial; without a signature only by a flag that says so, in an array of one controller. Against the simulated
 * array, where nothing real is decided, the module that was built in the clone runs as it is.
 */
import type { ArrayDescription } from "../../array/description.js";
import { openBundle, readTrust, type VerifiedBundle } from "../../bundle/open.js";
import { BundleRefused } from "../../bundle/refusal.js";
import { Slots, type Start, TrialWatch } from "../../bundle/trial.js";
import { TrialError } from "../../bundle/trial-state.js";
import { FolderStorage } from "../../bundle/trial-storage.js";
import { layoutHash, layoutVersion } from "../../shim/generated/layout.js";
import { readInput, readModule, UsageError } from "../exit.js";

export interface ModuleWords {
  module?: string;
  shared?: boolean;
  bundle?: string;
  slots?: string;
  trust?: string;
  unsignedDevelopmentModule?: boolean;
}

/** What a run does with its trial, if it is one. */
export interface ModuleChoice {
  readonly bytes: Uint8Array;
  /** For the operator. */
  readonly origin: string;
  /** Set where the module comes out of slots. */
  readonly watch?: TrialWatch;
}

const LAYOUT = { version: layoutVersion, hashes: [layoutHash] };

function checkWords(words: ModuleWords): void {
  const given = [words.module, words.bundle, words.slots].filter((word) => word !== undefined);
  if (given.length > 1) throw new UsageError("--module, --bundle and --slots exclude each other");
  const isSigned = words.bundle !== undefined || words.slots !== undefined;
  if (isSigned && words.trust === undefined) throw new UsageError("--trust is missing: name the device's trust store");
  if (!isSigned && words.trust !== undefined) throw new UsageError("--trust goes with --bundle or --slots");
  if (isSigned && words.unsignedDevelopmentModule === true) {
    throw new UsageError("--unsigned-development-module: a bundle is signed, leave the flag out");
  }
}

/** Throws unless an unsigned module may run this array. */
function checkUnsigned(words: ModuleWords, array: ArrayDescription): void {
  if (words.unsignedDevelopmentModule === true && array.controllers.length > 1) {
    throw new UsageError("--unsigned-development-module: for one controller alone; several take a signed bundle");
  }
  if (array.sources.simulated !== undefined || words.unsignedDevelopmentModule === true) return;
  throw new UsageError(
    "a real array takes a signed bundle: --bundle or --slots with --trust; " +
      "or --unsigned-development-module, by one controller alone",
  );
}

/** A refusal is no fault of the program's: it is told in one line, and nothing was started. */
function tell<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BundleRefused || error instanceof TrialError) throw new UsageError(error.message);
    throw error;
  }
}

function fromBundle(bundle: VerifiedBundle, words: ModuleWords, array: ArrayDescription): Uint8Array {
  return bundle.module(array.profile, words.shared === true ? "shared" : "plain");
}

function fromSlots(words: ModuleWords, array: ArrayDescription, folder: string, nowMs: number): ModuleChoice {
  const slots = new Slots(new FolderStorage(folder), readTrust(words.trust as string), LAYOUT);
  const start: Start = slots.start();
  const { version } = start.bundle.manifest;
  const returned = start.returned === "" ? "" : `, after a return: ${start.returned}`;
  const origin = `version ${version} from slot ${start.slot}${start.trial ? ", on trial" : returned}`;
  return { bytes: fromBundle(start.bundle, words, array), origin, watch: new TrialWatch(slots, start, nowMs) };
}

/**
 * Chooses, verifies and reads the module.
 * @param nowMs the monotonic clock, from which a trial's time to be confirmed counts
 * @throws UsageError for words that don't fit, a module that may not run unsigned, or a bundle that is refused
 */
export function chooseModule(words: ModuleWords, array: ArrayDescription, nowMs: number): ModuleChoice {
  checkWords(words);
  const { bundle, slots } = words;
  if (slots !== undefined) return tell(() => fromSlots(words, array, slots, nowMs));
  if (bundle !== undefined) {
    return tell(() => {
      const opened = openBundle(bundle, readTrust(words.trust as string), { layout: LAYOUT });
      return { bytes: fromBundle(opened, words, array), origin: `version ${opened.manifest.version} from ${bundle}` };
    });
  }
  checkUnsigned(words, array);
  const bytes = words.module === undefined ? readModule(array.profile, words.shared === true) : readInput(words.module);
  return { bytes, origin: words.module ?? "the clone's build" };
}
