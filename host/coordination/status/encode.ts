/** A status into datagrams: records are laid one after another, and a part that is full is followed by another. */

import { DATAGRAM_BYTES_MAX } from "../transport.js";
import type { HeldRange, OwnStatus, RegistrationWords, UnitWords } from "./status.js";
import {
  At,
  Body,
  CODE_BYTES,
  FLAG_REACHES_LEASE_SERVICE,
  HEADER_BYTES,
  Kind,
  MAGIC,
  PART_MAX,
  RECORD_HEAD_BYTES,
  VERSION,
} from "./wire.js";

/** What the channel adds to a status. */
export interface Sending {
  /** Id of the sender. */
  sender: number;
  boot: number;
  sequence: number;
  /** Bitmap of controllers that are heard, by place. */
  hears: Uint32Array;
  /** Ids of the controllers heard, and their boot counts. */
  echoes: readonly { id: number; boot: number }[];
}

/** Records of one part end here: the code follows. */
const RECORDS_END = DATAGRAM_BYTES_MAX - CODE_BYTES;
const TWO_TO_32 = 2 ** 32;

interface Part {
  bytes: Uint8Array;
  view: DataView;
  /** Bytes written, without the code. */
  length: number;
}

/** Encodes into buffers that are used again for each message. */
export class StatusEncoder {
  private readonly buffers: Part[] = [];
  private used = 0;

  /**
   * The parts of a message without their codes: `sign` puts those in place. Valid until the next call.
   * @throws RangeError for more than 32 parts: `validate` refuses such an array.
   */
  encode(status: OwnStatus, sending: Sending): Uint8Array[] {
    this.used = 0;
    this.begin();
    this.echoes(sending);
    for (const epoch of status.epochs) {
      const at = this.record(Kind.EPOCH, Body.EPOCH);
      this.part.view.setUint8(at, epoch.kind);
      this.u16(at + 2, epoch.subject);
      this.u32(at + 4, epoch.epoch % TWO_TO_32);
      this.u32(at + 8, Math.floor(epoch.epoch / TWO_TO_32));
    }
    this.ports(status);
    for (const units of status.units) this.units(units);
    for (const range of status.held) this.held(range);
    for (const words of status.registrations) this.registrations(words);
    return this.end(status, sending);
  }

  private get part(): Part {
    return this.buffers[this.used - 1] as Part;
  }

  private begin(): void {
    if (this.used === PART_MAX) throw new RangeError(`a status message of more than ${PART_MAX} parts`);
    if (this.buffers.length === this.used) {
      const bytes = new Uint8Array(DATAGRAM_BYTES_MAX);
      this.buffers.push({ bytes, view: new DataView(bytes.buffer), length: 0 });
    }
    this.used++;
    this.part.length = HEADER_BYTES;
    this.part.bytes.fill(0);
  }

  /** Room for a record's body, in this part or a new one; its offset. Bytes are zero until they are set. */
  private record(kind: number, bodyBytes: number): number {
    if (this.part.length + RECORD_HEAD_BYTES + bodyBytes > RECORDS_END) this.begin();
    const { view, length } = this.part;
    view.setUint8(length, kind);
    view.setUint16(length + 2, bodyBytes, true);
    this.part.length = length + RECORD_HEAD_BYTES + bodyBytes;
    return length + RECORD_HEAD_BYTES;
  }

  /** How many elements of a list, of so many bytes each, fit behind a record's `fixed` bytes; at least one, if need be in a new part. */
  private room(fixed: number, each: number): number {
    const left = () => Math.floor((RECORDS_END - this.part.length - RECORD_HEAD_BYTES - fixed) / each);
    if (left() < 1) this.begin();
    return left();
  }

  private u16(at: number, value: number): void {
    this.part.view.setUint16(at, value, true);
  }

  private u32(at: number, value: number): void {
    this.part.view.setUint32(at, value, true);
  }

  private echoes({ echoes }: Sending): void {
    if (echoes.length === 0) return;
    const at = this.record(Kind.ECHO, Body.ECHO_EACH * echoes.length);
    for (const [index, echo] of echoes.entries()) {
      this.u32(at + Body.ECHO_EACH * index, echo.id);
      this.u32(at + Body.ECHO_EACH * index + 4, echo.boot);
    }
  }

  private ports(status: OwnStatus): void {
    for (const port of status.networkPorts) {
      const at = this.record(Kind.NETWORK_PORT, Body.NETWORK_PORT);
      this.u16(at, port.place);
      this.part.view.setUint8(at + 2, port.link);
      this.u16(at + 4, port.errors);
    }
    for (const port of status.targetPorts) {
      const at = this.record(Kind.TARGET_PORT, Body.TARGET_PORT);
      this.u16(at, port.place);
      this.part.view.setUint8(at + 2, port.link);
      this.u16(at + 4, port.loadPermille);
      this.u16(at + 6, port.plannedPermille);
    }
  }

  /** A range that doesn't fit is cut, so that each record speaks of a range of its own. */
  private held(range: HeldRange): void {
    let first = range.first;
    for (let index = 0; ; ) {
      const count = Math.min(range.held.length - index, this.room(Body.HELD, Body.HELD_EACH));
      const next = range.held[index + count];
      const last = next === undefined ? range.last : next.interface - 1;
      const at = this.record(Kind.HELD, Body.HELD + Body.HELD_EACH * count);
      this.u16(at, first);
      this.u16(at + 2, last);
      for (let each = 0; each < count; each++) {
        const place = at + Body.HELD + Body.HELD_EACH * each;
        const address = range.held[index + each];
        this.u16(place, address?.interface ?? 0);
        this.u16(place + 2, address?.port ?? 0);
      }
      if (next === undefined) return;
      first = last + 1;
      index += count;
    }
  }

  private registrations({ port, first, words }: RegistrationWords): void {
    for (let index = 0; index < words.length; ) {
      const count = Math.min(words.length - index, this.room(Body.REGISTRATIONS, 4));
      const at = this.record(Kind.REGISTRATIONS, Body.REGISTRATIONS + 4 * count);
      this.u16(at, port);
      this.u16(at + 2, first + 32 * index);
      this.words(at + Body.REGISTRATIONS, words, index, count);
      index += count;
    }
  }

  private units({ first, words }: UnitWords): void {
    for (let index = 0; index < words.length; ) {
      const count = Math.min(words.length - index, this.room(Body.UNITS, 4));
      const at = this.record(Kind.UNITS, Body.UNITS + 4 * count);
      this.u16(at, first + 32 * index);
      this.words(at + Body.UNITS, words, index, count);
      index += count;
    }
  }

  private words(at: number, words: ArrayLike<number>, index: number, count: number): void {
    for (let each = 0; each < count; each++) this.u32(at + 4 * each, words[index + each] ?? 0);
  }

  private end(status: OwnStatus, sending: Sending): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let number = 0; number < this.used; number++) {
      const part = this.buffers[number] as Part;
      const bytes = part.length + CODE_BYTES;
      writeHeader(part.view, status, sending);
      part.view.setUint8(At.PART, number);
      part.view.setUint8(At.PARTS, this.used);
      part.view.setUint16(At.BYTES, bytes, true);
      parts.push(part.bytes.subarray(0, bytes));
    }
    return parts;
  }
}

function writeHeader(view: DataView, status: OwnStatus, sending: Sending): void {
  view.setUint32(At.MAGIC, MAGIC, true);
  view.setUint8(At.VERSION, VERSION);
  view.setUint32(At.SENDER, sending.sender, true);
  view.setUint32(At.BOOT, sending.boot, true);
  view.setUint32(At.SEQUENCE, sending.sequence % TWO_TO_32, true);
  view.setUint32(At.SEQUENCE + 4, Math.floor(sending.sequence / TWO_TO_32), true);
  view.setUint32(At.CONFIGURATION, status.configuration, true);
  view.setUint16(At.FLAGS, status.reachesLeaseService ? FLAG_REACHES_LEASE_SERVICE : 0, true);
  view.setUint16(At.SELF_TESTS, status.selfTests, true);
  view.setUint16(At.PENALTY, Math.min(status.penalty, 0xffff), true);
  view.setUint16(At.ROLE, status.role, true);
  view.setUint32(At.HOLDS_BACK, status.holdsBackMs, true);
  view.setUint32(At.CARRIED, status.carried, true);
  for (const [word, bits] of sending.hears.entries()) view.setUint32(At.HEARS + 4 * word, bits, true);
}
