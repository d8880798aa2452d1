/** The directory: what the core needs to handle rows of any table. The compiler transform writes it. */

/** Entry of a table; the first 24 bytes are the hosts' too. */
@unmanaged
export class TableEntry {
  base: u32;
  stride: u32;
  capacity: u32;
  rowType: u16;
  kind: u16;
  /** Address of the leaf words of the changed bits, or 0. */
  changed: u32;
  /** Address of the blocks' deadlines, or 0. */
  deadlines: u32;
  /** Bit `n`: the 16-bit word at byte `2n` resets to `NONE`. */
  noneWords: u32;
  /** Offsets within a row, or `NO_FIELD`. */
  checkOffset: u8;
  deadlineOffset: u8;
  /** Leaf words per summary bit are `1 << changedShift`. */
  changedShift: u8;
  reserved: u8;

  @inline static of(table: u32): TableEntry {
    return changetype<TableEntry>(DIRECTORY_ADDRESS + table * 32);
  }

  /** Place of a row. */
  @inline addressOf(row: u32): usize {
    return this.base + row * this.stride;
  }
}
if (offsetof<TableEntry>() != 32) ERROR("the transform writes directory entries of 32 bytes");

export const NO_FIELD: u32 = 255;
/** Tables whose rows writers leave under a sequence word. */
export const KIND_LATCHED: u32 = 2;
/** Kinds of tables that the module itself writes rows of. */
export const KIND_CONFIGURATION: u32 = 4;
export const KIND_STATE: u32 = 6;
/** No table has more rows. */
export const ROWS_MAX: u32 = 0x1_0000;
