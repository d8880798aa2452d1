import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { DeviceReader, ProcessorReader, UNREADABLE } from "../../../host/sources/kernel/readers.js";
import { KernelSampler } from "../../../host/sources/kernel/sampler.js";
import { createSamples, PortSample, SampleReader, SampleWriter } from "../../../host/sources/kernel/samples.js";
import { NOT_A_NUMBER, numberAt, numberOfLine, ticksOfProcess } from "../../../host/sources/kernel/text.js";
import { joinedState, type KernelActivity, PortFeed } from "../../../host/sources/port-feed.js";
import { realActors } from "../../../host/sources/registry.js";
import { LinkState } from "../../../host/shim/generated/layout.js";
import { Shim } from "../../../host/shim/shim.js";
import { assertNothingAllocated } from "../shim/growth.js";
import { arrayOf, newCore } from "../shim/support.js";
import { until, watchedShim } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-kernel-test-"));
after(() => rmSync(folder, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("numbers in the kernel's texts", () => {
  assert.equal(numberAt(bytes("9007199254740991\n"), 0, 17), Number.MAX_SAFE_INTEGER);
  assert.equal(numberAt(bytes("x1"), 0, 2), NOT_A_NUMBER);
  assert.equal(numberAt(bytes(""), 0, 0), NOT_A_NUMBER);
  const text = bytes("nr_usage_usec 5\nusage_usec 1234\nuser_usec 7\n");
  assert.equal(numberOfLine(text, text.length, bytes("usage_usec")), 1234);
  assert.equal(numberOfLine(text, text.length, bytes("user_usec")), 7);
  assert.equal(numberOfLine(text, text.length, bytes("system_usec")), NOT_A_NUMBER);
  // Beyond the length stands what an earlier, longer reading has left.
  assert.equal(numberOfLine(text, 16, bytes("usage_usec")), NOT_A_NUMBER);
});

test("processor time of a process whose name is made to mislead", () => {
  const fields = (name: string) =>
    `4711 (${name}) S 1 10309 3040 0 -1 4194560 1966 0 8 0 225 2099 0 0 20 0 3 0 187677\n`;
  for (const name of ["tgtd", "a b c", "x) R 9 9 9 9 9 9 9 9 9 9 1 1"]) {
    const text = bytes(fields(name));
    assert.equal(ticksOfProcess(text, text.length), 2324, name);
  }
  const short = bytes("4711 (tgtd) S 1 2 3");
  assert.equal(ticksOfProcess(short, short.length), NOT_A_NUMBER);
  assert.equal(ticksOfProcess(bytes(""), 0), NOT_A_NUMBER);
});

test("processor time of control groups of both versions, and of a process", () => {
  file("v1/cpuacct.usage", "123456789\n");
  file("v2/cpu.stat", "usage_usec 987654\nuser_usec 1\nsystem_usec 2\n");
  file("pid", `${process.pid}\n`);
  const version1 = new ProcessorReader({ controlGroup: join(folder, "v1") });
  const version2 = new ProcessorReader({ controlGroup: join(folder, "v2") });
  assert.equal(version1.read(), 123_456);
  assert.equal(version2.read(), 987_654);
  file("v2/cpu.stat", "usage_usec 11\n");
  assert.equal(version2.read(), 11);
  version1.close();
  version2.close();
});

test("a counter that comes later, goes, and comes back", () => {
  const reader = new ProcessorReader({ controlGroup: join(folder, "late") });
  assert.equal(reader.read(), UNREADABLE);
  file("late/cpuacct.usage", "2000\n");
  assert.equal(reader.read(), 2);
  file("late/cpuacct.usage", "nonsense\n");
  assert.equal(reader.read(), UNREADABLE);
  unlinkSync(join(folder, "late/cpuacct.usage"));
  assert.equal(reader.read(), UNREADABLE);
  file("late/cpuacct.usage", "5000\n");
  assert.equal(reader.read(), 5);
  reader.close();
});

test("bytes and link of a network device", () => {
  file("net/eth1/statistics/rx_bytes", "1000\n");
  file("net/eth1/statistics/tx_bytes", "234\n");
  const device = new DeviceReader("eth1", join(folder, "net"));
  const states: [string, LinkState][] = [
    ["up", LinkState.UP],
    ["unknown", LinkState.UP],
    ["down", LinkState.DOWN],
    ["lowerlayerdown", LinkState.DOWN],
    ["dormant", LinkState.DOWN],
  ];
  for (const [state, link] of states) {
    file("net/eth1/operstate", `${state}\n`);
    assert.equal(device.link(), link, state);
  }
  assert.equal(device.bytes(), 1234);
  device.close();
  const missing = new DeviceReader("eth9", join(folder, "net"));
  assert.equal(missing.link(), LinkState.DOWN);
  assert.equal(missing.bytes(), UNREADABLE);
});

test("a sample is read whole or not at all, whoever writes meanwhile", async () => {
  const memory = createSamples(1);
  const stop = new SharedArrayBuffer(4);
  const source = `
    const { workerData } = require("node:worker_threads");
    import(workerData.module).then(({ SampleWriter, PortSample }) => {
      const writer = new SampleWriter(workerData.memory);
      const stop = new Int32Array(workerData.stop);
      const sample = new PortSample();
      // Every field follows from the count, so that a torn sample is seen; the values cross 32 bits.
      for (let count = 1; Atomics.load(stop, 0) === 0; count = (count + 1) % 1000000) {
        sample.count = count;
        sample.timeMs = count * 3;
        sample.link = 1;
        sample.busyUs = count * 4294967297;
        sample.bytes = count * 8589934595;
        writer.write(0, sample);
      }
    });`;
  const module = new URL("../../../host/sources/kernel/samples.js", import.meta.url).href;
  const worker = new Worker(source, { eval: true, workerData: { memory, stop, module } });
  const reader = new SampleReader(memory);
  const sample = new PortSample();
  let whole = 0;
  let counts = 0;
  let latest = 0;
  try {
    await until("a first sample", () => reader.sequence(0) > 0);
    // On one processor a reader may be done before the writer has had a turn.
    while (whole < 200_000 || counts < 2) {
      if (!reader.read(0, sample)) continue;
      whole++;
      if (sample.count !== latest) counts++;
      latest = sample.count;
      assert.equal(sample.timeMs, sample.count * 3);
      assert.equal(sample.busyUs, sample.count * 4_294_967_297);
      assert.equal(sample.bytes, sample.count * 8_589_934_595);
    }
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
});

test("the writer and the reader agree on every field", () => {
  const memory = createSamples(3);
  const fields = { count: 5, timeMs: 2 ** 31 + 7, link: LinkState.DOWN, busyUs: 2 ** 40 + 3, bytes: 2 ** 52 + 1 };
  const written = Object.assign(new PortSample(), fields);
  new SampleWriter(memory).write(2, written);
  const read = new PortSample();
  assert.equal(new SampleReader(memory).read(2, read), true);
  const { count, timeMs, link, busyUs, bytes } = read;
  assert.deepEqual({ count, timeMs, link, busyUs, bytes }, fields);
  assert.equal(new SampleReader(memory).sequence(1), 0);
});

const ARRAY = `
name: array
profile: small
ports: [p1, p2]
targets: [t1]
`;

test("the sampling thread feeds a shim, with what the target server adds", async () => {
  file("feed/cpuacct.usage", "1000000\n");
  const { shim } = watchedShim(ARRAY);
  const sampler = new KernelSampler([{ name: "p2", processor: { controlGroup: join(folder, "feed") } }], {
    intervalMs: 5,
    onError: (error) => assert.fail(error),
  });
  const activity = {
    indexOf: (port: string) => (port === "p2" ? 0 : -1),
    operations: () => 42,
    bytes: () => 4242,
    queueDepth: () => 7,
    serverState: () => LinkState.UP,
  };
  const feed = new PortFeed(["p2"], sampler, activity);
  feed.attach(shim);
  const { targetPortCounters, targetPortInput } = shim.core.views;
  const row = shim.names.ports.row("p2");
  let hostMs = 5000;
  const tick = () => {
    feed.beforeTick(++hostMs);
    shim.tick(hostMs, () => undefined);
  };
  await until("counters", () => {
    tick();
    return targetPortCounters.busyUs(row) === 1000;
  });
  assert.equal(targetPortCounters.operations(row), 42);
  assert.equal(targetPortCounters.bytes(row), 4242);
  assert.equal(targetPortCounters.queueDepth(row), 7);
  assert.equal(targetPortInput.link(row), LinkState.UP);
  assert.equal(targetPortInput.link(shim.names.ports.row("p1")), LinkState.UNKNOWN);
  file("feed/cpuacct.usage", "9000000\n");
  await until("newer counters", () => {
    tick();
    return targetPortCounters.busyUs(row) === 9000;
  });
  await feed.close();
});

test("feeding counters of ports allocates nothing", () => {
  assertNothingAllocated(new URL("./feed-child.js", import.meta.url));
});

test("a counter that was never there keeps a port's counters from being fed, not its link", async () => {
  const { shim } = watchedShim(ARRAY);
  const places = [{ name: "p1", device: "no-such-device", processor: { controlGroup: join(folder, "nowhere") } }];
  const sampler = new KernelSampler(places, { intervalMs: 5, onError: (error) => assert.fail(error) });
  const feed = new PortFeed(["p1"], sampler, undefined);
  feed.attach(shim);
  const { targetPortCounters, targetPortInput } = shim.core.views;
  let hostMs = 5000;
  await until("the link", () => {
    feed.beforeTick(++hostMs);
    shim.tick(hostMs, () => undefined);
    return targetPortInput.link(0) === LinkState.DOWN;
  });
  assert.equal(targetPortCounters.sampledMs(0), 0);
  await feed.close();
});

test("a port is up only where nothing says otherwise", () => {
  const { UNKNOWN, UP, DOWN } = LinkState;
  assert.equal(joinedState(UP, UP), UP);
  assert.equal(joinedState(UP, UNKNOWN), UP);
  assert.equal(joinedState(UNKNOWN, UP), UP);
  assert.equal(joinedState(UNKNOWN, UNKNOWN), UNKNOWN);
  assert.equal(joinedState(DOWN, UP), DOWN);
  assert.equal(joinedState(UP, DOWN), DOWN);
});

/** Ports whose latest sample the test gives. */
class GivenSamples implements KernelActivity {
  link: LinkState = LinkState.UP;
  latest = 1;

  start(): void {}

  indexOf(port: string): number {
    return ["p1", "p2"].indexOf(port);
  }

  hasDevice(): boolean {
    return true;
  }

  sequence(): number {
    return this.latest;
  }

  read(_: number, into: PortSample): boolean {
    into.link = this.link;
    return true;
  }

  async close(): Promise<void> {}
}

test("the link of a target port follows the kernel's events without a sample; of both, whichever says down counts", () => {
  const { UP, DOWN } = LinkState;
  const { shim } = watchedShim(ARRAY);
  const samples = new GivenSamples();
  const feed = new PortFeed(["p1", "p2"], samples, undefined);
  feed.attach(shim);
  const links = () => {
    feed.beforeTick(5000);
    return [0, 1].map((row) => shim.core.views.targetPortInput.link(row));
  };
  assert.deepEqual(links(), [UP, UP]);
  feed.linkTold("p2", DOWN);
  feed.linkTold("p9", DOWN);
  assert.deepEqual(links(), [UP, DOWN], "no new sample was needed");
  samples.latest = 2;
  assert.deepEqual(links(), [UP, DOWN], "a sample that is older than the event, or slower, changes nothing");
  feed.linkTold("p2", UP);
  assert.deepEqual(links(), [UP, UP]);
  samples.latest = 3;
  samples.link = DOWN;
  assert.deepEqual(links(), [DOWN, DOWN], "an event that was missed is found by the sample");
});

test("the devices of a controller's own target ports are watched, and a tick is asked for", async (t) => {
  const names = ["d0", "d1", "d2"];
  const states = new Map(names.map((name) => [name, "UP"]));
  const list = () =>
    names.map((ifname, at) => ({
      // Of no device that the machine's own monitor could tell of.
      ifindex: 900_001 + at,
      ifname,
      flags: states.get(ifname) === "UP" ? ["UP", "LOWER_UP"] : ["UP"],
      operstate: states.get(ifname),
      stats64: { rx: { errors: 0 }, tx: { errors: 0 } },
    }));
  const array = arrayOf(`
name: array
profile: small
controllers: [a, b]
ports: [{name: p1, controller: a}, {name: p2, controller: b}]
targets: [t1]
sources: {kernel: {sampleMs: 10s, ports: {p1: {device: d0}, p2: {device: d1}}}}
`);
  let woken = 0;
  const { sources } = realActors(array, {
    controller: "a",
    report: () => undefined,
    run: () => Promise.resolve({ status: 0, stdout: JSON.stringify(list()), stderr: "", timedOut: false }),
    wake: () => woken++,
  });
  t.after(() => Promise.all(sources.map((source) => source.close())));
  const shim = new Shim(newCore(), { incarnation: 1, controller: "a" });
  assert.deepEqual(shim.configure(array), []);
  shim.start(1000);
  const told: LinkState[] = [];
  const feed = sources.find((source) => source instanceof PortFeed) as PortFeed;
  feed.linkTold = (port, state) => told.push(port === "p1" ? state : LinkState.UNKNOWN) > 0;
  for (const source of sources) source.attach(shim);
  await until("the link", () => told.length === 1);
  states.set("d0", "DOWN");
  await until("the other link", () => told.length === 2);
  assert.deepEqual(told, [LinkState.UP, LinkState.DOWN]);
  assert.equal(woken, 2);
});
