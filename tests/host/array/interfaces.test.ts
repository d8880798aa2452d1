import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatProblem } from "../../../host/array/checked-yaml.js";
import { type ArrayDescription, parseArray } from "../../../host/array/description.js";
import { groupsOf, partnersOf } from "../../../host/array/interfaces.js";

/** An array of two failover pairs; any part can be put in place of the one that is right. */
interface Parts {
  top?: string;
  controllers?: string;
  networkPorts?: string;
  interfaces?: string;
  units?: string;
}

const RIGHT: Required<Parts> = {
  top: "",
  controllers: "[{name: a, partner: b}, b, {name: c, partner: d}, d]",
  networkPorts: "[{name: a0, controller: a}, {name: b0, controller: b}, {name: c0, controller: c}]",
  interfaces: "[{name: i1, home: a0, address: 192.0.2.11/24}]",
  units: "[{name: u1, owner: a}]",
};

/** Line 1 name, 2 top, 3 ports, 4 controllers, 5 networkPorts, 6 interfaces, 7 units. */
function textOf(parts: Parts): string {
  const { top, controllers, networkPorts, interfaces, units } = { ...RIGHT, ...parts };
  return [
    "name: pairs",
    top,
    'ports: [{name: p, controller: a, address: "192.0.2.1:3260"}, {name: q, controller: b, address: "[2001:db8::1]:3260"}]',
    `controllers: ${controllers}`,
    `networkPorts: ${networkPorts}`,
    `interfaces: ${interfaces}`,
    `units: ${units}`,
    "",
  ].join("\n");
}

function problemsOf(parts: Parts): string[] {
  const { array, problems } = parseArray(textOf(parts), "array.yaml");
  assert.equal(array === undefined, problems.length > 0);
  return problems.map(formatProblem);
}

/** The one problem, as it is printed. */
function only(parts: Parts): string {
  const problems = problemsOf(parts);
  assert.equal(problems.length, 1, problems.join("\n"));
  return problems[0] ?? "";
}

function good(parts: Parts): { array: ArrayDescription; warnings: string[] } {
  const { array, problems, warnings = [] } = parseArray(textOf(parts), "array.yaml");
  assert.ok(array !== undefined, problems.map(formatProblem).join("\n"));
  return { array, warnings: warnings.map(formatProblem) };
}

describe("failover pairs in an array file", () => {
  test("are named by one of the two, and split over the groups in order", () => {
    const { controllers } = good({}).array;
    assert.deepEqual(Object.fromEntries(partnersOf(controllers)), { a: "b", b: "a", c: "d", d: "c" });
    assert.deepEqual(Object.fromEntries(groupsOf(controllers)), { a: 0, b: 1, c: 0, d: 1 });
  });

  test("follow a group that is given for either of the two", () => {
    const { controllers } = good({
      controllers: "[{name: a, partner: b}, {name: b, group: 0}, {name: c, partner: d, group: 1}, d]",
      units: "[]",
    }).array;
    assert.deepEqual(Object.fromEntries(groupsOf(controllers)), { a: 1, b: 0, c: 1, d: 0 });
  });

  test("in one group are refused, at both of them", () => {
    assert.deepEqual(problemsOf({ controllers: "[{name: a, partner: b, group: 0}, {name: b, group: 0}, c, d]" }), [
      "array.yaml:4:44: controllers[0].group: a and its partner b are in one group; expected a pair is split over the groups",
      "array.yaml:4:65: controllers[1].group: b and its partner a are in one group; expected a pair is split over the groups",
    ]);
  });

  test("with oneself, with nobody, and with one who has a partner already are refused", () => {
    assert.match(
      only({ controllers: "[{name: a, partner: a}, b, c, d]" }),
      /^array\.yaml:4:34: controllers\[0\]\.partner: a is its own partner; expected another controller$/,
    );
    assert.match(
      only({ controllers: "[{name: a, partner: x}, b, c, d]" }),
      /:4:34: controllers\[0\]\.partner: no controller x; expected one of: a, b, c, d$/,
    );
    assert.match(
      only({ controllers: "[{name: a, partner: b}, b, {name: c, partner: b}, d]" }),
      /controllers\[2\]\.partner: b is the partner of a; expected each controller in one pair$/,
    );
  });

  test("have each of their fields checked", () => {
    const refused = (fields: string) => only({ controllers: `[{name: a, ${fields}}, b, c, d]`, units: "[u1]" });
    assert.match(refused("group: 2"), /controllers\[0\]\.group: 2 is not right here; expected one of: 0, 1/);
    assert.match(refused("priority: -1"), /controllers\[0\]\.priority: -1 is out of range/);
    assert.match(refused("maintenance: drained"), /controllers\[0\]\.maintenance: "drained" is of the wrong type/);
    assert.match(refused("control: [here]"), /control\[0\]: "here" is not right here; expected `address:port`/);
    assert.match(refused("partners: b"), /unknown field partners; expected partner\?/);
  });
});

describe("network ports, interfaces and units in an array file", () => {
  test("say little and mean much", () => {
    const { array } = good({ networkPorts: "[a0, b0]", interfaces: "[{name: i1, home: a0}]", units: "[u1]" });
    assert.deepEqual(array.networkPorts?.[0], {
      name: "a0",
      controller: "a",
      device: "a0",
      speed: 1000,
      domain: "default",
      rank: 0,
    });
    assert.deepEqual(array.interfaces, [{ name: "i1", address: "", home: "a0", failBack: true }]);
    assert.deepEqual(array.units, [{ name: "u1", owner: "a" }]);
  });

  test("take ranges, speeds with units, and lists of eligible ports", () => {
    const { array } = good({
      networkPorts: '[{name: "a{0..1}", device: "e{0..1}", speed: 10Gbit/s, domain: lan, rank: 3}]',
      interfaces: '[{name: "i{1..2}", address: "192.0.2.{11..12}/24", home: a1, eligible: [a1, a0], failBack: false}]',
      units: '[{name: "u{1..2}", owner: d}]',
    });
    assert.deepEqual(
      array.networkPorts?.map(({ name, device, speed, domain, rank }) => [name, device, speed, domain, rank]),
      [
        ["a0", "e0", 10_000, "lan", 3],
        ["a1", "e1", 10_000, "lan", 3],
      ],
    );
    assert.deepEqual(
      array.interfaces?.map(({ name, address, home, eligible, failBack }) => [name, address, home, eligible, failBack]),
      [
        ["i1", "192.0.2.11/24", "a1", ["a1", "a0"], false],
        ["i2", "192.0.2.12/24", "a1", ["a1", "a0"], false],
      ],
    );
    assert.deepEqual(
      array.units?.map(({ owner }) => owner),
      ["d", "d"],
    );
  });
});

describe("what is wrong with network ports, interfaces and units is told with its place:", () => {
  test("a controller, a port or an owner that no one has", () => {
    assert.match(
      only({ networkPorts: "[{name: a0, controller: x}]" }),
      /^array\.yaml:5:39: networkPorts\[0\]\.controller: no controller x; expected one of: a, b, c, d$/,
    );
    assert.match(
      only({ units: "[{name: u1, owner: x}]" }),
      /^array\.yaml:7:27: units\[0\]\.owner: no controller x; expected one of: a, b, c, d$/,
    );
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, eligible: [a0, x]}]" }),
      /^array\.yaml:6:50: interfaces\[0\]\.eligible\[1\]: no network port x; expected one of: a0, b0, c0$/,
    );
  });

  test("a home that is in neither group, or in none at all", () => {
    assert.match(
      only({ interfaces: "[{name: i1, home: x0}]" }),
      /^array\.yaml:6:31: interfaces\[0\]\.home: no network port x0: home is in neither group; expected one of: a0, b0, c0$/,
    );
    assert.match(only({ interfaces: "[{name: i1}]" }), /:6:14: interfaces\[0\]\.home: field home is missing/);
  });

  test("a home that may not host it, a port of another domain, a port that stands twice", () => {
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, eligible: [c0]}]" }),
      /:6:45: interfaces\[0\]\.eligible: home a0 is not eligible; expected a0 among them$/,
    );
    assert.match(
      only({
        networkPorts: "[{name: a0, controller: a, domain: lan}, {name: c0, controller: c, domain: san}]",
        interfaces: "[{name: i1, home: a0, eligible: [a0, c0]}]",
      }),
      /interfaces\[0\]\.eligible\[1\]: c0 is in domain san; expected ports of domain lan, its home's$/,
    );
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, eligible: [a0, c0, a0]}]" }),
      /interfaces\[0\]\.eligible\[2\]: port a0 is there already; expected each port once$/,
    );
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, eligible: []}]" }),
      /:6:45: interfaces\[0\]\.eligible: the list is empty or too short; expected a list of at least 1$/,
    );
  });

  test("the address of a target port, of another interface in any spelling, and what is no address", () => {
    const refused = (...addresses: string[]) =>
      only({
        interfaces: `[${addresses.map((address, index) => `{name: i${index}, home: a0, address: "${address}"}`).join(", ")}]`,
      });
    assert.match(
      refused("192.0.2.1/24"),
      /:6:\d+: interfaces\[0\]\.address: 192\.0\.2\.1 is the address of target port p: target ports stay where they are; expected an address of its own$/,
    );
    assert.match(
      refused("2001:db8:0::1/64"),
      /interfaces\[0\]\.address: \[2001:db8::1\] is the address of target port q/,
    );
    assert.match(
      refused("192.0.2.9/24", "192.0.2.9/25"),
      /interfaces\[1\]\.address: 192\.0\.2\.9 is the address of interface i0; expected an address of its own$/,
    );
    assert.match(
      refused("2001:db8::9/64", "2001:DB8:0:0::9/64"),
      /interfaces\[1\]\.address: \[2001:db8::9\] is the address of interface i0/,
    );
    for (const wrong of ["192.0.2/24", "192.0.2.300/24", "192.0.2.9/33", "2001:db8::/129", "2001:db8::g/64", "here"]) {
      assert.match(
        refused(wrong),
        /interfaces\[0\]\.address: .* is no address; expected an address with its prefix: 192\.0\.2\.11\/24/,
        wrong,
      );
    }
  });

  test("a name, an id or a device that is there already", () => {
    assert.match(
      only({ networkPorts: "[a0, {name: a0, device: e1}]" }),
      /networkPorts\[1\]\.name: network port a0 is there already; expected a name that networkPorts\[0\] has not$/,
    );
    assert.match(
      only({ networkPorts: '[{name: "a{0..1}", device: "e{0..2}"}]' }),
      /:5:\d+: networkPorts\[0\]\.device: 3 devices for 2 names; expected a range as long as that of the name$/,
    );
    assert.match(
      only({ networkPorts: "[{name: a0, device: e0}, {name: a1, device: e0}]" }),
      /networkPorts\[1\]\.device: e0 is the device of a0; expected a device of its own$/,
    );
    assert.match(
      only({ interfaces: "[{name: i1, home: a0}, {name: i1, home: b0}]" }),
      /interfaces\[1\]\.name: interface i1 is there already/,
    );
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, id: 7}, {name: i2, home: b0, id: 7}]" }),
      /interfaces\[1\]\.id: id 7 is that of interface i1; expected an id of its own$/,
    );
    assert.match(only({ units: "[u1, u1]" }), /units\[1\]\.name: unit u1 is there already/);
    good({ networkPorts: "[{name: a0, device: e0}, {name: b0, controller: b, device: e0}]" });
  });

  test("a device that can't be one, and none where the addresses are to stand in a kernel", () => {
    const device = (name: string) => ({ networkPorts: `[{name: a0, device: ${JSON.stringify(name)}}]` });
    const right = "expected the name of a network device: 1 to 15 bytes, no /, : or blank";
    for (const wrong of ["sixteen-letters!", "ééééééééé", "e0/1", "e0:1", ".", ".."]) {
      assert.equal(
        only(device(wrong)),
        `array.yaml:5:35: networkPorts[0].device: ${wrong} can't be a network device's name; ${right}`,
      );
    }
    good(device("fifteen-letters"));
    assert.deepEqual(
      problemsOf({ networkPorts: '[{name: "a{9..10}", device: "fifteen-letter{9..10}"}]', interfaces: "[]" }),
      [`array.yaml:5:43: networkPorts[0].device: fifteen-letter10 can't be a network device's name; ${right}`],
    );
    good({ networkPorts: '[{name: "a{0..1}", device: "long-name-e{0..1}"}]' });
    good({ networkPorts: "[{name: a0}, name-of-more-than-15-letters]" });
    const top = "coordination: {intervalMs: 1s}";
    const real = problemsOf({ top, networkPorts: "[{name: a0, device: e0}, {name: a1}, a2]" });
    const place = (text: string) => text.slice(text.indexOf("networkPorts["));
    assert.deepEqual(real.filter((problem) => problem.includes("networkPorts")).map(place), [
      `networkPorts[1].device: a1 names no device, and its addresses are to stand in a kernel; ${right}`,
      `networkPorts[2].device: a2 names no device, and its addresses are to stand in a kernel; ${right}`,
    ]);
    assert.match(real.find((problem) => problem.includes("a1 names")) ?? "", /^array\.yaml:5:40: /);
  });

  test("a speed that is none, a failBack that is no yes or no", () => {
    assert.match(
      only({ networkPorts: "[{name: a0, speed: fast}]" }),
      /networkPorts\[0\]\.speed: "fast" is not right here/,
    );
    assert.match(only({ networkPorts: "[{name: a0, speed: 0}]" }), /networkPorts\[0\]\.speed: 0 is out of range/);
    assert.match(
      only({ interfaces: "[{name: i1, home: a0, failBack: later}]" }),
      /interfaces\[0\]\.failBack: "later" is of the wrong type/,
    );
  });

  test("more of them than the profile holds", () => {
    assert.match(
      only({ top: "profile: small", networkPorts: '["a{0..16}"]' }),
      /networkPorts: 17 networkPorts; expected at most 16 in profile small; profile standard holds 256$/,
    );
    assert.match(
      only({ top: "profile: small", interfaces: '[{name: "i{1..33}", home: a0}]' }),
      /interfaces: 33 interfaces; expected at most 32 in profile small/,
    );
    assert.match(only({ top: "profile: small", units: '["u{1..9}"]' }), /units: 9 units; expected at most 8/);
    assert.match(
      only({ top: "profile: small", controllers: '["a", b, c, d, e]', units: "[]" }),
      /controllers: 5 controllers; expected at most 4 in profile small/,
    );
    const domains = [0, 1, 2, 3, 4].map((at) => `{name: a${at}, domain: d${at}}`).join(", ");
    assert.match(
      only({ top: "profile: small", networkPorts: `[${domains}]` }),
      /networkPorts: 5 broadcast domains; expected at most 4 in profile small$/,
    );
    const names = Array.from({ length: 9 }, (_, at) => `a${at}`);
    const sets = names.map((name) => `{name: i-${name}, home: ${name}, eligible: [${name}]}`).join(", ");
    assert.match(
      only({ top: "profile: small", networkPorts: `[${names.join(", ")}]`, interfaces: `[${sets}]` }),
      /interfaces: 9 different sets of eligible ports; expected at most 8 in profile small$/,
    );
  });
});

describe("an array file is warned of", () => {
  test("nothing where each has somewhere to go", () => {
    assert.deepEqual(good({}).warnings, []);
  });

  test("an interface without a second port", () => {
    assert.deepEqual(good({ interfaces: "[{name: i1, home: b0}]" }).warnings, [
      "array.yaml:6:31: interfaces[0].home: i1 has no port but its home; expected a second port of group 1 and domain default",
    ]);
    const { warnings } = good({ interfaces: "[{name: i1, home: a0, eligible: [a0]}]" });
    assert.match(warnings.join("\n"), /^array\.yaml:6:31: interfaces\[0\]\.home: i1 has no port but its home;/);
    // A port of its partner's is in the other group, and none for it.
    const partners = good({ networkPorts: "[a0, {name: b0, controller: b}]" });
    assert.match(partners.warnings.join("\n"), /i1 has no port but its home/);
  });

  test("an interface whose ports are all of one server", () => {
    assert.deepEqual(good({ networkPorts: "[a0, a1, {name: b0, controller: b}]" }).warnings, [
      "array.yaml:6:31: interfaces[0].home: i1 has no port of another server; expected a port of another server of group 0",
    ]);
  });

  test("a unit whose owner has no partner", () => {
    const { warnings } = good({ controllers: "[a, b, c, {name: d, partner: b}]" });
    assert.deepEqual(warnings, [
      "array.yaml:7:27: units[0].owner: no other server takes u1 over: a has no partner; expected an owner with a partner",
    ]);
  });
});
