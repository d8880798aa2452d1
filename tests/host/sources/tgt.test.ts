import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandQueue, type CommandResult, OutputError } from "../../../host/sources/command.js";
import { LinkState, SessionFlag } from "../../../host/shim/generated/layout.js";
import { parseRedirection, parseStatistics, parseTargets } from "../../../host/sources/tgt/parse.js";
import { TgtSource } from "../../../host/sources/tgt/source.js";
import { TgtError, Tgtadm } from "../../../host/sources/tgt/tgtadm.js";
import { FakeTgt } from "./fake-tgt.js";
import { fixture, until, watchedShim } from "./support.js";

const T1 = "iqn.2024-01.org.example:t1";
const T2 = "iqn.2024-01.org.example:t2";
const HEADER = fixture("tgt/statistics.txt").split("\n")[0] ?? "";

test("targets and sessions of a real tgtd", () => {
  const targets = parseTargets(fixture("tgt/targets.txt"));
  assert.deepEqual(
    targets.map(({ tid, name, nexuses }) => [
      tid,
      name,
      nexuses.map(({ sid, initiator, connections }) => [sid, initiator, connections]),
    ]),
    [
      [
        1,
        T1,
        [
          [2, "iqn.2024-01.org.example:host-b", [{ cid: 0, address: "10.0.0.1" }]],
          [3, "iqn.2024-01.org.example:host-a", [{ cid: 0, address: "10.0.0.1" }]],
        ],
      ],
      [2, T2, [[4, "iqn.2024-01.org.example:host-c", [{ cid: 0, address: "10.0.0.1" }]]]],
    ],
  );
});

test("a session without an initiator is still logging in", () => {
  const text = fixture("tgt/targets.txt").replace(/ {12}Initiator: \S+host-b alias: none\n/, "");
  assert.deepEqual(
    parseTargets(text)[0]?.nexuses.map((nexus) => nexus.sid),
    [3],
  );
});

test("statistics of a real tgtd, summed over logical units", () => {
  const sessions = parseStatistics(fixture("tgt/statistics.txt"));
  assert.deepEqual([...sessions.keys()], ["1/2", "1/3", "2/4"]);
  assert.deepEqual(sessions.get("2/4"), {
    tid: 2,
    sid: 4,
    operations: 33937,
    inFlight: 1,
    bytes: 139001888,
    errors: 1,
  });
});

test("counters of commands go round at 2^32", () => {
  const text = `${HEADER}\n  1   1   7  100 2  90 4294967295  50 3  40 1  0\n`;
  assert.deepEqual(parseStatistics(text).get("1/7"), {
    tid: 1,
    sid: 7,
    operations: 0,
    inFlight: 5,
    bytes: 130,
    errors: 0,
  });
});

test("outputs that are not as known are refused", () => {
  const targets = fixture("tgt/targets.txt");
  const statistics = fixture("tgt/statistics.txt");
  assert.throws(() => parseStatistics(""), OutputError);
  assert.throws(() => parseStatistics(statistics.replace("errs", "errors")), OutputError);
  assert.throws(() => parseStatistics(statistics.replace("33938", "")), OutputError);
  assert.throws(() => parseStatistics(statistics.replace("33938", "-1")), OutputError);
  assert.throws(() => parseTargets(targets.replace("Target 1:", "Goal 1:")), OutputError);
  assert.throws(() => parseTargets(targets.replace("Connection: 0", "Link: 0")), OutputError);
  assert.throws(() => parseTargets(targets.replace("I_T nexus: 2\n", "")), OutputError);
});

test("a redirection, and none", () => {
  const text = "RedirectAddress=[fd00::1]\nRedirectPort=3260\nRedirectReason=Temporary\n";
  assert.deepEqual(parseRedirection(text), { address: "[fd00::1]", port: "3260" });
  assert.equal(parseRedirection("nop_interval=0\nnop_count=0\n"), undefined);
});

function answering(result: Partial<CommandResult>): Tgtadm {
  const whole = { status: 0, stdout: "", stderr: "", timedOut: false, ...result };
  return new Tgtadm(new CommandQueue(async () => whole, 1), 7, 100);
}

test("failures of tgtadm are told apart", async () => {
  const faults: [Partial<CommandResult>, string][] = [
    [
      { status: 107, stderr: "tgtadm: failed to send request hdr to tgt daemon, Transport endpoint is not connected" },
      "absent",
    ],
    [{ status: -1, timedOut: true }, "timeout"],
    [{ status: 22, stderr: "tgtadm: can't find the target" }, "refused"],
    // An exit code of 0 without an answer.
    [{ stderr: "tgtadm: tgtd closed the socket" }, "refused"],
  ];
  for (const [result, fault] of faults) {
    await assert.rejects(answering(result).targets(), (error) => error instanceof TgtError && error.fault === fault);
  }
});

test("a connection that is gone already counts as closed", async () => {
  const gone = answering({ status: 22, stderr: "tgtadm: can't find the session" });
  assert.equal(await gone.closeConnection({ tid: 1, sid: 2, cid: 0 }), false);
  await assert.rejects(
    answering({ status: 22, stderr: "tgtadm: can't find the target" }).closeConnection({ tid: 1, sid: 2, cid: 0 }),
  );
});

const ARRAY = `
name: array
profile: small
ports: [p1, p2]
targets: [${T1}, ${T2}]
`;

/** A source over two tgtds, polling as fast as it can. */
function sourceOf(servers: readonly FakeTgt[]) {
  const { shim } = watchedShim(ARRAY);
  const ports = servers.map((server, index) => {
    return { name: `p${index + 1}`, tgtadm: new Tgtadm(new CommandQueue(server.run, 1), index + 1, 1000) };
  });
  const reports: string[] = [];
  const source = new TgtSource(ports, { pollMs: 2, report: (line) => reports.push(line) });
  source.beforeTick(1000);
  source.attach(shim);
  const sessionRows = () => {
    const { sessionInput } = shim.core.views;
    const rows = Array.from({ length: sessionInput.capacity }, (_, row) => row);
    return rows.filter((row) => (sessionInput.flags(row) & SessionFlag.LOGGED_IN) !== 0);
  };
  const print = () => sessionRows().map((row) => Object.values(shim.names.session(row)).join(" "));
  return { shim, source, reports, sessionRows, print };
}

test("sessions come and go as tgtd reports them", async () => {
  const servers = [new FakeTgt([T1, T2]), new FakeTgt([T1, T2])];
  servers[0]?.login(1, "host-a");
  const { source, print } = sourceOf(servers);
  await until("the first session", () => print().length === 1);
  assert.deepEqual(print(), [`host-a ${T1} p1`]);
  servers[1]?.login(2, "host-b");
  await until("the second session", () => print().length === 2);
  assert.deepEqual(print(), [`host-a ${T1} p1`, `host-b ${T2} p2`]);
  servers[0]?.logout(1, "host-a");
  await until("the end of the first", () => print().length === 1);
  assert.deepEqual(print(), [`host-b ${T2} p2`]);
  await source.close();
});

test("a port's sums go on over the ends of sessions, and leave out what was before", async () => {
  const server = new FakeTgt([T1]);
  server.login(1, "host-a", { operations: 1_000_000, bytes: 5e9 });
  const { source } = sourceOf([server]);
  await until("an answer", () => source.serverState(0) === LinkState.UP);
  assert.equal(source.operations(0), 0);
  server.work(1, "host-a", { operations: 10, bytes: 40_960 });
  await until("ten commands", () => source.operations(0) === 10);
  assert.equal(source.bytes(0), 40_960);
  server.logout(1, "host-a");
  server.login(1, "host-b", { operations: 3, bytes: 12_288 });
  await until("three more", () => source.operations(0) === 13);
  assert.equal(source.bytes(0), 53_248);
  await source.close();
});

test("a restarted tgtd that gives the same number to another host is seen through", async () => {
  const server = new FakeTgt([T1]);
  server.login(1, "host-a", { operations: 500, bytes: 500_000 });
  const { source, print } = sourceOf([server]);
  await until("the session", () => print().length === 1);
  server.restart();
  server.login(1, "host-b", { operations: 5, bytes: 5000 });
  await until("the other host", () => print()[0] === `host-b ${T1} p1`);
  await source.close();
});

test("a host that is back under the same number after a restart has a new session", async () => {
  const server = new FakeTgt([T1]);
  server.login(1, "host-a", { operations: 500, bytes: 500_000 });
  const { shim, source, sessionRows, print } = sourceOf([server]);
  await until("the session", () => sessionRows().length === 1);
  const { sessionInput } = shim.core.views;
  const identity = () => sessionRows().map((row) => `${row} ${sessionInput.generation(row)}`)[0];
  const before = identity();
  server.restart();
  server.login(1, "host-a", { operations: 5, bytes: 5000 });
  await until("a new session", () => identity() !== undefined && identity() !== before);
  assert.deepEqual(print(), [`host-a ${T1} p1`]);
  await source.close();
});

test("without tgtd its port is down and its sessions are gone; a late answer changes nothing", async () => {
  const server = new FakeTgt([T1]);
  server.login(1, "host-a");
  const { source, print, reports } = sourceOf([server]);
  await until("the session", () => print().length === 1);
  server.fault = "timeout";
  await until("a report", () => reports.length === 1);
  assert.equal(print().length, 1);
  assert.equal(source.serverState(0), LinkState.UP);
  server.fault = "absent";
  await until("the end", () => print().length === 0);
  assert.equal(source.serverState(0), LinkState.DOWN);
  server.fault = "none";
  await until("the return", () => print().length === 1);
  assert.equal(source.serverState(0), LinkState.UP);
  await source.close();
});

test("a session row stands for its tgt session only under its generation", async () => {
  const server = new FakeTgt([T1]);
  server.login(1, "host-a");
  const { shim, source, sessionRows } = sourceOf([server]);
  await until("the session", () => sessionRows().length === 1);
  const row = sessionRows()[0] as number;
  const generation = shim.core.views.sessionInput.generation(row);
  assert.deepEqual(source.session(row, generation), {
    port: "p1",
    tid: 1,
    sid: 1,
    connections: [{ tid: 1, sid: 1, cid: 0 }],
  });
  assert.equal(source.session(row, generation + 1), undefined);
  assert.equal(source.hasSession("host-a", T1, "p1"), true);
  assert.equal(source.targetNumber("p1", T1), 1);
  await source.close();
});
