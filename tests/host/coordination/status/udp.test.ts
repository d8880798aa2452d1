/** Status messages over real sockets, of both address families. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Endpoint, endpointText, parseEndpoint } from "../../../../host/coordination/endpoint.js";
import { SystemClock } from "../../../../host/coordination/clock.js";
import { StatusBeat } from "../../../../host/coordination/status/beat.js";
import { StatusChannel } from "../../../../host/coordination/status/channel.js";
import { emptyStatus, type ReceivedStatus } from "../../../../host/coordination/status/status.js";
import { UdpTransport } from "../../../../host/coordination/status/udp.js";
import { freeUdpPort } from "../../../free-ports.js";
import { until } from "../../sources/support.js";
import { CONFIGURATION, KEY, MemoryBootStore, SIZES } from "./support.js";

async function freePlace(address: string, family: 4 | 6): Promise<Endpoint> {
  return { address, port: await freeUdpPort(address, family), family };
}

test("two controllers over an IPv4 and an IPv6 link hear one another, and go on over either", async (t) => {
  const places = [
    [await freePlace("127.0.0.1", 4), await freePlace("::1", 6)],
    [await freePlace("127.0.0.1", 4), await freePlace("::1", 6)],
  ] as const;
  const names = ["a", "b"];
  const clock = new SystemClock();
  const transports = places.map((own) => new UdpTransport({ own, controllers: places, report: assert.fail }));
  const received: ReceivedStatus[][] = [[], []];
  const reports: string[] = [];
  const channels = transports.map((transport, place) => {
    const own = names[place] as string;
    const options = { transport, clock, key: KEY, store: new MemoryBootStore(), silenceMs: 60 };
    const membership = { controllers: names, own, configuration: CONFIGURATION, sizes: SIZES };
    const channel = new StatusChannel({ ...options, report: (line) => reports.push(`${own}: ${line}`) }, membership);
    channel.onStatus((status) => received[place]?.push(status));
    return channel;
  });
  t.after(() => Promise.all(transports.map((transport) => transport.close())));
  await Promise.all(transports.map((transport) => transport.open()));
  const beats = channels.map((channel) => new StatusBeat(clock, 10, () => channel.send(emptyStatus(CONFIGURATION))));
  t.after(() => {
    for (const beat of beats) beat.stop();
  });
  for (const beat of beats) beat.start();
  const links = () => channels[0]?.links("b") ?? [];
  await until("both links bring something", () => links().every((link) => link.first + link.duplicates > 5));
  // Somebody takes one link away at the other end.
  const sixth = transports[1] as unknown as { ends: { bound: boolean }[] };
  (sixth.ends[1] as { bound: boolean }).bound = false;
  await until("the dead link is told", () => reports.includes("a: status link 1 from b brings nothing"));
  const heard = received[0]?.length ?? 0;
  await until("the other goes on", () => (received[0]?.length ?? 0) > heard + 5);
});

test("an address that isn't there is told once, and the other link works", async () => {
  const own = [await freePlace("127.0.0.1", 4), { address: "192.0.2.77", port: 7801, family: 4 as const }];
  const reports: string[] = [];
  const transport = new UdpTransport({ own, controllers: [own], report: (line) => reports.push(line) });
  await transport.open();
  assert.deepEqual(reports, ["status link 1: 192.0.2.77:7801 can't be used: EADDRNOTAVAIL"]);
  let came = 0;
  transport.onDatagram((link) => {
    if (link === 0) came++;
  });
  transport.send(0, 0, new Uint8Array(100));
  transport.send(1, 0, new Uint8Array(100));
  await until("it came", () => came === 1);
  assert.equal(transport.lost, 1);
  await transport.close();
});

test("endpoints are addresses, never names", () => {
  const good: [string, Endpoint][] = [
    ["127.0.0.1:7801", { address: "127.0.0.1", port: 7801, family: 4 }],
    ["[::1]:7801", { address: "::1", port: 7801, family: 6 }],
    ["[fe80::1%eth0]:1", { address: "fe80::1%eth0", port: 1, family: 6 }],
  ];
  for (const [text, endpoint] of good) {
    assert.deepEqual(parseEndpoint(text), endpoint);
    assert.equal(endpointText(endpoint), text);
  }
  for (const text of [
    "localhost:1",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "1.2.3:4",
    "::1:5",
    "[1.2.3.4]:5",
    "",
  ]) {
    assert.equal(parseEndpoint(text), undefined, text);
  }
});
