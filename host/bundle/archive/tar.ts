/** Writes a POSIX ustar archive (IEEE Std 1003.1, pax, "ustar Interchange Format"): same entries, same bytes. */
import { type Entry, FOLDER_MODE, foldersOf, modeOf, sorted } from "./entry.js";

const BLOCK = 512;
const TYPE_FILE = "0";
const TYPE_FOLDER = "5";
const NAME_BYTES = 100;

function octal(value: number, digits: number): string {
  const text = value.toString(8).padStart(digits, "0");
  if (text.length > digits) throw new RangeError(`${value} doesn't fit in ${digits} octal digits`);
  return text;
}

function header(name: string, type: string, mode: number, bytes: number, seconds: number): Buffer {
  if (name.length > NAME_BYTES) throw new RangeError(`${name} is longer than ${NAME_BYTES} bytes`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, "latin1");
  block.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100, "latin1"); // mode, owner, group
  block.write(`${octal(bytes, 11)}\0${octal(seconds, 11)}\0`, 124, "latin1");
  block.write("        ", 148, "latin1"); // the checksum counts itself as blanks
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

const padding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);

/** The bytes of the archive; `seconds` since 1970 is every entry's time of change. */
export function writeTar(entries: readonly Entry[], seconds: number): Buffer {
  const blocks: Uint8Array[] = [];
  for (const folder of foldersOf(entries.map((entry) => entry.name))) {
    blocks.push(header(`${folder}/`, TYPE_FOLDER, FOLDER_MODE, 0, seconds));
  }
  for (const entry of sorted(entries)) {
    blocks.push(header(entry.name, TYPE_FILE, modeOf(entry), entry.bytes.length, seconds));
    blocks.push(entry.bytes, padding(entry.bytes.length));
  }
  blocks.push(Buffer.alloc(2 * BLOCK)); // the end of an archive
  return Buffer.concat(blocks);
}
