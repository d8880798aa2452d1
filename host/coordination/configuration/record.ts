/** The record of the configuration in force, as one key of the lease service's store. */

import type { StoredLease } from "../lease/stored-lease.js";

export interface RevisionRecord {
  /** Grows by one with each commit, with each return, and with each change of maintenance. */
  revision: number;
  /** Digest of what the text means, as status messages carry it. */
  digest: number;
  text: string;
  /** Stays; an unconfirmed one is given back in time. */
  confirmed: boolean;
  /** Text before it, while it is unconfirmed; "" otherwise. */
  previous: string;
  /** How long an unconfirmed one waits, in milliseconds. */
  confirmMs: number;
  /** SHA-256, in hex, of the text that it has taken back; "" where it took none back. */
  returned: string;
  /** Controllers that it has beside those before it, and that take no part yet. */
  joining: string[];
}

export interface RevisionStore {
  /** As last seen; undefined: there is none. */
  read(): { record: RevisionRecord; modRevision: number } | undefined;
  /** Writes over the record that was read (0: there is none). @returns false where another came first; rejects out of reach */
  write(record: RevisionRecord, modRevision: number): Promise<boolean>;
  onChange(listener: () => void): void;
}

const KEY = "configuration";

/** The store that the lease is kept in. */
export function leaseRevisionStore(lease: StoredLease, report: (line: string) => void): RevisionStore {
  // Each change of any key has it looked at: a text is read once.
  let known: { value: string; record: RevisionRecord | undefined } | undefined;
  return {
    read() {
      const entry = lease.entry(KEY);
      if (entry === undefined) return undefined;
      if (known?.value !== entry.value) {
        known = { value: entry.value, record: parseRecord(entry.value) };
        if (known.record === undefined) {
          report("configuration: the record in the lease service's store is none; passed over");
        }
      }
      const { record } = known;
      return record && { record, modRevision: entry.modRevision };
    },
    write: (record, modRevision) => lease.write(KEY, JSON.stringify(record), modRevision),
    onChange: (listener) => lease.observe({ changed: listener }),
  };
}

/** @returns undefined for a text that is no record */
export function parseRecord(text: string): RevisionRecord | undefined {
  try {
    const fields = JSON.parse(text) as Partial<RevisionRecord> | null;
    const { revision, digest, confirmMs, confirmed, joining } = fields ?? {};
    const isWhole = (each: unknown) => Number.isSafeInteger(each) && (each as number) >= 0;
    if (![revision, digest, confirmMs].every(isWhole) || typeof confirmed !== "boolean") return undefined;
    if (!Array.isArray(joining) || joining.some((name) => typeof name !== "string")) return undefined;
    const texts = [fields?.text, fields?.previous, fields?.returned];
    return texts.every((each) => typeof each === "string") ? (fields as RevisionRecord) : undefined;
  } catch {
    return undefined;
  }
}
