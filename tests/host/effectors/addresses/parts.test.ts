import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseAddress } from "../../../../host/effectors/addresses/address.js";
import { prepareDevice } from "../../../../host/effectors/addresses/devices.js";
import { nftTime, nftTimePrinted } from "../../../../host/effectors/addresses/end-of-time.js";
import { announcement, FRAME_BYTES } from "../../../../host/effectors/addresses/frames.js";

const HARDWARE = "02:00:00:00:00:0a";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test("addresses are read as the kernel prints them", () => {
  assert.deepEqual(parseAddress("192.0.2.11/24"), {
    family: 4,
    text: "192.0.2.11",
    prefixLength: 24,
    bytes: Uint8Array.of(192, 0, 2, 11),
  });
  const six = parseAddress("2001:DB8:0::0011/64");
  assert.equal(six.text, "2001:db8::11");
  assert.equal(hex(six.bytes), "20010db8000000000000000000000011");
  assert.equal(hex(parseAddress("::/0").bytes), "0".repeat(32));
  assert.equal(hex(parseAddress("::ffff:192.0.2.1/128").bytes), "00000000000000000000ffffc0000201");
  assert.equal(hex(parseAddress("fd00:1:2:3:4:5:6:7/128").bytes), "fd000001000200030004000500060007");
});

test("what is no address with a prefix length is refused by its text", () => {
  for (const text of [
    "192.0.2.11",
    "192.0.2.11/33",
    "192.0.2.300/24",
    "2001:db8::1/129",
    "x/24",
    "192.0.2.1/24/1",
    "192.0.2.1/",
  ])
    assert.throws(() => parseAddress(text), new RegExp(`"${text.replaceAll(".", "\\.")}" is no address`));
});

test("the number for nft, multiplied by a thousand million in 64 bits, is the end in nanoseconds", () => {
  for (const wallMs of [1, 999, 1_795_240_193_500, 1_795_240_193_501.7, 4_102_444_799_999]) {
    const product = (BigInt(nftTime(wallMs)) * 1_000_000_000n) & ((1n << 64n) - 1n);
    const wanted = BigInt(Math.floor(wallMs)) * 1_000_000n;
    assert.ok(product <= wanted && wanted - product < 512n, `${wallMs}: ${product}, not ${wanted}`);
  }
  assert.equal(nftTimePrinted(1_795_240_193_500), "2026-11-21 05:49:53");
});

test("an ARP announcement asks for the own address, in a frame of the common length", () => {
  const frame = announcement(parseAddress("192.0.2.11/24"), HARDWARE);
  assert.equal(frame.length, FRAME_BYTES);
  const ethernet = "ffffffffffff02000000000a0806";
  const arp = "000108000604000102000000000ac000020b000000000000c000020b";
  assert.equal(hex(frame), (ethernet + arp).padEnd(2 * FRAME_BYTES, "0"));
});

test("a neighbour advertisement overrides, and its checksum holds", () => {
  const frame = announcement(parseAddress("2001:db8::11/64"), HARDWARE);
  assert.equal(frame.length, FRAME_BYTES);
  assert.equal(hex(frame.subarray(0, 14)), "33330000000102000000000a86dd");
  assert.equal(hex(frame.subarray(14, 22)), "6000000000203aff");
  assert.equal(hex(frame.subarray(22, 38)), "20010db8000000000000000000000011");
  assert.equal(hex(frame.subarray(38, 54)), "ff020000000000000000000000000001");
  assert.equal(hex(frame.subarray(54, 56)), "8800");
  assert.equal(hex(frame.subarray(58)), "2000000020010db8000000000000000000000011020102000000000a");
  // RFC 1071: the sum over everything, the checksum included, is all ones.
  const summed = [...Array(32).keys()].map((index) => Buffer.from(frame).readUInt16BE(22 + 2 * index));
  let sum = 32 + 58 + summed.reduce((total, word) => total + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  assert.equal(sum, 0xffff);
});

test("a device's settings are made where they are not so already, and a missing device is named", (t) => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-devices-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const family of ["ipv4", "ipv6"]) {
    mkdirSync(join(root, family, "conf", "e0"), { recursive: true });
    for (const name of ["arp_ignore", "arp_announce", "promote_secondaries", "ignore_routes_with_linkdown"])
      writeFileSync(join(root, family, "conf", "e0", name), "0\n");
  }
  prepareDevice("e0", root);
  assert.equal(readFileSync(join(root, "ipv4", "conf", "e0", "arp_ignore"), "utf8"), "1");
  assert.equal(readFileSync(join(root, "ipv4", "conf", "e0", "arp_announce"), "utf8"), "2");
  assert.equal(readFileSync(join(root, "ipv4", "conf", "e0", "promote_secondaries"), "utf8"), "1");
  assert.equal(readFileSync(join(root, "ipv6", "conf", "e0", "ignore_routes_with_linkdown"), "utf8"), "1");
  assert.throws(() => prepareDevice("e1", root), /no network device e1/);
});
