/**
 * Writes a cpio archive in the "new ASCII" format (newc, magic 070701), as the Linux kernel unpacks an initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst): same entries, same bytes. Its length is a multiple of
 * 512, so that it may be appended to an initramfs as it is.
 */
import { type Entry, FOLDER_MODE, foldersOf, modeOf, sorted } from "./entry.js";

const FILE = 0o100000;
const FOLDER = 0o040000;
const TRAILER = "TRAILER!!!";
const HEADER_BYTES = 110;

interface Node {
  name: string;
  mode: number;
  links: number;
  bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const padding = (bytes: number, unit: number): Buffer => Buffer.alloc((unit - (bytes % unit)) % unit);

function record(node: Node, inode: number, seconds: number): Buffer {
  const nameBytes = node.name.length + 1;
  const fields = [inode, node.mode, 0, 0, node.links, seconds, node.bytes.length, 0, 0, 0, 0, nameBytes, 0];
  const digits = fields.map((field) => {
    if (field > 0xffffffff) throw new RangeError(`${node.name}: ${field} doesn't fit in 8 hex digits`);
    return field.toString(16).toUpperCase().padStart(8, "0");
  });
  const head = Buffer.from(`070701${digits.join("")}${node.name}\0`, "latin1");
  return Buffer.concat([head, padding(HEADER_BYTES + nameBytes, 4), node.bytes, padding(node.bytes.length, 4)]);
}

/**
 * The bytes of the archive; `seconds` since 1970 is every entry's time of change. `under` is a folder for all entries
 * ("" for the root): its own folders are written too.
 */
export function writeCpio(entries: readonly Entry[], seconds: number, under = ""): Buffer {
  const placed = sorted(entries).map((entry) => ({
    ...entry,
    name: under === "" ? entry.name : `${under}/${entry.name}`,
  }));
  const nodes: Node[] = foldersOf(placed.map((entry) => entry.name)).map((name) => ({
    name,
    mode: FOLDER | FOLDER_MODE,
    links: 2,
    bytes: NOTHING,
  }));
  for (const entry of placed)
    nodes.push({ name: entry.name, mode: FILE | modeOf(entry), links: 1, bytes: entry.bytes });
  const records = nodes.map((node, index) => record(node, index + 1, seconds));
  records.push(record({ name: TRAILER, mode: 0, links: 1, bytes: NOTHING }, 0, 0));
  const bytes = Buffer.concat(records);
  return Buffer.concat([bytes, padding(bytes.length, 512)]);
}
