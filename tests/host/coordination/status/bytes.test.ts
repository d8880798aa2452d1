/** The bytes of a status message are those that the README beside `host/coordination/` describes. */

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { readEnvelope, readStatus } from "../../../../host/coordination/status/decode.js";
import { StatusEncoder } from "../../../../host/coordination/status/encode.js";
import { controllerId } from "../../../../host/coordination/status/identity.js";
import { partsMax } from "../../../../host/coordination/status/limits.js";
import { emptyStatus, type HeldAddress, type OwnStatus } from "../../../../host/coordination/status/status.js";
import { CONFIGURATION, fullStatus, KEY, SIZES, Stations } from "./support.js";

const SENDING = {
  sender: 0xa1b2c3d4,
  boot: 17,
  sequence: 2 ** 32 * 3 + 9,
  hears: new Uint32Array([5, 0, 0, 0x80000000]),
  echoes: [{ id: 0x01020304, boot: 6 }],
};

/** The parts' bytes with an empty code. */
function encoded(status: OwnStatus): Uint8Array[] {
  return new StatusEncoder().encode(status, SENDING).map((part) => Uint8Array.from(part));
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString("hex");
}

test("the header, field by field", () => {
  const [bytes] = encoded(fullStatus());
  assert.ok(bytes !== undefined);
  const fields: [number, number, string][] = [
    [0, 4, Buffer.from("FLSM").toString("hex")],
    [4, 1, "01"], // version
    [5, 1, "00"], // link
    [6, 1, "00"], // part
    [7, 1, "01"], // parts
    [8, 4, "d4c3b2a1"], // sender
    [12, 4, "11000000"], // boot count
    [16, 8, "0900000003000000"], // sequence
    [24, 4, "01eeffc0"], // configuration
    [28, 2, hex(new Uint8Array([bytes.length & 255, bytes.length >> 8]), 0, 2)],
    [30, 2, "0100"], // flags: reaches the lease service
    [32, 2, "2f00"], // self-tests
    [34, 2, "1400"], // penalty
    [36, 2, "0201"], // role: full web server, active
    [38, 2, "0000"],
    [40, 4, "29000000"], // holds back
    [44, 4, "02000000"], // carried
    [48, 16, "05000000000000000000000000000080"], // hears
  ];
  for (const [at, length, expected] of fields) assert.equal(hex(bytes, at, at + length), expected, `offset ${at}`);
  assert.equal(
    fields.reduce((sum, [, length]) => sum + length, 0),
    64,
  );
  const flags = encoded({ ...fullStatus(), reachesLeaseService: false })[0];
  assert.equal(hex(flags as Uint8Array, 30, 32), "0000");
});

test("the records, byte by byte", () => {
  const [bytes] = encoded(fullStatus());
  assert.ok(bytes !== undefined);
  const records = [
    "01000800" + "04030201" + "06000000", // ECHO
    "07000c00" + "02000100" + "05000000" + "01000000", // EPOCH
    "02000800" + "0300" + "01" + "00" + "f401" + "0000", // NETWORK_PORT
    "04000800" + "0500" + "02" + "00" + "8002" + "5000", // TARGET_PORT
    "06000c00" + "0000" + "0000" + "01000080" + "ff000000", // UNITS
    "03000c00" + "0000" + "5702" + "0400" + "0300" + "2c01" + "0b00", // HELD
    "05001400" + "0500" + "0000" + "01000000" + "02000000" + "03000000" + "0f000000", // REGISTRATIONS
  ];
  assert.equal(hex(bytes, 64, bytes.length - 32), records.join(""));
});

test("a sender's id is the start of the SHA-256 of its name", () => {
  assert.equal(controllerId("a"), createHash("sha256").update("a").digest().readUInt32LE(0));
});

test("the code is the HMAC-SHA-256 of all before it", () => {
  const stations = new Stations(["a", "b"]);
  let seen: Uint8Array | undefined;
  stations.at(1).transport.onDatagram((_, bytes) => {
    seen = Uint8Array.from(bytes);
  });
  stations.send(0, fullStatus());
  assert.ok(seen !== undefined);
  const code = createHmac("sha256", KEY).update(seen.subarray(0, -32)).digest("hex");
  assert.equal(hex(seen, seen.length - 32, seen.length), code);
});

test("what was encoded is read again", () => {
  const status = fullStatus();
  const [bytes] = encoded(status);
  assert.ok(bytes !== undefined);
  assert.deepEqual(readEnvelope(bytes), {
    link: 0,
    part: 0,
    parts: 1,
    sender: SENDING.sender,
    boot: 17,
    sequence: SENDING.sequence,
  });
  const read = readStatus(bytes, CONFIGURATION, SIZES);
  assert.ok(read !== undefined);
  const { hears, echoes, sameConfiguration, ...rest } = read;
  const plain = (words: { words: ArrayLike<number> }[]) =>
    words.map((each) => ({ ...each, words: [...Array.from(each.words)] }));
  assert.deepEqual({ ...rest, units: plain(rest.units), registrations: plain(rest.registrations) }, status);
  assert.deepEqual([...hears], [...SENDING.hears]);
  assert.deepEqual([...echoes], [[0x01020304, 6]]);
  assert.equal(sameConfiguration, true);
});

test("a message that is too long for a datagram is cut into parts, each whole in itself", () => {
  const held: HeldAddress[] = [];
  for (let place = 1; place < 600; place += 2) held.push({ interface: place, port: place % 12 });
  const status = { ...fullStatus(), held: [{ first: 0, last: 599, held }] };
  const parts = encoded(status);
  assert.ok(parts.length >= 2);
  const found = new Map<number, number>();
  let next = 0;
  for (const [number, bytes] of parts.entries()) {
    assert.ok(bytes.length <= 1232);
    const envelope = readEnvelope(bytes);
    assert.ok(typeof envelope === "object");
    assert.deepEqual([envelope.part, envelope.parts], [number, parts.length]);
    const read = readStatus(bytes, CONFIGURATION, SIZES);
    assert.ok(read !== undefined);
    assert.equal(read.penalty, 20, "each part carries the facts");
    for (const range of read.held) {
      assert.equal(range.first, next, "ranges follow one another");
      next = range.last + 1;
      for (const address of range.held) found.set(address.interface, address.port);
    }
  }
  assert.equal(next, 600);
  assert.deepEqual(
    [...found],
    held.map((address) => [address.interface, address.port]),
  );
});

test("registrations of many targets are cut at whole words", () => {
  const words = Array.from({ length: 700 }, (_, word) => word + 1);
  const status = { ...emptyStatus(CONFIGURATION), registrations: [{ port: 1, first: 0, words }] };
  const parts = encoded(status);
  const sizes = { ...SIZES, targets: 700 * 32 };
  const read = parts.flatMap((bytes) => readStatus(bytes, CONFIGURATION, sizes)?.registrations ?? []);
  assert.equal(read.length, parts.length);
  assert.deepEqual(
    read.flatMap((each) => [...Array.from(each.words)]),
    words,
  );
  let first = 0;
  for (const each of read) {
    assert.equal(each.first, first);
    first += 32 * each.words.length;
  }
});

test("of another configuration only the facts and echoes are read", () => {
  const [bytes] = encoded(fullStatus());
  const read = readStatus(bytes as Uint8Array, CONFIGURATION + 1, { ...SIZES, networkPorts: 1, targets: 1 });
  assert.ok(read !== undefined);
  assert.equal(read.sameConfiguration, false);
  const { networkPorts, targetPorts, held, registrations, units, epochs } = read;
  assert.deepEqual([networkPorts, targetPorts, held, registrations, units, epochs], [[], [], [], [], [], []]);
});

test("places beyond the configuration make a part malformed", () => {
  const [bytes] = encoded(fullStatus());
  for (const smaller of [
    { networkPorts: 3 },
    { interfaces: 599 },
    { targetPorts: 5 },
    { targets: 99 },
    { units: 32 },
  ]) {
    const beyond = readStatus(bytes as Uint8Array, CONFIGURATION, { ...SIZES, ...smaller });
    assert.equal(beyond, undefined, JSON.stringify(smaller));
  }
});

test("the published number of parts is never too low", () => {
  const contents = {
    controllers: 128,
    networkPorts: 8,
    interfaces: 600,
    targetPorts: 2,
    targets: 3200,
    units: 256,
    scopes: 6,
  };
  const { controllers, networkPorts, interfaces, targetPorts, targets, units, scopes } = contents;
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const status: OwnStatus = {
    ...emptyStatus(CONFIGURATION),
    epochs: times(scopes, (subject) => ({ kind: 2, subject, epoch: 1 })),
    networkPorts: times(networkPorts, (place) => ({ place, link: 1, errors: 0 })),
    targetPorts: times(targetPorts, (place) => ({ place, link: 1, loadPermille: 1, plannedPermille: 1 })),
    units: [{ first: 0, words: times(units / 32, () => 1) }],
    held: [{ first: 0, last: interfaces - 1, held: times(interfaces, (place) => ({ interface: place, port: 0 })) }],
    registrations: times(targetPorts, (port) => ({ port, first: 0, words: times(targets / 32, () => 1) })),
  };
  const echoes = times(controllers - 1, (id) => ({ id, boot: 1 }));
  const parts = new StatusEncoder().encode(status, { ...SENDING, echoes });
  assert.ok(parts.length <= partsMax(contents), `${parts.length} parts, ${partsMax(contents)} published`);
});
