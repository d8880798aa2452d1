/** Registrations wanted by the module beside those read back from the iSNS server. */

import type { Views } from "../../shim/generated/layout.js";
import type { Names } from "../../shim/names.js";

/** Tables and names to read from: a shim, or a copy of one. */
export interface Tables {
  core: { readonly views: Views };
  names: Names;
}

/** Of one (target, port) pair. */
export interface PairState {
  configured: boolean;
  /** Configured and not withdrawn. */
  wanted: boolean;
  /** Listed by the server with a tag that is not NULL, as last read back. */
  observed: boolean;
}

/** Fills `state` for a target's and a port's row. */
export function readPair(shim: Tables, target: number, port: number, state: PairState): PairState {
  const { targetPortsConfig, registrationState, registrationInput, targetPortConfig } = shim.core.views;
  const words = targetPortsConfig.capacity / shim.core.views.targetConfig.capacity;
  const row = target * words + (port >> 5);
  const bit = 1 << (port & 31);
  state.configured = targetPortConfig.id(port) !== 0 && (targetPortsConfig.ports(row) & bit) !== 0;
  state.wanted = state.configured && (registrationState.withdrawn(row) & bit) === 0;
  state.observed = (registrationInput.ports(row) & bit) !== 0;
  return state;
}

/** Registrations of each port row: how many targets want it, and are listed on it. */
export interface RegistrationCounts {
  wanted: Uint32Array;
  listed: Uint32Array;
}

/** Counts bit by bit: the time depends on the registrations that there are, not on targets times ports. */
export function countRegistrations(shim: Tables): RegistrationCounts {
  const { targetPortsConfig, registrationState, registrationInput, targetPortConfig, targetConfig } = shim.core.views;
  const words = targetPortsConfig.capacity / targetConfig.capacity;
  const wanted = new Uint32Array(targetPortConfig.capacity);
  const listed = new Uint32Array(targetPortConfig.capacity);
  for (const target of shim.names.targets.rows()) {
    for (let word = 0; word < words; word++) {
      const row = target * words + word;
      countBits(wanted, targetPortsConfig.ports(row) & ~registrationState.withdrawn(row), word);
      countBits(listed, registrationInput.ports(row), word);
    }
  }
  return { wanted, listed };
}

function countBits(counts: Uint32Array, bits: number, word: number): void {
  for (let rest = bits >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) {
    const port = word * 32 + 31 - Math.clz32(rest & -rest);
    counts[port] = (counts[port] ?? 0) + 1;
  }
}

export interface RegistrationSummary {
  wanted: number;
  observed: number;
  /** Wanted or observed alone: `target on port: wanted, not listed`. */
  differences: string[];
  /** Configured and withdrawn: `target on port`. */
  withdrawn: string[];
}

export function summarizeRegistrations(shim: Tables): RegistrationSummary {
  const summary: RegistrationSummary = { wanted: 0, observed: 0, differences: [], withdrawn: [] };
  const pair: PairState = { configured: false, wanted: false, observed: false };
  for (const target of shim.names.targets.rows()) {
    for (const port of shim.names.ports.rows()) {
      readPair(shim, target, port, pair);
      if (pair.wanted) summary.wanted++;
      if (pair.observed) summary.observed++;
      if (pair.wanted === pair.observed && (pair.wanted || !pair.configured)) continue;
      const name = `${shim.names.targets.name(target)} on ${shim.names.ports.name(port)}`;
      if (pair.configured && !pair.wanted) summary.withdrawn.push(name);
      if (pair.wanted !== pair.observed) {
        summary.differences.push(`${name}: ${pair.wanted ? "wanted, not listed" : "listed, not wanted"}`);
      }
    }
  }
  return summary;
}
