import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SecureStream, StreamRefused } from "../../../../host/coordination/commands/secure-stream.js";

const KEY = new Uint8Array(32).fill(7);

interface End {
  stream: SecureStream;
  /** What it has sent and the test has not carried yet. */
  out: Buffer[];
  heard: string[];
  opened: string[];
}

interface EndOptions {
  key?: Uint8Array;
  self?: string;
  calls?: string;
  admits?: (name: string) => boolean;
}

function end({ key = KEY, self = "b", calls, admits = () => true }: EndOptions): End {
  const made: Omit<End, "stream"> = { out: [], heard: [], opened: [] };
  const stream = new SecureStream({
    key,
    self,
    calls,
    admits,
    send: (bytes) => void made.out.push(Buffer.from(bytes)),
    opened: (peer) => void made.opened.push(peer),
    payload: (bytes) => void made.heard.push(bytes.toString()),
  });
  return { stream, ...made };
}

function carry(from: End, to: End): Buffer[] {
  const bytes = from.out.splice(0);
  for (const each of bytes) to.stream.receive(each);
  return bytes;
}

/** Carries all there is, and keeps what went each way. */
function shake(caller: End, called: End): { toCalled: Buffer[]; toCaller: Buffer[] } {
  const toCalled = carry(caller, called);
  const toCaller = carry(called, caller);
  return { toCalled: [...toCalled, ...carry(caller, called)], toCaller };
}

function pair(): [End, End] {
  const [caller, called] = [end({ self: "a", calls: "b" }), end({})];
  shake(caller, called);
  return [caller, called];
}

const text = (words: string) => Buffer.from(words);

describe("an authenticated stream", () => {
  it("carries payloads both ways once both have proved who they are", () => {
    const [caller, called] = pair();
    assert.deepEqual([caller.opened, called.opened], [["b"], ["a"]]);
    caller.stream.write(text("one"));
    caller.stream.write(text(""));
    called.stream.write(text("two"));
    carry(caller, called);
    carry(called, caller);
    assert.deepEqual([called.heard, caller.heard], [["one", ""], ["two"]]);
  });

  it("takes bytes as they come, one by one or many frames in one", () => {
    const [caller, called] = [end({ self: "a", calls: "b" }), end({})];
    const trickle = (from: End, to: End) => {
      for (const byte of Buffer.concat(from.out.splice(0))) to.stream.receive(Buffer.of(byte));
    };
    trickle(caller, called);
    trickle(called, caller);
    trickle(caller, called);
    caller.stream.write(text("x".repeat(70_000)));
    caller.stream.write(text("y"));
    called.stream.receive(Buffer.concat(caller.out));
    assert.deepEqual(called.heard, ["x".repeat(70_000), "y"]);
  });

  it("refuses another key, on either side, before any payload", () => {
    const other = new Uint8Array(32).fill(8);
    const [caller, called] = [end({ self: "a", calls: "b", key: other }), end({})];
    carry(caller, called);
    assert.throws(() => carry(called, caller), StreamRefused);
    // The called one, too, when the caller goes on as if nothing was.
    const guess = end({});
    guess.stream.receive(end({ self: "a", calls: "b" }).out[0] as Buffer);
    assert.throws(() => guess.stream.receive(Buffer.alloc(32)), /another key/);
    assert.deepEqual(guess.opened, []);
  });

  it("refuses strangers, and calls that are for another", () => {
    const stranger = end({ self: "x", calls: "b" });
    assert.throws(() => carry(stranger, end({ admits: (name) => name === "a" })), /unknown caller "x"/);
    assert.throws(() => carry(end({ self: "a", calls: "c" }), end({})), /called for "c"/);
    assert.throws(() => end({}).stream.receive(text("GET / HTTP/1.1\r\n\r\n")), /another protocol/);
  });

  it("refuses what was recorded of an earlier connection", () => {
    const [caller, called] = [end({ self: "a", calls: "b" }), end({})];
    const { toCalled } = shake(caller, called);
    const again = end({});
    again.stream.receive(toCalled[0] as Buffer);
    assert.throws(() => again.stream.receive(toCalled[1] as Buffer), StreamRefused);
    assert.deepEqual(again.opened, []);
  });

  it("refuses its own proof and its own frames sent back", () => {
    const caller = end({ self: "a", calls: "a" });
    const called = end({ self: "a" });
    carry(caller, called);
    const proof = called.out[0] as Buffer;
    assert.throws(() => called.stream.receive(proof.subarray(32)), StreamRefused);
    const [one, other] = pair();
    one.stream.write(text("x"));
    assert.throws(() => one.stream.receive(one.out[0] as Buffer), /not as it was sent/);
    assert.deepEqual(other.heard, []);
  });

  for (const [what, harm] of [
    ["changed", ([first]: Buffer[]) => [flipped(first as Buffer)]],
    ["doubled", ([first]: Buffer[]) => [first as Buffer, first as Buffer]],
    ["left out", (frames: Buffer[]) => frames.slice(1)],
    ["put in another order", (frames: Buffer[]) => frames.reverse()],
  ] as const) {
    it(`notices a frame that is ${what}`, () => {
      const [caller, called] = pair();
      caller.stream.write(text("one"));
      caller.stream.write(text("two"));
      assert.throws(() => {
        for (const bytes of harm(caller.out)) called.stream.receive(bytes);
      }, /not as it was sent/);
    });
  }

  it("does not wait for a frame that is too long", () => {
    const [, called] = pair();
    assert.throws(() => called.stream.receive(Buffer.from([255, 255, 255, 255])), /a frame of/);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[5] = (copy[5] as number) ^ 1;
  return copy;
}
