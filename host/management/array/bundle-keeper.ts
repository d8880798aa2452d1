/** Bundles of this processor: its two slots, and a folder into which new ones are put before they are installed. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DirectorySource } from "../../bundle/directory.js";
import { readTrust } from "../../bundle/open.js";
import { BundleRefused } from "../../bundle/refusal.js";
import { Slots } from "../../bundle/trial.js";
import { TrialError, type TrialState } from "../../bundle/trial-state.js";
import { FolderStorage } from "../../bundle/trial-storage.js";
import type { BundleWish, SlotFacts, Unfulfilled } from "./managed-array.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface BundleFolders {
  slots: string;
  trust: string;
  /** Bundles that wait, one folder each; nothing outside it is ever opened. */
  waiting?: string;
}

export class BundleKeeper {
  constructor(private readonly folders: BundleFolders) {}

  facts(): SlotFacts {
    return { slots: slotFacts(this.slots().state()), waiting: this.waiting() };
  }

  change(wish: BundleWish): SlotFacts | Unfulfilled {
    try {
      const slots = this.slots();
      if (wish.kind === "confirm") slots.confirm();
      else if (wish.kind === "return") slots.giveUp("OPERATOR");
      else {
        const { bundle, attempts, confirmMs } = wish;
        if (!this.waiting().includes(bundle))
          return { refused: "missing", code: "no_bundle", detail: `no bundle ${bundle}` };
        const source = new DirectorySource(join(this.folders.waiting as string, bundle));
        slots.install(source, { attemptsMax: attempts, confirmMs });
      }
      return this.facts();
    } catch (error) {
      if (!(error instanceof BundleRefused) && !(error instanceof TrialError)) throw error;
      return { refused: "conflict", code: "bundle_refused", detail: error.message };
    }
  }

  private slots(): Slots {
    return new Slots(new FolderStorage(this.folders.slots), readTrust(this.folders.trust));
  }

  private waiting(): string[] {
    const { waiting } = this.folders;
    if (waiting === undefined || !existsSync(waiting)) return [];
    const folders = readdirSync(waiting, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.map((entry) => entry.name).filter((name) => NAME.test(name));
  }
}

function slotFacts(state: TrialState): SlotFacts["slots"] {
  const { active, trial, trialDigest, attempts, attemptsMax, confirmMs, returned, keptSecurityCounter } = state;
  return {
    active,
    trial,
    trialDigest,
    attempts,
    attemptsMax,
    confirmMs,
    returned,
    securityCounter: keptSecurityCounter,
  };
}
