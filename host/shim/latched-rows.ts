/**
 * Rows under a sequence word: how counters and heartbeats cross from writer threads.
 *
 * A writer makes the sequence word odd, stores the row, makes it even again, and only then sets the changed bits. A
 * reader that sees the same even word before and after its copy has a whole row. Every word goes through `Atomics`,
 * so that neither compiler nor processor can move a store out from between the two steps of the sequence word.
 */

import { layouts, type ProfileName, type TableLayout } from "./generated/layout.js";

/**
 * Where a table of latched rows stands. It can be posted to a worker thread. In the plain build it is the mailbox of
 * the shim; in the shared build the module's own memory. All addresses are bytes.
 */
export interface LatchedTable {
  buffer: SharedArrayBuffer;
  /** Kebab-case name of the table, and the profile that gives its fields. */
  name: string;
  profile: ProfileName;
  rowsAddress: number;
  rowBytes: number;
  capacity: number;
  /** One bit a row. */
  leafAddress: number;
  /** Leaf words that share a bit of the summary word: 1 << leafShift. */
  leafShift: number;
  summaryAddress: number;
}

/** The layout of a table by its name. @throws Error for a name that the profile has not. */
export function tableLayout(profile: ProfileName, name: string): TableLayout {
  const table = layouts[profile].tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name} in profile ${profile}`);
  return table;
}

/** Word of a field within its row. @throws Error for a field that the table has not. */
export function fieldWord(table: TableLayout, name: string): number {
  const field = table.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`no field ${name} in table ${table.name}`);
  return field.offset >> 2;
}

const TWO_TO_32 = 2 ** 32;

/** The protocol of one row: begin, put words, end. One writer a row at a time; any number of writers a table. */
export class RowWriter {
  protected readonly words: Int32Array;
  private readonly rowWords: number;

  constructor(protected readonly table: LatchedTable) {
    this.words = new Int32Array(table.buffer);
    this.rowWords = table.rowBytes >> 2;
  }

  /** Makes the row's sequence word odd; returns the word index of the row. */
  protected begin(row: number): number {
    const at = (this.table.rowsAddress >> 2) + row * this.rowWords;
    Atomics.add(this.words, at, 1);
    return at;
  }

  protected put(word: number, value: number): void {
    Atomics.store(this.words, word, value | 0);
  }

  /** Stores an element of an array as one word. */
  protected putFrom(word: number, values: Float64Array, index: number): void {
    Atomics.store(this.words, word, (values[index] as number) | 0);
  }

  /** Stores an element of an array, an integer of up to 2^53, as two words. */
  protected putLongFrom(word: number, values: Float64Array, index: number): void {
    const value = values[index] as number;
    Atomics.store(this.words, word, value | 0);
    Atomics.store(this.words, word + 1, (value / TWO_TO_32) | 0);
  }

  /** Makes the sequence word even, then sets the leaf bit, then the summary bit. */
  protected end(row: number, at: number): void {
    Atomics.add(this.words, at, 1);
    markRow(this.words, this.table, row);
  }
}

/** Sets a row's leaf bit, then its summary bit. */
export function markRow(words: Int32Array, table: LatchedTable, row: number): void {
  const leaf = row >> 5;
  Atomics.or(words, (table.leafAddress >> 2) + leaf, 1 << (row & 31));
  Atomics.or(words, table.summaryAddress >> 2, 1 << (leaf >> table.leafShift));
}

/** What a status message says of a member: fields of `heartbeat`. The caller may use one object for all. */
export interface HeartbeatFields {
  /** Heartbeats sent by the member since its start: one that doesn't change is no sign of life. */
  beat: number;
  bootCount: number;
  /** `SelfTest` bits of the tests that passed. */
  selfTests: number;
  /** Of a processor: `WebServerKind | ProcessorRole << 8`. */
  role: number;
  /** Digest of its configuration. */
  configuration: number;
  /** Members of its kind that it hears: bit `n` of the 128 is the `n`th row of the kind. */
  hears0: number;
  hears1: number;
  hears2: number;
  hears3: number;
  /** Sum of the weights of its tracked inputs that are down. */
  penalty: number;
  /** `MemberReport` bits. */
  flags: number;
  /** What it carries. */
  carried: number;
}

/** Writes rows of `heartbeat`; for any thread. */
export class HeartbeatWriter extends RowWriter {
  private readonly generationWord: number;
  private readonly beatWord: number;
  private readonly bootCountWord: number;
  private readonly selfTestsWord: number;
  private readonly configurationWord: number;
  private readonly hearsWord: number;
  private readonly penaltyWord: number;
  private readonly carriedWord: number;

  constructor(table: LatchedTable) {
    super(table);
    const layout = tableLayout(table.profile, table.name);
    const wordOf = (name: string) => fieldWord(layout, name);
    this.generationWord = wordOf("generation");
    this.beatWord = wordOf("beat");
    this.bootCountWord = wordOf("bootCount");
    this.selfTestsWord = wordOf("selfTests");
    this.configurationWord = wordOf("configuration");
    this.hearsWord = wordOf("hears0");
    this.penaltyWord = wordOf("penalty");
    this.carriedWord = wordOf("carried");
  }

  /** One status message; allocates nothing. `generation`: of the member's row in force. */
  write(row: number, generation: number, heartbeat: HeartbeatFields): void {
    if (row < 0 || row >= this.table.capacity) throw new RangeError(`no row ${row} in ${this.table.name}`);
    const at = this.begin(row);
    this.put(at + this.generationWord, generation);
    this.put(at + this.beatWord, heartbeat.beat);
    this.put(at + this.bootCountWord, heartbeat.bootCount);
    this.put(at + this.selfTestsWord, heartbeat.selfTests | (heartbeat.role << 16));
    this.put(at + this.configurationWord, heartbeat.configuration);
    this.put(at + this.hearsWord, heartbeat.hears0);
    this.put(at + this.hearsWord + 1, heartbeat.hears1);
    this.put(at + this.hearsWord + 2, heartbeat.hears2);
    this.put(at + this.hearsWord + 3, heartbeat.hears3);
    this.put(at + this.penaltyWord, heartbeat.penalty | (heartbeat.flags << 16));
    this.put(at + this.carriedWord, heartbeat.carried);
    this.end(row, at);
  }
}

/** Writes rows of `target-port-counters`; for any thread. */
export class CountersWriter extends RowWriter {
  private readonly generationWord: number;
  private readonly sampledWord: number;
  private readonly queueWord: number;
  private readonly busyWord: number;
  private readonly bytesWord: number;
  private readonly operationsWord: number;
  private readonly sample = new Float64Array(5);

  constructor(table: LatchedTable) {
    super(table);
    const layout = tableLayout(table.profile, table.name);
    this.generationWord = fieldWord(layout, "generation");
    this.sampledWord = fieldWord(layout, "sampledMs");
    this.queueWord = fieldWord(layout, "queueDepth");
    this.busyWord = fieldWord(layout, "busyUs");
    this.bytesWord = fieldWord(layout, "bytes");
    this.operationsWord = fieldWord(layout, "operations");
  }

  /**
   * One sample of a port's counters; allocates nothing.
   * @param row row of the port in force
   * @param generation generation of that row; the module drops samples of another
   * @param sampledMs the host's monotonic milliseconds when the counters were read
   * @param busyUs microseconds of processor time, monotonic; likewise `bytes` and `operations`
   * @param queueDepth commands under way now
   */
  write(
    row: number,
    generation: number,
    sampledMs: number,
    busyUs: number,
    bytes: number,
    operations: number,
    queueDepth: number,
  ): void {
    // Large numbers are boxed where they are passed on: this body is small enough to become part of its caller, and
    // from here on they stand in an array.
    const sample = this.sample;
    sample[0] = sampledMs;
    sample[1] = queueDepth;
    sample[2] = busyUs;
    sample[3] = bytes;
    sample[4] = operations;
    this.writeSample(row, generation, sample);
  }

  /** As `write`, from an array: milliseconds, queue depth, busy microseconds, bytes, operations. */
  writeSample(row: number, generation: number, sample: Float64Array): void {
    if (row < 0 || row >= this.table.capacity) throw new RangeError(`no row ${row} in ${this.table.name}`);
    const at = this.begin(row);
    this.put(at + this.generationWord, generation);
    this.putFrom(at + this.sampledWord, sample, 0);
    this.putFrom(at + this.queueWord, sample, 1);
    this.putLongFrom(at + this.busyWord, sample, 2);
    this.putLongFrom(at + this.bytesWord, sample, 3);
    this.putLongFrom(at + this.operationsWord, sample, 4);
    this.end(row, at);
  }
}
