/** What iproute2 prints of links, as it was captured in a network namespace. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkState } from "../../../host/shim/generated/layout.js";
import { OutputError } from "../../../host/sources/command.js";
import { isLabelOf, parseLinkShow, parseMonitorLine } from "../../../host/sources/kernel/link-lines.js";
import { fixture } from "./support.js";

const { UP, DOWN } = LinkState;

test("a captured course of events", () => {
  const events = fixture("ip/monitor.txt")
    .trimEnd()
    .split("\n")
    .map((line) => parseMonitorLine(line));
  const links = events.flatMap((event) => (event?.kind === "link" ? [[event.label, event.state, event.gone]] : []));
  assert.deepEqual(links, [
    ["v0@v1", DOWN, false], // up, but its peer isn't
    ["v1@v0", DOWN, false], // carrier, but the state still says lower layer down
    ["v1@v0", UP, false],
    ["v0@v1", UP, false],
    ["v1@v0", DOWN, false],
    ["v0@v1", DOWN, false], // the peer went down
    ["v1@v0", DOWN, false],
    ["v1@v0", UP, false],
    ["v0@v1", UP, false],
    ["weird0@v1", UP, false], // renamed
    ["v1@NONE", DOWN, false],
    ["weird0@NONE", DOWN, false],
    ["v1@NONE", DOWN, true],
    ["weird0@NONE", DOWN, true],
  ]);
  const addresses = events.filter((event) => event?.kind === "address").length;
  assert.equal(addresses, 7);
  assert.equal(links.length + addresses, events.length, "every line is understood");
});

test("lines that tell of neither a link nor an address", () => {
  for (const line of ["", "Timestamp: Sat Nov 21", "3: eth0", "nsid 0", "Deleted", "x: eth0: <UP> state UP"]) {
    assert.equal(parseMonitorLine(line), undefined, line);
  }
});

test("flags and states", () => {
  const state = (flags: string, rest: string) => {
    const event = parseMonitorLine(`7: eth0: <${flags}> mtu 1500 ${rest}`);
    return event?.kind === "link" ? event.state : undefined;
  };
  assert.equal(state("BROADCAST,UP,LOWER_UP", "state UP"), UP);
  assert.equal(state("BROADCAST,UP,LOWER_UP", "state UNKNOWN group default"), UP, "drivers that don't tell");
  assert.equal(state("BROADCAST,UP,LOWER_UP", "state DORMANT"), DOWN);
  assert.equal(state("NO-CARRIER,BROADCAST,UP", "state DOWN"), DOWN);
  assert.equal(state("BROADCAST,LOWER_UP", "state DOWN"), DOWN);
  assert.equal(state("", "state DOWN"), DOWN);
});

test("labels, also of devices whose name holds an @", () => {
  assert.ok(isLabelOf("eth0", "eth0") && isLabelOf("eth0@if7", "eth0") && isLabelOf("w@1@w0", "w@1"));
  assert.ok(!isLabelOf("eth01", "eth0") && !isLabelOf("eth", "eth0"));
});

test("the list, with errors", () => {
  const links = parseLinkShow(fixture("ip/link.json"));
  const states = Object.fromEntries(links.map((link) => [link.device, link.state]));
  assert.deepEqual(states, { lo: DOWN, v0: UP, v1: UP, w0: DOWN, "w@1": DOWN });
  const text = JSON.stringify([
    {
      ifindex: 9,
      ifname: "e",
      flags: ["UP", "LOWER_UP"],
      operstate: "UP",
      stats64: { rx: { errors: 3 }, tx: { errors: 4 } },
    },
  ]);
  assert.deepEqual(parseLinkShow(text), [{ index: 9, device: "e", state: UP, errors: 7 }]);
});

test("an output that isn't as known is refused whole", () => {
  for (const text of ["", "{}", "[{}]", '[{"ifindex":1,"ifname":"e"}]', "[null]", '[{"ifindex":1']) {
    assert.throws(() => parseLinkShow(text), OutputError, text);
  }
});
