/**
 * The audit log: one JSON object a line, each with the SHA-256 of the line before it, so that a changed, missing or
 * exchanged entry is found. Cutting off the end is found by comparing the head with one that was noted elsewhere: it is
 * in the metrics and in each processor's log.
 */

import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";

export interface AuditEvent {
  /** Name of the command, or what was tried. */
  command: string;
  user: string;
  role: string;
  source: string;
  /** HTTP status. */
  status: number;
  /** `begun` before a command is carried out, `ended` after, `refused` for what was not. */
  outcome: "begun" | "ended" | "refused";
  /** Code of a refusal, or what the command was about. */
  detail: string;
}

export interface AuditEntry extends AuditEvent {
  number: number;
  at: string;
  processor: string;
  previous: string;
}

/** Hash before the first entry. */
export const GENESIS = "0".repeat(64);
/** A file larger than this is put aside as `<file>.1`, its hash going on in the next. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const DETAIL_CHARACTERS_MAX = 200;
const FILES_KEPT = 8;

export const hashLine = (line: string): string => createHash("sha256").update(line).digest("hex");

export interface Chain {
  intact: boolean;
  entries: number;
  head: string;
  /** Where it first breaks. */
  problem?: string;
}

/** Verifies the lines of a log; `previous` is the hash that the first one must carry, any where not given. */
export function verifyChain(text: string, previous?: string): Chain {
  let head = previous;
  let number: number | undefined;
  let entries = 0;
  const broken = (problem: string): Chain => ({ intact: false, entries, head: head ?? GENESIS, problem });
  const lines = text.split("\n");
  if (lines.pop() !== "") return broken(`line ${lines.length + 1} is cut off`);
  for (const [index, line] of lines.entries()) {
    let entry: AuditEntry;
    try {
      entry = JSON.parse(line) as AuditEntry;
    } catch {
      return broken(`line ${index + 1} is no entry`);
    }
    if (head !== undefined && entry.previous !== head)
      return broken(`line ${index + 1} does not follow the one before`);
    if (number !== undefined && entry.number !== number + 1)
      return broken(`line ${index + 1} has number ${entry.number}`);
    number = entry.number;
    head = hashLine(line);
    entries++;
  }
  return { intact: true, entries, head: head ?? GENESIS };
}

export interface Audit {
  readonly head: string;
  readonly count: number;
  /** @throws when the entry can't be kept, and `mustKeep` is set: what it is about is then not to be done */
  write(event: AuditEvent, mustKeep?: boolean): void;
  /** Kept entries after a number, the oldest first. */
  read(after: number, limit: number): { entries: AuditEntry[]; total: number; chain: Chain };
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a terminal that shows the log
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, DETAIL_CHARACTERS_MAX);
}

/** The entry and its line; names that came from outside are cleaned and cut. */
function nextLine(
  event: AuditEvent,
  number: number,
  previous: string,
  processor: string,
): { entry: AuditEntry; line: string } {
  const entry: AuditEntry = {
    number,
    at: new Date().toISOString(),
    processor,
    command: clean(event.command),
    user: clean(event.user),
    role: clean(event.role),
    source: clean(event.source),
    status: event.status,
    outcome: event.outcome,
    detail: clean(event.detail),
    previous,
  };
  return { entry, line: JSON.stringify(entry) };
}

/** In a file, synced for what must be kept. */
export class FileAudit implements Audit {
  head = GENESIS;
  count = 0;
  private bytes = 0;

  /** @throws Error where the log that is there is broken: it is not gone on with silently */
  constructor(
    private readonly file: string,
    private readonly processor: string,
    private readonly bytesMax = FILE_BYTES_MAX,
  ) {
    if (!existsSync(file)) return;
    const text = this.withoutTornEnd();
    const chain = verifyChain(text);
    if (!chain.intact)
      throw new Error(`${file}: ${chain.problem}; put it aside and keep it: somebody may have changed it`);
    this.head = chain.head;
    this.bytes = Buffer.byteLength(text);
    const last = text.trimEnd().split("\n").at(-1);
    if (last) this.count = (JSON.parse(last) as AuditEntry).number;
  }

  write(event: AuditEvent, mustKeep = false): void {
    const { line } = nextLine(event, this.count + 1, this.head, this.processor);
    try {
      if (this.bytes > this.bytesMax) this.putAside();
      this.append(`${line}\n`, mustKeep);
    } catch (error) {
      if (mustKeep) throw error;
      process.stderr.write(`${JSON.stringify({ level: "error", msg: "audit entry not kept", entry: line })}\n`);
      return;
    }
    this.count++;
    this.head = hashLine(line);
  }

  read(after: number, limit: number): { entries: AuditEntry[]; total: number; chain: Chain } {
    const text = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
    const chain = verifyChain(text);
    if (chain.intact && chain.head !== this.head && this.bytes > 0) {
      return { entries: [], total: this.count, chain: { ...chain, intact: false, problem: "the end is missing" } };
    }
    const lines = text.split("\n").filter((line) => line !== "");
    const all = lines.flatMap((line) => parsed(line)).filter((entry) => entry.number > after);
    return { entries: all.slice(0, limit), total: this.count, chain };
  }

  /** A power cut may leave half a line: it is cut off, and was never promised to be there. */
  private withoutTornEnd(): string {
    const text = readFileSync(this.file, "utf8");
    if (text === "" || text.endsWith("\n")) return text;
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    truncateSync(this.file, Buffer.byteLength(whole));
    return whole;
  }

  /** An entry that the disk had no room for is taken out again, so that the next one has a line of its own. */
  private append(text: string, sync: boolean): void {
    const descriptor = openSync(this.file, "a", 0o600);
    try {
      writeSync(descriptor, text);
      if (sync) fsyncSync(descriptor);
      const bytes = this.bytes + Buffer.byteLength(text);
      if (fstatSync(descriptor).size < bytes) throw new Error(`${this.file}: an entry was not written whole`);
      this.bytes = bytes;
    } catch (error) {
      ftruncateSync(descriptor, this.bytes);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  private putAside(): void {
    for (let index = FILES_KEPT - 1; index >= 1; index--) {
      if (existsSync(`${this.file}.${index}`)) renameSync(`${this.file}.${index}`, `${this.file}.${index + 1}`);
    }
    renameSync(this.file, `${this.file}.1`);
    this.bytes = 0;
  }
}

function parsed(line: string): AuditEntry[] {
  try {
    return [JSON.parse(line) as AuditEntry];
  } catch {
    return [];
  }
}

const KEPT_MAX = 1000;

/**
 * In memory, each entry told to `tell` as well: for the restricted server, which works without a disk, and for the
 * embedded array, which keeps nothing.
 */
export class MemoryAudit implements Audit {
  head = GENESIS;
  count = 0;
  private readonly lines: string[] = [];

  constructor(
    private readonly processor: string,
    private readonly tell: (line: string) => void = () => {},
  ) {}

  write(event: AuditEvent): void {
    const { line } = nextLine(event, this.count + 1, this.head, this.processor);
    this.count++;
    this.head = hashLine(line);
    this.lines.push(line);
    if (this.lines.length > KEPT_MAX) this.lines.shift();
    this.tell(line);
  }

  read(after: number, limit: number): { entries: AuditEntry[]; total: number; chain: Chain } {
    const entries = this.lines.map((line) => JSON.parse(line) as AuditEntry).filter((entry) => entry.number > after);
    const text = this.lines.map((line) => `${line}\n`).join("");
    return { entries: entries.slice(0, limit), total: this.count, chain: verifyChain(text) };
  }
}
