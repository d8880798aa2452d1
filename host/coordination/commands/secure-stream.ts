/**
 * An authenticated stream between two controllers that share a key: no bytes of it are secret, none can be made up,
 * changed, left out, doubled, sent back or sent again, on this connection or another.
 *
 *   caller   HELLO   version u8, length u8, own name, length u8, name of the called, nonce (32)
 *   called   PROOF   nonce (32), HMAC of the transcript under "called" (32)
 *   caller   PROOF   HMAC of the transcript under "caller" (32)
 *   both     FRAMES  length u32 (little-endian), payload, HMAC of (count of the frame u64, payload) under a key of
 *                    this direction of this connection (32)
 *
 * The transcript is the hello and the called one's nonce; both nonces are random, so nothing of an earlier connection
 * fits. The two proofs and the two directions have keys of their own, so nothing can be sent back to its maker.
 */

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

const VERSION = 1;
const NONCE_BYTES = 32;
const CODE_BYTES = 32;
const NAME_BYTES_MAX = 255;
const LENGTH_BYTES = 4;
/** Longest payload: a report of all that a controller of the large profile can hold. */
export const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;

/** The other side is not who it should be, or not of this protocol: the connection must be closed. */
export class StreamRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StreamRefused";
  }
}

export interface SecureStreamOptions {
  /** 32 bytes, made for this use. */
  key: Uint8Array;
  /** Own name. */
  self: string;
  /** Whom this side calls; undefined on the called side. */
  calls: string | undefined;
  /** Whether somebody of that name may call: asked on the called side. */
  admits(name: string): boolean;
  send(bytes: Uint8Array): void;
  /** The other side has proved who it is. */
  opened(peer: string): void;
  payload(bytes: Buffer): void;
}

export class SecureStream {
  private received = Buffer.alloc(0);
  private readonly nonce = randomBytes(NONCE_BYTES);
  private hello: Buffer | undefined;
  private peer = "";
  private transcript: Buffer | undefined;
  private state: "hello" | "proof" | "open" = "hello";
  private sendKey: Uint8Array = new Uint8Array();
  private receiveKey: Uint8Array = new Uint8Array();
  private sent = 0n;
  private taken = 0n;

  constructor(private readonly options: SecureStreamOptions) {
    const { calls, self } = options;
    if (calls === undefined) return;
    this.peer = calls;
    this.hello = Buffer.concat([Buffer.of(VERSION), named(self), named(calls), this.nonce]);
    this.state = "proof";
    options.send(this.hello);
  }

  get isOpen(): boolean {
    return this.state === "open";
  }

  /** Bytes of the other side. @throws StreamRefused */
  receive(bytes: Uint8Array): void {
    this.received = this.received.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.received, bytes]);
    while (this.step());
  }

  /** Sends one payload; only when open. */
  write(payload: Uint8Array): void {
    if (this.state !== "open") throw new Error("the stream is not open");
    if (payload.length > PAYLOAD_BYTES_MAX)
      throw new RangeError(`${payload.length} bytes: ${PAYLOAD_BYTES_MAX} at most`);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(payload.length);
    this.options.send(Buffer.concat([length, payload, codeOf(this.sendKey, this.sent++, payload)]));
  }

  /** @returns whether a whole part was taken, so that another may follow */
  private step(): boolean {
    if (this.state === "hello") return this.takeHello();
    if (this.state === "proof") return this.takeProof();
    return this.takeFrame();
  }

  private takeHello(): boolean {
    const bytes = this.received;
    if (bytes.length > 0 && bytes[0] !== VERSION) throw new StreamRefused("another protocol, or another version of it");
    const callerEnd = 2 + (bytes[1] ?? 0);
    const calledEnd = callerEnd + 1 + (bytes[callerEnd] ?? 0);
    const end = calledEnd + NONCE_BYTES;
    if (bytes.length < 2 || bytes.length <= callerEnd || bytes.length < end) return false;
    const caller = bytes.toString("utf8", 2, callerEnd);
    const called = bytes.toString("utf8", callerEnd + 1, calledEnd);
    if (called !== this.options.self) throw new StreamRefused(`called for ${printable(called)}`);
    if (!this.options.admits(caller)) throw new StreamRefused(`unknown caller ${printable(caller)}`);
    this.peer = caller;
    this.hello = this.take(end);
    const transcript = Buffer.concat([this.hello, this.nonce]);
    this.transcript = transcript;
    this.state = "proof";
    this.options.send(Buffer.concat([this.nonce, this.proof("called", transcript)]));
    return true;
  }

  private takeProof(): boolean {
    const calls = this.options.calls !== undefined;
    const needed = calls ? NONCE_BYTES + CODE_BYTES : CODE_BYTES;
    if (this.received.length < needed) return false;
    if (calls) this.transcript = Buffer.concat([this.hello as Buffer, this.take(NONCE_BYTES)]);
    const transcript = this.transcript as Buffer;
    const proof = this.take(CODE_BYTES);
    if (!timingSafeEqual(proof, this.proof(calls ? "called" : "caller", transcript))) {
      throw new StreamRefused(`${printable(this.peer)} has another key`);
    }
    if (calls) this.options.send(this.proof("caller", transcript));
    const keys = ["caller to called", "called to caller"].map((way) => derive(this.options.key, transcript, way));
    [this.sendKey, this.receiveKey] = (calls ? keys : keys.reverse()) as [Uint8Array, Uint8Array];
    this.state = "open";
    this.options.opened(this.peer);
    return true;
  }

  private takeFrame(): boolean {
    if (this.received.length < LENGTH_BYTES) return false;
    const length = this.received.readUInt32LE(0);
    if (length > PAYLOAD_BYTES_MAX) throw new StreamRefused(`a frame of ${length} bytes`);
    if (this.received.length < LENGTH_BYTES + length + CODE_BYTES) return false;
    const frame = this.take(LENGTH_BYTES + length + CODE_BYTES);
    const payload = frame.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    const code = frame.subarray(LENGTH_BYTES + length);
    if (!timingSafeEqual(code, codeOf(this.receiveKey, this.taken++, payload))) {
      throw new StreamRefused(`${printable(this.peer)}: a frame is not as it was sent`);
    }
    this.options.payload(payload);
    return true;
  }

  private take(bytes: number): Buffer {
    const taken = this.received.subarray(0, bytes);
    this.received = this.received.subarray(bytes);
    return taken;
  }

  private proof(side: "caller" | "called", transcript: Buffer): Buffer {
    return createHmac("sha256", derive(this.options.key, transcript, `${side} proves itself`)).digest();
  }
}

function named(name: string): Buffer {
  const bytes = Buffer.from(name, "utf8");
  if (bytes.length > NAME_BYTES_MAX) throw new RangeError(`${name}: ${NAME_BYTES_MAX} bytes at most`);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function derive(key: Uint8Array, transcript: Buffer, use: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, transcript, `fairlead command ${use}`, 32));
}

function codeOf(key: Uint8Array, count: bigint, payload: Uint8Array): Buffer {
  const counted = Buffer.alloc(8);
  counted.writeBigUInt64LE(count);
  return createHmac("sha256", key).update(counted).update(payload).digest();
}

/** A name of a stranger, for a log line. */
function printable(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}
