/** A datagram into what it says. Nothing here throws: bytes that aren't as described are refused whole. */

import { LinkState, ScopeKind } from "../../shim/generated/layout.js";
import { DATAGRAM_BYTES_MAX, LINK_MAX } from "../transport.js";
import { emptyRecords, HEARS_WORDS, type HeldAddress, type StatusFacts, type StatusRecords } from "./status.js";
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
  SEQUENCE_HIGH_MAX,
  type Sizes,
  VERSION,
} from "./wire.js";

/** What can be told of a datagram before its code was checked. */
export interface Envelope {
  link: number;
  part: number;
  parts: number;
  sender: number;
  boot: number;
  sequence: number;
}

/** What a datagram says. */
export interface DecodedStatus extends StatusFacts, StatusRecords {
  hears: Uint32Array;
  sameConfiguration: boolean;
  /** Ids of controllers that the sender hears, and their boot counts. */
  echoes: Map<number, number>;
}

const TWO_TO_32 = 2 ** 32;

/** Reads the fixed header's envelope. */
export function readEnvelope(bytes: Uint8Array): Envelope | "malformed" | "otherVersion" {
  if (bytes.length < HEADER_BYTES + CODE_BYTES || bytes.length > DATAGRAM_BYTES_MAX) return "malformed";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(At.MAGIC, true) !== MAGIC) return "malformed";
  if (view.getUint8(At.VERSION) !== VERSION) return "otherVersion";
  const envelope: Envelope = {
    link: view.getUint8(At.LINK),
    part: view.getUint8(At.PART),
    parts: view.getUint8(At.PARTS),
    sender: view.getUint32(At.SENDER, true),
    boot: view.getUint32(At.BOOT, true),
    sequence: view.getUint32(At.SEQUENCE, true) + view.getUint32(At.SEQUENCE + 4, true) * TWO_TO_32,
  };
  const numbered = envelope.parts <= PART_MAX && envelope.part < envelope.parts && envelope.link < LINK_MAX;
  const counted = envelope.boot > 0 && envelope.sequence > 0;
  const exact = view.getUint32(At.SEQUENCE + 4, true) <= SEQUENCE_HIGH_MAX;
  const whole = view.getUint16(At.BYTES, true) === bytes.length && view.getUint16(At.ZERO, true) === 0;
  return numbered && counted && exact && whole ? envelope : "malformed";
}

/** Reads a datagram whose envelope and code are right; undefined where its records aren't as described. */
export function readStatus(bytes: Uint8Array, configuration: number, sizes: Sizes): DecodedStatus | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength - CODE_BYTES);
  const flags = view.getUint16(At.FLAGS, true);
  if ((flags & ~FLAG_REACHES_LEASE_SERVICE) !== 0) return undefined;
  const sent = view.getUint32(At.CONFIGURATION, true);
  const status: DecodedStatus = {
    configuration: sent,
    sameConfiguration: sent === configuration,
    reachesLeaseService: (flags & FLAG_REACHES_LEASE_SERVICE) !== 0,
    selfTests: view.getUint16(At.SELF_TESTS, true),
    penalty: view.getUint16(At.PENALTY, true),
    role: view.getUint16(At.ROLE, true),
    holdsBackMs: view.getUint32(At.HOLDS_BACK, true),
    carried: view.getUint32(At.CARRIED, true),
    hears: readWords(view, At.HEARS, HEARS_WORDS),
    echoes: new Map(),
    ...emptyRecords(),
  };
  return readRecords(view, status, sizes) ? status : undefined;
}

function readRecords(view: DataView, status: DecodedStatus, sizes: Sizes): boolean {
  let at = HEADER_BYTES;
  while (at < view.byteLength) {
    if (at + RECORD_HEAD_BYTES > view.byteLength) return false;
    const kind = view.getUint8(at);
    const bytes = view.getUint16(at + 2, true);
    const body = at + RECORD_HEAD_BYTES;
    if (view.getUint8(at + 1) !== 0 || bytes % 4 !== 0 || body + bytes > view.byteLength) return false;
    if (!readRecord(kind, new DataView(view.buffer, view.byteOffset + body, bytes), status, sizes)) return false;
    at = body + bytes;
  }
  return true;
}

function readRecord(kind: number, body: DataView, status: DecodedStatus, sizes: Sizes): boolean {
  if (kind === Kind.ECHO) return readEchoes(body, status);
  // What is told by places of another configuration may mean other things here.
  if (!status.sameConfiguration) return true;
  switch (kind) {
    case Kind.NETWORK_PORT:
      return readNetworkPort(body, status, sizes);
    case Kind.HELD:
      return readHeld(body, status, sizes);
    case Kind.TARGET_PORT:
      return readTargetPort(body, status, sizes);
    case Kind.REGISTRATIONS:
      return readRegistrations(body, status, sizes);
    case Kind.UNITS:
      return readUnits(body, status, sizes);
    case Kind.EPOCH:
      return readEpoch(body, status);
    default:
      return true; // of a later minor change
  }
}

function readWords(view: DataView, at: number, count: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let word = 0; word < count; word++) words[word] = view.getUint32(at + 4 * word, true);
  return words;
}

function readEchoes(body: DataView, { echoes }: DecodedStatus): boolean {
  if (body.byteLength % Body.ECHO_EACH !== 0) return false;
  for (let at = 0; at < body.byteLength; at += Body.ECHO_EACH) {
    echoes.set(body.getUint32(at, true), body.getUint32(at + 4, true));
  }
  return true;
}

function isLink(link: number): boolean {
  return link <= LinkState.DOWN;
}

function readNetworkPort(body: DataView, { networkPorts }: DecodedStatus, sizes: Sizes): boolean {
  if (body.byteLength !== Body.NETWORK_PORT) return false;
  const place = body.getUint16(0, true);
  const link = body.getUint8(2);
  if (place >= sizes.networkPorts || !isLink(link) || body.getUint8(3) !== 0 || body.getUint16(6, true) !== 0) {
    return false;
  }
  networkPorts.push({ place, link, errors: body.getUint16(4, true) });
  return true;
}

/** Interfaces are named in ascending order, each within the range. */
function readHeld(body: DataView, status: DecodedStatus, sizes: Sizes): boolean {
  if (body.byteLength < Body.HELD) return false;
  const first = body.getUint16(0, true);
  const last = body.getUint16(2, true);
  if (first > last || last >= sizes.interfaces) return false;
  const held: HeldAddress[] = [];
  let least = first;
  for (let at = Body.HELD; at < body.byteLength; at += Body.HELD_EACH) {
    const address = { interface: body.getUint16(at, true), port: body.getUint16(at + 2, true) };
    if (address.interface < least || address.interface > last || address.port >= sizes.networkPorts) return false;
    least = address.interface + 1;
    held.push(address);
  }
  status.held.push({ first, last, held });
  return true;
}

function readTargetPort(body: DataView, { targetPorts }: DecodedStatus, sizes: Sizes): boolean {
  if (body.byteLength !== Body.TARGET_PORT) return false;
  const place = body.getUint16(0, true);
  const link = body.getUint8(2);
  if (place >= sizes.targetPorts || !isLink(link) || body.getUint8(3) !== 0) return false;
  const loadPermille = body.getUint16(4, true);
  targetPorts.push({ place, link, loadPermille, plannedPermille: body.getUint16(6, true) });
  return true;
}

function readRegistrations(body: DataView, { registrations }: DecodedStatus, sizes: Sizes): boolean {
  const words = bitmapWords(body, Body.REGISTRATIONS, sizes.targets);
  const port = words === undefined ? sizes.targetPorts : body.getUint16(0, true);
  if (words === undefined || port >= sizes.targetPorts) return false;
  registrations.push({ port, first: body.getUint16(2, true), words });
  return true;
}

function readUnits(body: DataView, { units }: DecodedStatus, sizes: Sizes): boolean {
  if (body.byteLength < Body.UNITS || body.getUint16(2, true) !== 0) return false;
  const first = body.getUint16(0, true);
  const words = readBitmap(body, Body.UNITS, first, sizes.units);
  if (words === undefined) return false;
  units.push({ first, words });
  return true;
}

function bitmapWords(body: DataView, fixed: number, count: number): Uint32Array | undefined {
  return body.byteLength < fixed ? undefined : readBitmap(body, fixed, body.getUint16(2, true), count);
}

/** A bitmap whose first bit is thing `first` of `count`, with no bit beyond them. */
function readBitmap(body: DataView, fixed: number, first: number, count: number): Uint32Array | undefined {
  const words = readWords(body, fixed, (body.byteLength - fixed) / 4);
  if (first % 32 !== 0 || words.length === 0 || first + 32 * (words.length - 1) >= count) return undefined;
  const beyond = first + 32 * words.length - count;
  const lastWord = words[words.length - 1] as number;
  return beyond > 0 && lastWord >>> (32 - beyond) !== 0 ? undefined : words;
}

function readEpoch(body: DataView, { epochs }: DecodedStatus): boolean {
  if (body.byteLength !== Body.EPOCH) return false;
  const kind = body.getUint8(0);
  const high = body.getUint32(8, true);
  if (kind === ScopeKind.NONE || kind > ScopeKind.TRANSFERS || body.getUint8(1) !== 0) return false;
  if (high > SEQUENCE_HIGH_MAX) return false;
  epochs.push({ kind, subject: body.getUint16(2, true), epoch: body.getUint32(4, true) + high * TWO_TO_32 });
  return true;
}
