/** Writes a bundle out, as a directory or as one file for an image builder. */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { writeCpio } from "./archive/cpio.js";
import { type Entry, FOLDER_MODE, foldersOf, modeOf } from "./archive/entry.js";
import { writeSquashfs } from "./archive/squashfs.js";
import { writeTar } from "./archive/tar.js";
import { DirectorySource } from "./directory.js";
import { BundleInputError } from "./input-error.js";
import { MANIFEST_BYTES_MAX, MANIFEST_NAME, parseManifest, SIGNATURES_NAME } from "./manifest.js";
import { verifyPart } from "./open.js";
import { SIGNATURE_LINE_BYTES } from "./signatures.js";
import { KEY_MAX } from "./trust.js";

export const FORMATS = ["dir", "tar", "cpio", "squashfs"] as const;
export type Format = (typeof FORMATS)[number];

/** An output that is there already, or can't be written. */
export class OutputError extends BundleInputError {}

/** Writes entries below a directory that is made for them; times and modes are fixed. */
function writeFolder(entries: readonly Entry[], directory: string, seconds: number): void {
  const folders = foldersOf(entries.map((entry) => entry.name));
  for (const folder of folders) mkdirSync(join(directory, folder));
  for (const entry of entries) {
    const file = join(directory, entry.name);
    writeFileSync(file, entry.bytes, { flag: "wx" });
    chmodSync(file, modeOf(entry));
    utimesSync(file, seconds, seconds);
  }
  for (const folder of ["", ...folders].reverse()) {
    const path = join(directory, folder);
    chmodSync(path, FOLDER_MODE);
    utimesSync(path, seconds, seconds);
  }
}

/** A directory beside `out`, so that it can be renamed; the work is done there and removed when it fails. */
function withStaging<T>(out: string, work: (directory: string) => T): T {
  const directory = mkdtempSync(join(dirname(out), `.${basename(out)}-`));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeWhole(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, "wx", 0o644);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a bundle to `out`, whole or not at all. `seconds` since 1970 is every time in it; `under` is the folder in a
 * cpio archive. Throws `OutputError` when `out` is there already, `ProgramMissing` for squashfs without mksquashfs.
 */
export function writeBundle(entries: readonly Entry[], out: string, format: Format, seconds: number, under = ""): void {
  if (existsSync(out)) throw new OutputError(`${out}: is there already; remove it or name another`);
  if (!existsSync(dirname(out))) throw new OutputError(`${dirname(out)}: no such directory`);
  withStaging(out, (staging) => {
    const made = join(staging, "made");
    if (format === "tar") writeWhole(made, writeTar(entries, seconds));
    else if (format === "cpio") writeWhole(made, writeCpio(entries, seconds, under));
    else {
      const folder = format === "dir" ? made : join(staging, "content");
      mkdirSync(folder);
      writeFolder(entries, folder, seconds);
      if (format === "squashfs") writeSquashfs(folder, made, seconds);
    }
    renameSync(made, out);
  });
}

/**
 * Reads the entries of a bundle's directory again, to pack it after signing: what the manifest names, and no more.
 * Throws `BundleRefused` where a part is not what the manifest says, so that no damaged bundle is shipped.
 */
export function readBundleEntries(directory: string): Entry[] {
  const source = new DirectorySource(directory);
  const manifestBytes = source.read(MANIFEST_NAME, MANIFEST_BYTES_MAX, "UNREADABLE", "MANIFEST_SIZE");
  const manifest = parseManifest(manifestBytes);
  const entries: Entry[] = manifest.parts.map((part) => {
    const bytes = source.read(part.name, part.bytes, "PART_MISSING", "PART_SIZE");
    verifyPart(part, bytes);
    return { name: part.name, bytes, executable: part.kind === "executable" };
  });
  entries.push({ name: MANIFEST_NAME, bytes: manifestBytes, executable: false });
  if (source.list("").some((entry) => entry.name === SIGNATURES_NAME)) {
    const bytes = source.read(SIGNATURES_NAME, KEY_MAX * SIGNATURE_LINE_BYTES, "UNSIGNED", "SIGNATURE_MALFORMED");
    entries.push({ name: SIGNATURES_NAME, bytes, executable: false });
  }
  return entries;
}
