/** Structs and accessors of `build/fairlead.h`. */

import type { Field, RowClass } from "../model.js";
import { snake } from "./names.js";

export const HELPERS = `/* --- Bytes --- */

/* Byte \`offset\` of what begins at \`at\`. */
#if FAIRLEAD_MIRRORED
#define FAIRLEAD_BYTE(at, offset) (*((at) - (offset)))
#else
#define FAIRLEAD_BYTE(at, offset) (*((at) + (offset)))
#endif

/* Where the byte of an address of the module lies, in a memory of so many bytes: what the accessors take. */
static inline uint8_t *fairlead_at(uint8_t *memory, uint32_t memory_bytes, uint32_t address) {
#if FAIRLEAD_MIRRORED
  return memory + (memory_bytes - 1u - address);
#else
  (void)memory_bytes;
  return memory + address;
#endif
}

static inline uint16_t fairlead_get16(const uint8_t *at) {
  return (uint16_t)(FAIRLEAD_BYTE(at, 0) | (uint32_t)FAIRLEAD_BYTE(at, 1) << 8);
}

static inline uint32_t fairlead_get32(const uint8_t *at) {
  return FAIRLEAD_BYTE(at, 0) | (uint32_t)FAIRLEAD_BYTE(at, 1) << 8 | (uint32_t)FAIRLEAD_BYTE(at, 2) << 16 |
         (uint32_t)FAIRLEAD_BYTE(at, 3) << 24;
}

static inline uint64_t fairlead_get64(const uint8_t *at) {
  return fairlead_get32(at) | (uint64_t)fairlead_get32(&FAIRLEAD_BYTE(at, 4)) << 32;
}

static inline void fairlead_set16(uint8_t *at, uint16_t value) {
  FAIRLEAD_BYTE(at, 0) = (uint8_t)(value & 0xffu);
  FAIRLEAD_BYTE(at, 1) = (uint8_t)(value >> 8);
}

static inline void fairlead_set32(uint8_t *at, uint32_t value) {
  fairlead_set16(at, (uint16_t)(value & 0xffffu));
  fairlead_set16(&FAIRLEAD_BYTE(at, 2), (uint16_t)(value >> 16));
}

static inline void fairlead_set64(uint8_t *at, uint64_t value) {
  fairlead_set32(at, (uint32_t)(value & 0xffffffffu));
  fairlead_set32(&FAIRLEAD_BYTE(at, 4), (uint32_t)(value >> 32));
}

/* Sets single bytes of a row, given as pairs of offset and byte. */
static inline void fairlead_set_bytes(uint8_t *row, const uint8_t *pairs, size_t count) {
  for (size_t at = 0; at < count; at += 2) FAIRLEAD_BYTE(row, pairs[at]) = pairs[at + 1];
}
`;

/** The struct of a row for little-endian hosts, with an assertion on each offset and on the size. */
export function structOf(row: RowClass): string[] {
  const name = `fairlead_${snake(row.name)}`;
  const lines = ["#if FAIRLEAD_HAS_STRUCTS", `typedef struct ${name} {`];
  for (const field of row.fields) {
    const doc = field.doc === "" ? "" : ` /* ${field.doc.replaceAll("*/", "* /")} */`;
    lines.push(`  uint${field.size * 8}_t ${snake(field.name)};${doc}`);
  }
  lines.push(`} ${name}_t;`);
  lines.push(`FAIRLEAD_ASSERT(size_of_${snake(row.name)}, sizeof(${name}_t) == ${row.stride});`);
  for (const field of row.fields) {
    const member = snake(field.name);
    const condition = `offsetof(${name}_t, ${member}) == ${field.offset}`;
    lines.push(`FAIRLEAD_ASSERT(offset_of_${snake(row.name)}_${member}, ${condition});`);
  }
  return [...lines, "#endif", ""];
}

/**
 * Writes the defaults of a row's knobs, for hosts that stage a configuration of their own; nothing without knobs. They are
 * data, an offset and a byte each, since code for each knob takes three times the room.
 */
export function defaultsOf(row: RowClass): string[] {
  const knobs = row.fields.flatMap(({ name, offset, size, knob }) =>
    knob === undefined ? [] : [{ name, bytes: bytesOf(offset, size, knob.default) }],
  );
  if (knobs.length === 0) return [];
  return [
    "/* Writes the default of every knob; nothing else of the row. */",
    `static inline void fairlead_${snake(row.name)}_set_defaults(uint8_t *row) {`,
    "  static const uint8_t defaults[] = {",
    ...knobs.map(({ name, bytes }) => `      ${bytes.join(", ")}, /* ${snake(name)} */`),
    "  };",
    "  fairlead_set_bytes(row, defaults, sizeof defaults);",
    "}",
  ];
}

/** Pairs of offset and byte of a little-endian value. */
function bytesOf(offset: number, size: number, value: number): string[] {
  return Array.from({ length: size }, (_, index) => {
    const byte = Math.floor(value / 2 ** (8 * index)) % 256;
    return `${offset + index}, ${byte}`;
  });
}

/** Getter and setter of a field. */
export function accessorsOf(row: RowClass, field: Field): string[] {
  const prefix = `fairlead_${snake(row.name)}`;
  const name = snake(field.name);
  const type = `uint${field.size * 8}_t`;
  const at = `&FAIRLEAD_BYTE(row, ${field.offset})`;
  const bits = field.size * 8;
  const read = field.size === 1 ? `FAIRLEAD_BYTE(row, ${field.offset})` : `fairlead_get${bits}(${at})`;
  const write = field.size === 1 ? `FAIRLEAD_BYTE(row, ${field.offset}) = value` : `fairlead_set${bits}(${at}, value)`;
  return [
    `static inline ${type} ${prefix}_${name}(const uint8_t *row) { return ${read}; }`,
    `static inline void ${prefix}_set_${name}(uint8_t *row, ${type} value) { ${write}; }`,
  ];
}
