/** The service's line to its supervisor: it says that it lives and how it is, and is told how often it was started. */

import type { EngineArray } from "../array/engine-array.js";
import type { ProcessorDirectory } from "../processors/directory.js";
import { type DirectoryState, directoryState } from "./remote-array.js";

/** What the supervisor is told; it passes it on to the restricted server. */
export interface ServiceNews {
  kind: "service";
  directory: DirectoryState;
  configuration: string;
  ticks: number;
  lastTickAgeMs: number;
  tickMeanUs: number;
  tickLongestUs: number;
  upMs: number;
  /** The full server is to have the address; the restricted one has it otherwise. */
  fullServer: boolean;
}

/** What the service tells: that it wants the address of the management interface for its full server, and how it is. */
export type FromService = { kind: "claim" } | ServiceNews;

/** Environment variable by which a supervisor says how often it has started the service. */
export const BOOT_COUNT = "FAIRLEAD_BOOT_COUNT";

const EVERY_MS = 250;

export interface OpenSupervisorLink {
  readonly bootCount: number;
  afterTick(array: EngineArray): void;
  /** Whether the full server is to have the address, told at once. */
  fullServer(has: boolean): void;
  close(): void;
}

/** Undefined without a supervisor. */
export function supervisorLink(directory: ProcessorDirectory): OpenSupervisorLink | undefined {
  const bootCount = Number(process.env[BOOT_COUNT]);
  if (!Number.isInteger(bootCount) || process.send === undefined) return undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  let hasFullServer = false;
  return {
    bootCount,
    afterTick(array) {
      const nowMs = performance.now();
      if (nowMs - toldMs < EVERY_MS || !process.connected) return;
      toldMs = nowMs;
      const { ticks, lastTickAgeMs, tickMeanUs, tickLongestUs, upMs } = array.facts();
      const configuration = array.configurationDigest;
      const fullServer = hasFullServer;
      const told = { ticks, lastTickAgeMs, tickMeanUs, tickLongestUs, upMs, configuration, fullServer };
      process.send?.({ kind: "service", directory: directoryState(directory), ...told } satisfies ServiceNews);
    },
    fullServer(has) {
      hasFullServer = has;
      toldMs = Number.NEGATIVE_INFINITY;
      if (has && process.connected) process.send?.({ kind: "claim" } satisfies FromService);
    },
    close() {
      if (process.connected) process.disconnect();
    },
  };
}
