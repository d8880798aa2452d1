import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { coordinationSection } from "../../../host/coordination/section.js";

const TWO = `name: pair
controllers:
  - {name: a, partner: b, control: [127.0.0.1:7801], command: 127.0.0.1:7901}
  - {name: b, control: [127.0.0.1:7802], command: "[::1]:7902"}
`;
const ONE = "name: one\n";

function parse(text: string) {
  return parseArray(text, "array.yaml");
}

/** `field: message` of each problem. */
function problems(text: string): string[] {
  return parse(text).problems.map(({ line, field, message }) => `${line} ${field}: ${message}`);
}

describe("the section `coordination`", () => {
  it("gives what the file says, and defaults for the rest", () => {
    const { array, problems: none } = parse(`${TWO}coordination:
  keyFile: /etc/fairlead/key
  leaseMs: 4s
  intervalMs: 50ms
  etcd: {endpoints: [10.0.0.1:2379, "[fd00::2]:2379"], ca: /etc/ca.pem, user: fairlead, passwordFile: /etc/password}
`);
    assert.deepEqual(none, []);
    assert.deepEqual(coordinationSection(array as NonNullable<typeof array>), {
      keyFile: "/etc/fairlead/key",
      stateFolder: "/var/lib/fairlead",
      intervalMs: 50,
      fallCount: 3,
      etcd: {
        endpoints: ["10.0.0.1:2379", "[fd00::2]:2379"],
        ca: "/etc/ca.pem",
        user: "fairlead",
        passwordFile: "/etc/password",
      },
      leaseMs: 4000,
      marginMs: 400,
      promiseMs: 4000,
      orderTimeoutMs: 1000,
      management: undefined,
    });
  });

  it("is not needed, and one controller needs neither key nor etcd", () => {
    assert.equal(coordinationSection(parse(ONE).array as never), undefined);
    assert.deepEqual(problems(`${ONE}coordination: {intervalMs: 1s}\n`), []);
  });

  it("names line and field of what several controllers lack", () => {
    const text = TWO.replace(", command: 127.0.0.1:7901", "");
    assert.deepEqual(problems(`${text}coordination:\n  intervalMs: 1s\n`), [
      "3 controllers[0].command: a takes no commands",
      "6 coordination.keyFile: no key, and several controllers",
      "6 coordination.etcd: no lease service, and several controllers",
    ]);
  });

  const good = `${TWO}coordination:\n  keyFile: /k\n`;
  for (const [what, text, problem] of [
    [
      "a lease that is too short",
      `${good}  etcd: {endpoints: [1.2.3.4:1]}\n  leaseMs: 1s\n`,
      '8 coordination.leaseMs: "1s" is out of range',
    ],
    [
      "a lease of half a second more",
      `${good}  etcd: {endpoints: [1.2.3.4:1]}\n  leaseMs: 2500ms\n`,
      "8 coordination.leaseMs: 2500 ms are no whole seconds",
    ],
    [
      "a margin of most of the lease",
      `${good}  etcd: {endpoints: [1.2.3.4:1]}\n  marginMs: 2s\n`,
      "8 coordination.marginMs: 2000 ms are more than half of the lease",
    ],
    [
      "an endpoint by name",
      `${good}  etcd: {endpoints: ["etcd1:2379"]}\n`,
      '7 coordination.etcd.endpoints[0]: "etcd1:2379" is no endpoint',
    ],
    [
      "no endpoint at all",
      `${good}  etcd: {endpoints: []}\n`,
      "7 coordination.etcd.endpoints: the list is empty or too short",
    ],
    [
      "a password in the clear",
      `${good}  etcd: {endpoints: [1.2.3.4:1], user: u, passwordFile: /p}\n`,
      "7 coordination.etcd.ca: a password would go over the network in the clear",
    ],
    [
      "a certificate without its key",
      `${good}  etcd: {endpoints: [1.2.3.4:1], ca: /c, certificate: /d}\n`,
      "7 coordination.etcd.key: a certificate and its key go together",
    ],
    [
      "an unknown field",
      `${good}  etcd: {endpoints: [1.2.3.4:1]}\n  lease: 2s\n`,
      "8 coordination.lease: unknown field lease",
    ],
    [
      "a key file by a relative path",
      `${TWO}coordination:\n  keyFile: key\n  etcd: {endpoints: [1.2.3.4:1]}\n`,
      '6 coordination.keyFile: "key" is not right here',
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.deepEqual(problems(text), [problem]));
  }
});
