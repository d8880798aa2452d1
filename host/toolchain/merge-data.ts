/**
 * Puts the constants of a finished module into one data segment. The optimizer splits a segment at runs of zeros,
 * which costs an ahead-of-time compiled module a call for each part, and an instance that is made over live memory
 * would leave the zeros between them to whatever was there.
 */

import { Reader, sectionsOf } from "./wasm-sections.js";

const DATA = 11;
const DATA_COUNT = 12;
const I32_CONST = 0x41;
const END = 0x0b;

interface Segment {
  address: number;
  data: Uint8Array;
}

/** The same module with its active data segments as one, and without the count that only bulk operations need. */
export function withOneDataSegment(bytes: Uint8Array): Uint8Array {
  const sections = sectionsOf(bytes);
  const section = sections.find(({ id }) => id === DATA);
  if (section === undefined) return bytes;
  const merged = mergeSegments(readSegments(bytes, section.contents));
  const contents = [1, 0, I32_CONST, ...signed(merged.address), END, ...unsigned(merged.data.length), ...merged.data];
  const rebuilt = new Uint8Array([DATA, ...unsigned(contents.length), ...contents]);
  const parts = sections
    .filter(({ id }) => id !== DATA_COUNT)
    .map(({ id, start, end }) => (id === DATA ? rebuilt : bytes.subarray(start, end)));
  return new Uint8Array(Buffer.concat([bytes.subarray(0, sections[0]?.start ?? bytes.length), ...parts]));
}

function readSegments(bytes: Uint8Array, at: number): Segment[] {
  const reader = new Reader(bytes, at);
  return Array.from({ length: reader.unsigned() }, () => {
    const flags = reader.unsigned();
    const opcode = reader.byte();
    if (flags !== 0 || opcode !== I32_CONST) throw new Error("a data segment that isn't at a constant address");
    const address = reader.signed();
    if (reader.byte() !== END) throw new Error("a data segment whose address is computed");
    const length = reader.unsigned();
    reader.at += length;
    return { address, data: bytes.subarray(reader.at - length, reader.at) };
  });
}

function mergeSegments(segments: readonly Segment[]): Segment {
  const address = Math.min(...segments.map((segment) => segment.address));
  const end = Math.max(...segments.map((segment) => segment.address + segment.data.length));
  const data = new Uint8Array(end - address);
  for (const segment of segments) data.set(segment.data, segment.address - address);
  return { address, data };
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Addresses are below 2^31, so only the sign bit of the last byte matters. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
