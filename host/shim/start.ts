/** Starts a shim: on the memory that an earlier host kept, where that can be attached; on an empty one otherwise. */

import { FileError } from "./errors.js";
import { ErrorCodeNames } from "./generated/layout.js";
import { createMemory, instantiate, verifyModule } from "./module.js";
import type { Recorder } from "./recorder.js";
import { Shim } from "./shim.js";
import { readSnapshot, type Snapshot } from "./snapshot.js";

export interface StartOptions {
  /** The module file's bytes. */
  module: Uint8Array;
  controller?: string;
  /** What an earlier host kept. */
  snapshot?: Snapshot | undefined;
  /** Wall clock now, milliseconds since 1970, and the age from which a snapshot is too old to be attached. */
  nowMs: number;
  maxAgeMs: number;
  recorder?: Recorder;
}

export interface Started {
  shim: Shim;
  /** The memory of the earlier host goes on. */
  attached: boolean;
  /** Why it does not: `no snapshot`, `too old`, `another layout`, or what `attach` said. */
  reason: string;
}

/**
 * The shim of a host's start. Its incarnation is larger than the snapshot's in any case, and the ids of the snapshot
 * stay, also where its memory is not attached.
 */
export function startShim(options: StartOptions): Started {
  const { snapshot } = options;
  const incarnation = (snapshot?.incarnation ?? 0) + 1;
  const shared = {
    incarnation,
    ...(options.controller === undefined ? {} : { controller: options.controller }),
    ...(snapshot === undefined ? {} : { book: snapshot.book }),
    ...(options.recorder === undefined ? {} : { recorder: options.recorder }),
  };
  const refused = refuse(options);
  if (refused === "" && snapshot !== undefined) {
    const facts = verifyModule(options.module);
    const memory = createMemory(facts.profile, facts.shared);
    // The module's own constants win over the kept ones: they are filled when it is instantiated.
    new Uint8Array(memory.buffer).set(snapshot.memory);
    const core = instantiate(options.module, memory);
    const code = core.exports.attach();
    if (code === 0) return { shim: new Shim(core, { ...shared, attached: true }), attached: true, reason: "" };
    const reason = `attach: ${attachRefusal(code)}`;
    return { shim: new Shim(instantiate(options.module), shared), attached: false, reason };
  }
  return { shim: new Shim(instantiate(options.module), shared), attached: false, reason: refused };
}

/** What `attach` returned, in words: the error in the low byte, its table and row (or call) above. */
export function attachRefusal(code: number): string {
  const name = ErrorCodeNames[code & 0xff] ?? String(code & 0xff);
  return code < 0x100 ? name : `${name}, table or call ${(code >>> 8) & 0xff}, row ${code >>> 16}`;
}

function refuse({ snapshot, module, nowMs, maxAgeMs }: StartOptions): string {
  if (snapshot === undefined) return "no snapshot";
  if (!snapshot.sameLayout || snapshot.profile !== verifyModule(module).profile) return "another layout";
  const ageMs = nowMs - snapshot.savedMs;
  // A snapshot from the future tells that the clock was set: its age is not known.
  return ageMs < 0 || ageMs > maxAgeMs ? "too old" : "";
}

/** Reads a snapshot for a start; a damaged one counts as none and is told by `warn`. */
export function snapshotForStart(path: string, warn: (message: string) => void): Snapshot | undefined {
  try {
    return readSnapshot(path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    warn(error.message);
    return undefined;
  }
}
