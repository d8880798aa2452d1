/** Roles: what a field of a row class says about itself beyond its type. */

export type FieldType = "u8" | "u16" | "u32" | "u64";

export const FIELD_SIZES: Readonly<Record<FieldType, 1 | 2 | 4 | 8>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

interface RoleRule {
  /** What the second argument of `@field` names, if there is one. */
  reference: "none" | "enum" | "rows";
  types: readonly FieldType[];
  /** Documentation of a field that has no comment of its own. */
  doc: string;
}

const NUMBERS: readonly FieldType[] = ["u8", "u16", "u32", "u64"];
const INDEXES: readonly FieldType[] = ["u16", "u32"];

export const ROLES: Readonly<Record<string, RoleRule>> = {
  constant: { reference: "none", types: NUMBERS, doc: "Constant." },
  bytes: { reference: "none", types: NUMBERS, doc: "Bytes." },
  address: { reference: "none", types: ["u32"], doc: "Byte address." },
  count: { reference: "none", types: NUMBERS, doc: "Count." },
  enum: { reference: "enum", types: ["u8", "u16", "u32"], doc: "One value of an enum." },
  boolean: { reference: "none", types: ["u8", "u16", "u32"], doc: "0 or 1." },
  sequence: { reference: "none", types: ["u32"], doc: "Sequence number." },
  sequenceWord: { reference: "none", types: ["u32"], doc: "Odd while a writer is in the row." },
  time: { reference: "none", types: ["u64"], doc: "Module time in milliseconds." },
  hostTime: { reference: "none", types: ["u32", "u64"], doc: "The host's monotonic milliseconds." },
  generation: { reference: "none", types: ["u32"], doc: "Generation of the row." },
  counter: { reference: "none", types: ["u32", "u64"], doc: "Monotonic counter." },
  epoch: { reference: "none", types: ["u64"], doc: "Epoch of a scope." },
  id: { reference: "none", types: ["u32"], doc: "Stable id; 0 in a free row." },
  index: { reference: "rows", types: INDEXES, doc: "Row, or `NONE`." },
  flags: { reference: "enum", types: ["u8", "u16", "u32"], doc: "Flags." },
  bitmap: { reference: "rows", types: ["u32", "u64"], doc: "Bitmap of rows." },
  permille: { reference: "none", types: ["u16", "u32"], doc: "Thousandths." },
  rate: { reference: "none", types: ["u32", "u64"], doc: "Per second." },
  number: { reference: "none", types: NUMBERS, doc: "Number." },
  check: { reference: "none", types: ["u32"], doc: "Check word of the row (its seal)." },
  pad: { reference: "none", types: NUMBERS, doc: "Zero." },
  knob: { reference: "none", types: ["u8", "u16", "u32"], doc: "Knob." },
};

/** Things with rows that are no capacity of their own: what an index of this name points to. */
export const REFERENCE_ALIASES: Readonly<Record<string, string>> = {
  /** A controller is known by its row among the servers. */
  controller: "SERVER_MAX",
  /** The row kind that `subjectKind` beside it names; no table has more rows than the largest one. */
  subject: "NONE",
};

/** Name of the capacity that bounds a reference: `target-port` is bounded by `TARGET_PORT_MAX`. */
export function capacityOfReference(reference: string): string {
  return REFERENCE_ALIASES[reference] ?? `${reference.replaceAll("-", "_").toUpperCase()}_MAX`;
}

/** Names that a field can't have: members of the views, and words of the languages that the layout is written in. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(
  (
    "table capacity address markChanged isChanged u8 u16 u32 rowZero constructor " +
    "auto bool break case catch char class const continue default delete do double else enum explicit export extern " +
    "false float for friend goto if inline int long mutable namespace new operator private protected public register " +
    "restrict return short signed sizeof static struct switch template this throw true try typedef typename union " +
    "unsigned using virtual void volatile while"
  ).split(" "),
);
