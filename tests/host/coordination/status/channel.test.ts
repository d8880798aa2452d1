/** What a status channel takes, and what it drops: each cause counted apart, nothing changed by what is dropped. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { DropReason, StatusCounters } from "../../../../host/coordination/status/counters.js";
import { emptyStatus } from "../../../../host/coordination/status/status.js";
import { CONFIGURATION, fullStatus, KEY, type Station, Stations } from "./support.js";

const DROPS: DropReason[] = [
  "malformed",
  "otherVersion",
  "unknownSender",
  "wrongKey",
  "wrongLink",
  "oldBoot",
  "oldSequence",
  "replayed",
  "unechoed",
];

/** Counters of what was dropped, without the zeros. */
function drops(counters: StatusCounters): Partial<Record<DropReason, number>> {
  return Object.fromEntries(DROPS.filter((reason) => counters[reason] > 0).map((reason) => [reason, counters[reason]]));
}

/** Copies what comes to a controller, as somebody who listens on the wire does. */
function tap(station: Station): { link: number; bytes: Uint8Array }[] {
  const taken: { link: number; bytes: Uint8Array }[] = [];
  const receive = station.transport.receive.bind(station.transport);
  station.transport.receive = (link, bytes) => {
    taken.push({ link, bytes: Uint8Array.from(bytes) });
    receive(link, bytes);
  };
  return taken;
}

/** Changes bytes, and signs again with the right key. */
function forged(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  change(new DataView(copy.buffer));
  copy.set(createHmac("sha256", KEY).update(copy.subarray(0, -32)).digest(), copy.length - 32);
  return copy;
}

test("three controllers hear one another", () => {
  const stations = new Stations(["a", "b", "c"]);
  stations.greet();
  stations.greet();
  for (const [place, { channel, received }] of stations.all.entries()) {
    assert.equal(channel.hears()[0], 0b111 & ~(1 << place));
    assert.deepEqual(new Set(received.map((status) => status.controller)).size, 2);
  }
  const latest = stations.at(0).received.at(-1);
  assert.deepEqual([latest?.controller, latest?.hears[0], latest?.complete], [2, 0b011, true]);
});

test("what is sent arrives as it was", () => {
  const stations = new Stations(["a", "b"]);
  stations.greet();
  stations.send(0, fullStatus());
  const got = stations.at(1).received.at(-1);
  assert.ok(got !== undefined);
  const sent = fullStatus();
  for (const field of ["epochs", "networkPorts", "targetPorts", "held", "role", "holdsBackMs", "penalty"] as const) {
    assert.deepEqual(got[field], sent[field], field);
  }
});

test("silence ends hearing", () => {
  const stations = new Stations(["a", "b"]);
  stations.greet();
  stations.time.advanceTo(stations.time.nowMs + 290);
  assert.equal(stations.at(0).channel.hears()[0], 0b10);
  stations.time.advanceTo(stations.time.nowMs + 20);
  assert.equal(stations.at(0).channel.hears()[0], 0);
});

test("a datagram that comes again is a replay", () => {
  const stations = new Stations(["a", "b"]);
  const taken = tap(stations.at(1));
  stations.greet();
  const told = stations.at(1).received.length;
  const before = drops(stations.at(1).channel.counters);
  stations.at(1).transport.receive(0, taken.at(-1)?.bytes as Uint8Array);
  assert.deepEqual(drops(stations.at(1).channel.counters), { ...before, replayed: 1 });
  assert.equal(stations.at(1).received.length, told);
});

test("one that was overtaken is old", () => {
  const stations = new Stations(["a", "b"]);
  stations.greet();
  const taken = tap(stations.at(1));
  stations.send(0);
  stations.network.cut(0, 1);
  stations.send(0);
  stations.network.heal();
  stations.send(0);
  const before = stations.at(1).channel.counters.oldSequence;
  stations.at(1).transport.receive(0, taken[0]?.bytes as Uint8Array);
  assert.equal(stations.at(1).channel.counters.oldSequence, before + 1);
});

test("messages from before a restart of the sender are dropped", () => {
  const stations = new Stations(["a", "b"]);
  const taken = tap(stations.at(1));
  stations.greet();
  stations.send(0);
  const old = taken.at(-1)?.bytes as Uint8Array;
  stations.start(0);
  stations.greet();
  assert.equal(stations.at(1).channel.bootOf("a"), 2);
  stations.at(1).transport.receive(0, old);
  assert.equal(stations.at(1).channel.counters.oldBoot, 1);
});

test("messages recorded before a restart of the receiver are dropped by one that has heard nothing yet", () => {
  const stations = new Stations(["a", "b"]);
  const taken = tap(stations.at(1));
  stations.greet();
  stations.greet();
  const again = stations.start(1);
  for (const { link, bytes } of taken) again.transport.receive(link, bytes);
  assert.equal(again.received.length, 0);
  assert.equal(again.channel.counters.unechoed, taken.length);
  // One from now is taken: its sender says that it hears this start.
  stations.greet();
  assert.ok(again.received.length > 0);
  for (const { link, bytes } of taken) again.transport.receive(link, bytes);
  assert.equal(again.channel.counters.oldSequence, taken.length);
});

test("another key, a changed byte, a stranger, another version, another link", () => {
  const stations = new Stations(["a", "b"], 2);
  stations.greet();
  const taken = tap(stations.at(1));
  stations.send(0);
  const bytes = taken.find((each) => each.link === 0)?.bytes as Uint8Array;
  const { transport, channel, received } = stations.at(1);
  const told = received.length;
  const drop = (reason: DropReason, link: number, datagram: Uint8Array) => {
    const before = channel.counters[reason];
    transport.receive(link, datagram);
    assert.equal(channel.counters[reason], before + 1, reason);
  };
  const changed = Uint8Array.from(bytes);
  changed[33] = 0xee;
  drop("wrongKey", 0, changed);
  drop(
    "unknownSender",
    0,
    forged(bytes, (view) => view.setUint32(8, 0x12345678, true)),
  );
  drop(
    "otherVersion",
    0,
    forged(bytes, (view) => view.setUint8(4, 2)),
  );
  drop(
    "wrongLink",
    1,
    forged(bytes, (view) => view.setUint32(16, 1000, true)),
  );
  drop("malformed", 0, bytes.subarray(0, 95));
  drop("malformed", 0, new Uint8Array(0));
  drop(
    "malformed",
    0,
    forged(bytes, (view) => view.setUint16(38, 1, true)),
  );
  const twoChanges = (view: DataView) => {
    view.setUint32(16, 1000, true);
    view.setUint16(30, 4, true);
  };
  drop("malformed", 0, forged(bytes, twoChanges));
  drop(
    "malformed",
    0,
    forged(bytes, (view) => view.setUint8(6, 1)),
  );
  drop(
    "malformed",
    0,
    forged(bytes, (view) => view.setUint32(12, 0, true)),
  );
  assert.equal(received.length, told, "nobody was told of any");
  transport.receive(
    0,
    forged(bytes, (view) => view.setUint32(16, 1000, true)),
  );
  assert.equal(received.length, told + 1, "the forger's way itself is right");
});

test("a controller with another key is not heard", () => {
  const stations = new Stations(["a", "b"]);
  stations.start(1, Buffer.alloc(32, 9));
  stations.greet();
  assert.equal(stations.at(0).channel.hears()[0], 0);
  assert.ok(stations.at(0).channel.counters.wrongKey > 0);
  assert.equal(stations.at(0).received.length, 0);
});

test("of several links any one is enough; a dead one is told, and that it is back", () => {
  const stations = new Stations(["a", "b"], 2);
  stations.greet();
  const beat = (times: number) => {
    for (let each = 0; each < times; each++) {
      stations.at(1).channel.send(emptyStatus(CONFIGURATION));
      stations.at(0).channel.send(emptyStatus(CONFIGURATION));
      stations.time.advanceTo(stations.time.nowMs + 100);
    }
  };
  beat(5);
  const { channel, reports, received } = stations.at(0);
  const links = channel.links("b");
  assert.ok(links?.[0] !== undefined && links[1] !== undefined);
  assert.deepEqual(Object.keys(drops(channel.counters)), ["unechoed"]);
  assert.ok(links[1].duplicates > 0, "the second link's are counted");
  assert.deepEqual(reports, []);
  stations.network.cut(0, 1, 0);
  const before = received.length;
  beat(10);
  assert.equal(received.length, before + 10, "all came on the other link");
  assert.equal(channel.hears()[0], 0b10);
  assert.deepEqual(reports, ["status link 0 from b brings nothing"]);
  assert.equal(links[0].dead, true);
  stations.network.heal();
  beat(2);
  assert.deepEqual(reports.slice(1), ["status link 0 from b is back"]);
});

test("a message of several parts is complete when the last of them has come, on whatever links", () => {
  const stations = new Stations(["a", "b"], 2);
  stations.greet();
  const held = Array.from({ length: 500 }, (_, place) => ({ interface: place, port: 1 }));
  const status = { ...fullStatus(), held: [{ first: 0, last: 599, held }] };
  const { transport, received } = stations.at(1);
  const receive = transport.receive.bind(transport);
  // Each link loses another part.
  transport.receive = (link, bytes) => {
    if (bytes[6] !== link) receive(link, bytes);
  };
  const before = received.length;
  stations.send(0, status);
  const parts = received.slice(before);
  assert.deepEqual(parts.map((part) => part.part).sort(), [0, 1]);
  assert.deepEqual(
    parts.map((part) => part.complete),
    [false, true],
  );
});

test("a network that loses, delays and doubles lets nothing be told twice", () => {
  const stations = new Stations(["a", "b", "c"], 2);
  stations.greet();
  stations.network.set({ loss: 0.3, doubled: 0.3, delayMs: [0, 60] });
  for (let round = 0; round < 300; round++) {
    for (const { channel } of stations.all) channel.send(emptyStatus(CONFIGURATION));
    stations.time.advanceTo(stations.time.nowMs + 20);
  }
  for (const { received, channel } of stations.all) {
    const seen = received.map(({ controller, sequence, part }) => `${controller}/${sequence}/${part}`);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.length > 300, `${seen.length} of 600 came`);
    const late = drops(channel.counters);
    assert.ok((late.replayed ?? 0) > 0 && (late.oldSequence ?? 0) > 0);
  }
});

test("another configuration: those who stay keep what is known of them, those who leave are strangers", () => {
  const stations = new Stations(["a", "b", "c"]);
  stations.greet();
  const { channel, received } = stations.at(0);
  channel.follow({ ...stations.membership(0), controllers: ["a", "c"], configuration: 7 });
  const told = received.length;
  stations.send(1);
  assert.equal(channel.counters.unknownSender, 1);
  stations.send(2);
  assert.equal(received.length, told + 1);
  const latest = received.at(-1);
  assert.deepEqual([latest?.controller, latest?.sameConfiguration], [1, false]);
});
