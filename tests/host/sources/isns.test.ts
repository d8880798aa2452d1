import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandQueue, OutputError } from "../../../host/sources/command.js";
import { IsnsError, Isnsadm } from "../../../host/sources/isns/isnsadm.js";
import { parsePortalGroups } from "../../../host/sources/isns/parse.js";
import { RegistrationSource } from "../../../host/sources/isns/source.js";
import { arrayOf } from "../shim/support.js";
import { FakeIsns } from "./fake-isns.js";
import { fixture, until, watchedShim } from "./support.js";

const T1 = "iqn.2024-01.org.example:t1";
const T2 = "iqn.2024-01.org.example:t2";

test("portal groups of a real server, in its order; a withdrawn one is not among them", () => {
  assert.deepEqual(parsePortalGroups(fixture("isns/portal-groups.txt")), [
    { name: T1, portal: "10.0.0.1:3260", tag: 1 },
    { name: T1, portal: "10.0.0.2:3260", tag: 2 },
    { name: T1, portal: "[fd00::1]:3260", tag: 1 },
    { name: T2, portal: "10.0.0.2:3260", tag: 2 },
    { name: T2, portal: "[fd00::1]:3260", tag: 3 },
  ]);
});

test("an empty server", () => {
  assert.deepEqual(parsePortalGroups(fixture("isns/empty.txt")), []);
});

test("a tag that is NULL is 0", () => {
  const text = fixture("isns/portal-groups.txt").replace(
    "uint32      : Portal group tag = 2",
    "nil         : Portal group tag = <empty>",
  );
  assert.equal(parsePortalGroups(text)[1]?.tag, 0);
});

test("an output that is not as known is refused, with its line", () => {
  const text = fixture("isns/portal-groups.txt");
  const broken: [string, RegExp][] = [
    [text.replace("Object 2:", "Thing 2:"), /line 13 .*Thing 2/],
    [text.slice(0, text.indexOf("0032", 400)), /no portal group/],
    [text.replace("3260/tcp", "3260/udp"), /no portal group of a TCP portal/],
    [text.replace("0033", "0099"), /unknown line/],
    [`x${text}`, /line 1 /],
  ];
  for (const [output, message] of broken) {
    assert.throws(
      () => parsePortalGroups(output),
      (error: Error) => error instanceof OutputError && message.test(error.message),
    );
  }
});

function isnsadm(server: FakeIsns): Isnsadm {
  return new Isnsadm(new CommandQueue(server.run, 2), { socket: "/run/isnsd.socket", sourceName: T1 }, 1000);
}

test("failures of isnsadm are told apart", async () => {
  const server = new FakeIsns();
  const client = isnsadm(server);
  for (const fault of ["timeout", "refused", "unreachable"] as const) {
    server.fault = fault;
    await assert.rejects(client.register("array", T1, [{ portal: "10.0.0.1:3260", tag: 1 }]), (error) => {
      return error instanceof IsnsError && error.fault === fault;
    });
  }
  client.close();
});

const ARRAY = `
name: array
profile: small
ports:
  - {name: p1, address: "10.0.0.1:3260"}
  - {name: p2, address: "[fd00::0:1]:3260"}
targets: [${T1}, ${T2}]
`;

function observed(shim: ReturnType<typeof watchedShim>["shim"], target: string): number {
  return shim.core.views.registrationInput.ports(shim.names.targets.row(target));
}

test("the source hands over what is listed, and keeps it while the server can't be asked", async () => {
  const server = new FakeIsns();
  const client = isnsadm(server);
  const reports: string[] = [];
  const { shim } = watchedShim(ARRAY);
  const source = new RegistrationSource(client, {
    array: arrayOf(ARRAY),
    pollMs: 5,
    report: (line) => reports.push(line),
  });
  await client.register("array", T1, [
    { portal: "10.0.0.1:3260", tag: 1 },
    { portal: "[fd00::1]:3260", tag: 2 },
  ]);
  source.attach(shim);
  await until("both ports of the first target", () => observed(shim, T1) === 0b11);
  assert.equal(observed(shim, T2), 0);
  server.fault = "unreachable";
  await until("a report", () => reports.length === 1);
  assert.equal(observed(shim, T1), 0b11);
  server.fault = "none";
  await client.register("array", T1, [{ portal: "10.0.0.1:3260", tag: 0 }]);
  await until("the withdrawal", () => observed(shim, T1) === 0b10);
  assert.match(reports[1] ?? "", /reachable again/);
  await source.close();
});

test("a listing that began before a change does not undo what was observed after it", async () => {
  const { shim } = watchedShim(ARRAY);
  let answer = (): void => undefined;
  let asked = 0;
  const lister = {
    portalGroups: async () => {
      asked++;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      // A server may list a pair whose tag is NULL, too.
      return [
        { name: T1, portal: "10.0.0.1:3260", tag: 1 },
        { name: T2, portal: "10.0.0.1:3260", tag: 0 },
      ];
    },
  };
  const source = new RegistrationSource(lister, { array: arrayOf(ARRAY), pollMs: 5, report: () => undefined });
  source.attach(shim);
  await until("a question", () => asked === 1);
  source.observe(T1, [{ name: T1, portal: "[fd00::1]:3260", tag: 2 }]);
  answer();
  await until("a second question", () => asked === 2);
  assert.equal(observed(shim, T1), 0b10);
  answer();
  await until("a third question", () => asked === 3);
  assert.equal(observed(shim, T1), 0b01);
  assert.equal(observed(shim, T2), 0);
  answer();
  await source.close();
});
