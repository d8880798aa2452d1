/** What is written into a unit's blocks: each says which it is and which version, with a checksum over all of it. */

import { createHash } from "node:crypto";
import { timeOfDay } from "./clock.js";

export const BLOCK_BYTES = 4096;
export const BLOCKS = 64;
const HEAD_BYTES = 16;
const SUM_BYTES = 32;

/** @param unit number of the unit @param version from 1; grows with each write of the block */
export function blockOf(unit: number, block: number, version: number): Buffer {
  const data = Buffer.alloc(BLOCK_BYTES, (unit * 31 + block * 7 + version) & 0xff);
  data.writeUInt32BE(unit, 0);
  data.writeUInt32BE(block, 4);
  data.writeUInt32BE(version, 8);
  createHash("sha256")
    .update(data.subarray(0, BLOCK_BYTES - SUM_BYTES))
    .digest()
    .copy(data, BLOCK_BYTES - SUM_BYTES);
  return data;
}

/** Version of a block that was read; 0: never written. @throws Error where it is another block, or damaged */
export function versionOf(unit: number, block: number, data: Buffer): number {
  if (data.every((byte) => byte === 0)) return 0;
  const version = data.readUInt32BE(8);
  if (data.length !== BLOCK_BYTES || !data.equals(blockOf(unit, block, version))) {
    const head = data.subarray(0, HEAD_BYTES).toString("hex");
    throw new Error(`unit ${unit}, block ${block}: damaged, or another block: ${head}`);
  }
  return version;
}

/** One write of a block, as it went. */
interface Attempt {
  version: number;
  through: string;
  /** Time of day. */
  at: string;
  outcome: string;
}

/** Writes of one block that are told of when the block is wrong. */
const ATTEMPTS_TOLD = 6;

/** What may be in a block: the confirmed version, or a later one whose confirmation never came. */
export class BlockBook {
  private readonly confirmed = new Array<number>(BLOCKS).fill(0);
  private readonly issued = new Array<number>(BLOCKS).fill(0);
  private readonly attempts = Array.from({ length: BLOCKS }, (): Attempt[] => []);

  /** @param through address that it is written through @returns the version to write now */
  issue(block: number, through: string): number {
    const version = (this.issued[block] ?? 0) + 1;
    this.issued[block] = version;
    const attempts = this.attempts[block] ?? [];
    attempts.push({ version, through, at: timeOfDay(), outcome: "under way" });
    if (attempts.length > ATTEMPTS_TOLD) attempts.shift();
    return version;
  }

  confirm(block: number, version: number): void {
    this.confirmed[block] = version;
    this.end(block, "confirmed");
  }

  /** The latest write was not confirmed: it may have happened, or yet happen. */
  giveUp(block: number, why: string): void {
    this.end(block, why);
  }

  /** A version that is older than a confirmed one is a write that came late, or one that was lost. */
  check(unit: number, block: number, version: number, through: string): string | undefined {
    const [least = 0, most = 0] = [this.confirmed[block], this.issued[block]];
    if (version >= least && version <= most) return undefined;
    const attempts = (this.attempts[block] ?? []).map(
      (each) => `${each.version} through ${each.through} at ${each.at}, ${each.outcome}`,
    );
    const read = `version ${version} at ${timeOfDay()} through ${through}`;
    return `unit ${unit}, block ${block}: ${read}, but ${least} was confirmed, and ${most} the last written (${attempts.join("; ")})`;
  }

  private end(block: number, outcome: string): void {
    const latest = this.attempts[block]?.at(-1);
    if (latest !== undefined) latest.outcome = `${outcome} at ${timeOfDay()}`;
  }
}
