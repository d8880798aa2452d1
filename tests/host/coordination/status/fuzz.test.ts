/** Bytes at random: the decoder never throws, and nothing that isn't signed is ever taken. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { Random } from "../../../../host/sources/simulated/random.js";
import { readEnvelope, readStatus } from "../../../../host/coordination/status/decode.js";
import { CONFIGURATION, fullStatus, KEY, SIZES, Stations } from "./support.js";

const ROUNDS = 20_000;

/** One datagram as it is on the wire. */
function datagram(): { stations: Stations; bytes: Uint8Array } {
  const stations = new Stations(["a", "b"]);
  stations.greet();
  let bytes = new Uint8Array(0);
  const receive = stations.at(1).transport.receive.bind(stations.at(1).transport);
  stations.at(1).transport.receive = (_, sent) => {
    bytes = Uint8Array.from(sent);
  };
  stations.send(0, fullStatus());
  stations.at(1).transport.receive = receive;
  return { stations, bytes };
}

/** Another datagram: bytes changed, cut off, added, moved, or all of them drawn. */
function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1:
      return Uint8Array.from({ length: random.below(1400) }, () => random.below(256));
    case 2: {
      const longer = new Uint8Array(bytes.length + 1 + random.below(200));
      longer.set(bytes);
      return longer;
    }
    default: {
      const copy = Uint8Array.from(bytes);
      const changes = 1 + random.below(4);
      for (let change = 0; change < changes; change++) {
        const at = random.below(copy.length);
        copy[at] = (copy[at] as number) ^ (1 << random.below(8));
      }
      return copy;
    }
  }
}

test("nothing unsigned is taken", () => {
  const { stations, bytes } = datagram();
  const { transport, channel, received } = stations.at(1);
  const told = received.length;
  const random = new Random(20261121, "unsigned");
  for (let round = 0; round < ROUNDS; round++) {
    const other = mutated(bytes, random);
    if (Buffer.compare(other, bytes) === 0) continue;
    const counted = channel.counters.malformed + channel.counters.otherVersion + channel.counters.unknownSender;
    const wrongKey = channel.counters.wrongKey;
    transport.receive(0, other);
    const now = channel.counters.malformed + channel.counters.otherVersion + channel.counters.unknownSender;
    assert.equal(now - counted + channel.counters.wrongKey - wrongKey, 1, `round ${round}: counted once`);
  }
  assert.equal(received.length, told);
  transport.receive(0, bytes);
  assert.equal(received.length, told + 1, "the datagram itself is a good one");
});

test("what is signed but isn't as described is refused whole, and what is taken names nothing beyond the configuration", () => {
  const { bytes } = datagram();
  const random = new Random(7, "signed");
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const other = Uint8Array.from(mutated(bytes, random));
    if (other.length > 32) {
      other.set(createHmac("sha256", KEY).update(other.subarray(0, -32)).digest(), other.length - 32);
    }
    const envelope = readEnvelope(other);
    if (typeof envelope === "string") continue;
    const status = readStatus(other, CONFIGURATION, SIZES);
    if (status === undefined) continue;
    taken++;
    for (const { place } of status.networkPorts) assert.ok(place < SIZES.networkPorts);
    for (const { place } of status.targetPorts) assert.ok(place < SIZES.targetPorts);
    for (const range of status.held) {
      assert.ok(range.first <= range.last && range.last < SIZES.interfaces);
      for (const address of range.held) {
        assert.ok(address.interface >= range.first && address.interface <= range.last);
        assert.ok(address.port < SIZES.networkPorts);
      }
    }
    for (const { first, words } of status.units) assert.ok(first + 32 * (words.length - 1) < SIZES.units);
    for (const { port, first, words } of status.registrations) {
      assert.ok(port < SIZES.targetPorts && first + 32 * (words.length - 1) < SIZES.targets);
    }
  }
  assert.ok(taken > ROUNDS / 100, `${taken} were as described`);
});
