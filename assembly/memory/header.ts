/** The header: the first bytes of the memory. Hosts find everything else from here. */

/** "FLD1" in ASCII, little-endian. */
export const MAGIC: u32 = 0x31444c46;
/** Version of the memory layout; `abiVersion()` returns it. It changes when a reader of the old layout would misread. */
export const LAYOUT_VERSION: u32 = 1;

/** The call that is under way; kept in the header so that a host that died inside one is found out. */
export enum Call {
  NONE = 0,
  RESET = 1,
  CONFIGURE = 2,
  TICK = 3,
  SCRUB = 4,
}

/** Why `configure` or `attach` refused, beside the table, row and field in the header. */
export enum ErrorCode {
  NONE = 0,
  /** The memory holds no array of this product. */
  BAD_MAGIC = 1,
  /** Another version of the layout. */
  BAD_VERSION = 2,
  /** The same version, but other rows or fields. */
  BAD_LAYOUT = 3,
  /** Another profile, or another size of the memory. */
  BAD_PROFILE = 4,
  /** The host died inside a call: the tables may be half written. */
  CALL_UNDER_WAY = 5,
  /** A state or configuration row whose check word is wrong. */
  BROKEN_SEAL = 6,
  /** A header word outside its range. */
  BAD_HEADER = 7,
  /** A field outside its range. */
  OUT_OF_RANGE = 8,
  /** Rows are not in ascending order of id, or an id stands twice. */
  NOT_ASCENDING = 9,
  /** An index that points to no configured row. */
  NO_SUCH_ROW = 10,
  /** More rows than the table holds, or no free row until the host confirms the generation. */
  TABLE_FULL = 11,
  /** Two fields that exclude each other. */
  CONFLICT = 12,
  /** A reserved field that is not zero. */
  NOT_ZERO = 13,
  /** A latched row whose sequence word is odd: its writer died in it. */
  HALF_WRITTEN_ROW = 14,
  /** Rows of a policy that this module was built without. */
  LEFT_OUT = 15,
}

/** The header row at address 0. */
@unmanaged
@table("header", "header", 1)
export class Header {
  /** `MAGIC`; written last by `reset`. */
  @field("constant") magic: u32;
  /** `LAYOUT_VERSION`. */
  @field("constant") layoutVersion: u32;
  /** Hash of all row classes, roles and capacities, low word. */
  @field("constant") layoutHashLow: u32;
  /** The same hash, high word. */
  @field("constant") layoutHashHigh: u32;
  /** 0 small, 1 standard, 2 large. */
  @field("constant") profile: u32;
  /** Bytes of the whole memory. */
  @field("bytes") memoryBytes: u32;
  /** Address of the directory: one 24-byte entry a table. */
  @field("address") directoryAddress: u32;
  /** Entries of the directory. */
  @field("count") tableCount: u32;
  /** The under-way flag: the call that is writing, or 0 between calls. */
  @field("enum", "Call") callUnderWay: u32;
  /** 1 while decisions are held back because the ring is full. */
  @field("boolean") ringFull: u32;
  /** Decisions written since `reset`; the next goes to slot `ringHead & (DECISION_MAX - 1)`. */
  @field("sequence") ringHead: u32;
  /** Decisions that the host has taken; the only header word that the host writes. */
  @field("sequence") ringTail: u32;
  /** Module time: milliseconds that the module has seen pass, never backwards. */
  @field("time") nowMs: u64;
  /** Host time of the latest tick. */
  @field("hostTime") hostMs: u64;
  /** Earliest deadline of all tables; a tick before it, with no changed bit set, does nothing. */
  @field("time") nextDeadlineMs: u64;
  /** Incarnation of the host that the latest decision was made for. */
  @field("count") incarnation: u32;
  /** Sequence number of the latest decision in this incarnation. */
  @field("sequence") sequence: u32;
  /** Generation of the configuration in force; 0 before the first. */
  @field("generation") generation: u32;
  /** Ticks since `reset` that had something to do. */
  @field("counter") busyTicks: u32;
  /** `ErrorCode` of the latest refusal. */
  @field("enum", "ErrorCode") errorCode: u32;
  /** Table that the refusal names, by its number in the directory. */
  @field("count") errorTable: u32;
  /** Row that the refusal names. */
  @field("count") errorRow: u32;
  /** Byte offset of the field that the refusal names. */
  @field("bytes") errorField: u32;
  /** Torn rows that were left for a later tick. */
  @field("counter") tornRows: u32;
  /** Counters that went round at 2^32. */
  @field("counter") counterWraps: u32;
  /** Counters that began anew. */
  @field("counter") counterResets: u32;
  /** Counters that stood still while others of their port moved. */
  @field("counter") counterStuck: u32;
  /** Input rows and outcomes of another generation or incarnation, dropped. */
  @field("counter") droppedRows: u32;
  /** State rows found with a wrong check word. */
  @field("counter") brokenSeals: u32;
  /** Header words, bitmaps and cursors that `scrub` or a tick put right. */
  @field("counter") repairedWords: u32;
  /** Times that the module's clock was held back because the host's jumped. */
  @field("counter") clockGaps: u32;
  /** Where `scrub` goes on. */
  @field("count") scrubTable: u32;
  /** Where `scrub` goes on, within the table. */
  @field("count") scrubRow: u32;
  /** Until then nothing is moved: detectors are starting. */
  @field("time") graceUntilMs: u64;
  /** Until then silence is the observer's own fault: nothing is moved for it. */
  @field("time") panicUntilMs: u64;

  @inline static get(): Header {
    return changetype<Header>(0);
  }
}

/** Bytes kept for the header, so that what follows stays where it is when it grows. */
export const HEADER_BYTES: u32 = 256;
/** Most tables of a directory, staged ones counted apart. */
export const TABLE_MAX: u32 = 128;
/** One changed-summary word a table: bit `s` stands for an equal share of the table's leaf words. */
export const CHANGED_SUMMARIES_ADDRESS: u32 = HEADER_BYTES;
/** One deadline a table: the earliest of its blocks. */
export const TABLE_DEADLINES_ADDRESS: u32 = CHANGED_SUMMARIES_ADDRESS + TABLE_MAX * 4;
/** The only place that a data segment fills; the directory is its first part. The same place in every layout. */
export const CONSTANTS_ADDRESS: u32 = TABLE_DEADLINES_ADDRESS + TABLE_MAX * 8;
export const CONSTANTS_BYTES: u32 = 5120;
/** Tables begin here, each aligned to 64 bytes; their places follow from the row classes. */
export const TABLES_ADDRESS: u32 = CONSTANTS_ADDRESS + CONSTANTS_BYTES;

if (offsetof<Header>() > HEADER_BYTES) ERROR("the header is larger than its place");
if (TABLES_ADDRESS % 64 != 0) ERROR("tables are aligned to 64 bytes");
