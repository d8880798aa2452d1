/** Sections of a WebAssembly binary (core specification, section 5.5), for what `binaryen` doesn't tell. */

export interface Section {
  /** 0 for a custom section. */
  id: number;
  /** Name of a custom section. */
  name?: string;
  /** First byte of the section, its id. */
  start: number;
  /** First byte of its contents; behind the name of a custom section. */
  contents: number;
  end: number;
}

const CUSTOM = 0;
const CODE = 10;
const HEADER_BYTES = 8;

/** Reads LEB128 numbers and names. */
export class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error(`the module ends within byte ${this.at - 1}`);
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** A signed number of at most 32 bits. */
  signed(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      return shift < 25 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
    }
  }

  name(): string {
    const length = this.unsigned();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
}

/** All sections in their order. Throws on a truncated module or one without the magic number. */
export function sectionsOf(bytes: Uint8Array): Section[] {
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  if (magic.some((byte, at) => bytes[at] !== byte)) throw new Error("no WebAssembly module of version 1");
  const sections: Section[] = [];
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = reader.byte();
    const length = reader.unsigned();
    const end = reader.at + length;
    if (end > bytes.length) throw new Error(`section ${id} at byte ${start} ends behind the module`);
    const section: Section = { id, start, contents: reader.at, end };
    if (id === CUSTOM) {
      section.name = reader.name();
      section.contents = reader.at;
    }
    sections.push(section);
    reader.at = end;
  }
  return sections;
}

/** The module without the custom sections of these names; every other byte stays. */
export function withoutCustomSections(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const kept = sectionsOf(bytes).filter((section) => section.name === undefined || !names.includes(section.name));
  const parts = [bytes.subarray(0, HEADER_BYTES), ...kept.map((section) => bytes.subarray(section.start, section.end))];
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Bytes of the code section, and of each function's body in the order of definition. */
export function codeSizes(bytes: Uint8Array): { section: number; bodies: number[] } {
  const section = sectionsOf(bytes).find((candidate) => candidate.id === CODE);
  if (section === undefined) return { section: 0, bodies: [] };
  const reader = new Reader(bytes, section.contents);
  const bodies = Array.from({ length: reader.unsigned() }, () => {
    const length = reader.unsigned();
    reader.at += length;
    return length;
  });
  return { section: section.end - section.contents, bodies };
}
