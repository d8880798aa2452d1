/** Steady ticks of a shim that a `PortFeed` feeds, with new samples of all ports in each: see `../shim/growth.ts`. */

import { LinkState } from "../../../host/shim/generated/layout.js";
import { createSamples, PortSample, SampleReader, SampleWriter } from "../../../host/sources/kernel/samples.js";
import { type KernelActivity, PortFeed } from "../../../host/sources/port-feed.js";
import { measureGrowth } from "../shim/growth.js";
import { startedShim } from "../shim/support.js";

const NAMES = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];
const shim = startedShim("name: s\nprofile: small\nports: ['p{1..8}']\ntargets: ['t{1..8}']\n");
const memory = createSamples(NAMES.length);
const writer = new SampleWriter(memory);
const reader = new SampleReader(memory);
const sample = new PortSample();
sample.link = LinkState.UP;

/** As the sampling thread leaves them, without the thread. */
const kernel: KernelActivity = {
  start: () => {},
  indexOf: (port) => NAMES.indexOf(port),
  hasDevice: (index) => index < 4,
  sequence: (index) => reader.sequence(index),
  read: (index, into) => reader.read(index, into),
  close: async () => {},
};
/** Sums of numbers larger than what V8 keeps unboxed. */
const server = { operations: 2 ** 40, bytes: 2 ** 50, queueDepth: 3 };
const activity = {
  indexOf: (port: string) => NAMES.indexOf(port),
  operations: () => server.operations,
  bytes: () => server.bytes,
  queueDepth: () => server.queueDepth,
  serverState: () => LinkState.UP,
};
let hostMs = 1000;
const feed = new PortFeed(NAMES, kernel, activity, () => hostMs);
feed.attach(shim);

const handler = () => {};

measureGrowth((ticks) => {
  for (let tick = 0; tick < ticks; tick++) {
    hostMs += 100;
    sample.count++;
    sample.timeMs = hostMs;
    sample.busyUs = 2 ** 40 + hostMs * 1000;
    sample.bytes = 2 ** 45 + hostMs * 1000;
    server.operations += 10;
    server.bytes += 40_960;
    for (let port = 0; port < NAMES.length; port++) writer.write(port, sample);
    feed.beforeTick(hostMs);
    shim.tick(hostMs, handler);
  }
  const { targetPortCounters } = shim.core.views;
  if (targetPortCounters.busyUs(7) !== sample.busyUs || targetPortCounters.bytes(7) !== server.bytes)
    throw new Error("the samples did not reach the module");
});
