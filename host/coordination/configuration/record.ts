/** The record of the configuration in force, as one key of the lease service's store. */

import type { StoredLease } from "../lease/stored-lease.js";

export interface RevisionRecord {
  /** Grows by one with each commit, and with each return. */
  revision: number;
  /** Digest of the text, as status messages carry it. */
  digest: number;
  text: string;
  /** Stays; an unconfirmed one is given back in time. */
  confirmed: boolean;
  /** Text before it, while it is unconfirmed; "" otherwise. */
  previous: string;
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
  return {
    read() {
      const entry = lease.entry(KEY);
      if (entry === undefined) return undefined;
      const record = parseRecord(entry.value);
      if (record === undefined) report("configuration: the record in the lease service's store is none; passed over");
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
    const { revision, digest, confirmed } = fields ?? {};
    const isWhole = [revision, digest].every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
    if (!isWhole || typeof confirmed !== "boolean") return undefined;
    return typeof fields?.text === "string" && typeof fields.previous === "string"
      ? (fields as RevisionRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
