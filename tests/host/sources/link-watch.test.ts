/** Links as the kernel tells of them, by a stand-in for `ip`; `npm run e2e:interfaces` has the real one. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LinkState, LinkStateNames } from "../../../host/shim/generated/layout.js";
import { Shim } from "../../../host/shim/shim.js";
import type { CommandResult } from "../../../host/sources/command.js";
import { LinkWatch } from "../../../host/sources/kernel/link-watch.js";
import { NetworkPortSource } from "../../../host/sources/kernel/network-ports.js";
import { arrayOf, newCore } from "../shim/support.js";
import { until } from "./support.js";

const { UP, DOWN, UNKNOWN } = LinkState;
const folder = mkdtempSync(join(tmpdir(), "fairlead-link-"));
after(() => rmSync(folder, { recursive: true }));

/** A stand-in for `ip monitor` that prints what a file is given. */
function standIn(name: string): { program: string; say: (line: string) => void; end: () => void } {
  const program = join(folder, name);
  const lines = `${program}.lines`;
  writeFileSync(lines, "");
  writeFileSync(program, `#!/bin/sh\nexec tail -n 0 -f ${lines}\n`);
  chmodSync(program, 0o700);
  return {
    program,
    say: (line) => writeFileSync(lines, `${line}\n`, { flag: "a" }),
    end: () => writeFileSync(program, "#!/bin/sh\nexit 3\n"),
  };
}

function shown(links: Record<string, string>, errors = 0): CommandResult {
  const list = Object.entries(links).map(([ifname, operstate], place) => ({
    ifindex: place + 2,
    ifname,
    flags: operstate === "UP" ? ["UP", "LOWER_UP"] : ["UP", "NO-CARRIER"],
    operstate,
    stats64: { rx: { errors }, tx: { errors: 0 } },
  }));
  return { status: 0, stdout: JSON.stringify(list), stderr: "", timedOut: false };
}

test("events come at once; the list finds what was missed, and counts errors from the start", async (t) => {
  const { program, say } = standIn("events");
  const seen: string[] = [];
  const addresses: string[] = [];
  let list = shown({ e0: "UP", e1: "DOWN" }, 100);
  const watch = new LinkWatch(["e0", "e1", "e2"], {
    pollMs: 30,
    onLink: (device, state) => seen.push(`${device} ${LinkStateNames[state]}`),
    onAddress: (device) => addresses.push(device),
    report: assert.fail,
    run: () => Promise.resolve(list),
    program,
  });
  t.after(() => watch.close());
  assert.equal(watch.state("e0"), UNKNOWN);
  await watch.start();
  assert.deepEqual([watch.state("e0"), watch.state("e1"), watch.state("e2")], [UP, DOWN, DOWN]);
  assert.deepEqual(seen.splice(0), ["e0 UP", "e1 DOWN", "e2 DOWN"]);
  // Until the stand-in listens, what is said is not heard: said until it is.
  await until("the monitor listens", () => {
    say("2: e0    inet 192.0.2.1/24 scope global e0");
    return addresses.length > 0;
  });
  list = shown({ e0: "DOWN", e1: "DOWN" }, 105);
  say("2: e0@if9: <NO-CARRIER,BROADCAST,UP> mtu 1500 state LOWERLAYERDOWN");
  await until("e0 is down", () => watch.state("e0") === DOWN);
  list = shown({ e0: "DOWN", e1: "UP" }, 105);
  await until("e1 is up, by the list alone", () => watch.state("e1") === UP);
  assert.equal(watch.errors("e0"), 5);
  assert.deepEqual(seen, ["e0 DOWN", "e1 UP"]);
});

test("a device that is renamed or deleted is down", async (t) => {
  const { program, say } = standIn("renamed");
  const watch = new LinkWatch(["e0", "e1"], {
    pollMs: 60_000,
    onLink: () => {},
    report: assert.fail,
    run: () => Promise.resolve(shown({ e0: "UP", e1: "UP" })),
    program,
  });
  t.after(() => watch.close());
  await watch.start();
  const sayUntil = (what: string, line: string, holds: () => boolean) =>
    until(what, () => {
      say(line);
      return holds();
    });
  await sayUntil("renamed", "2: other: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP", () => watch.state("e0") === DOWN);
  await sayUntil("deleted", "Deleted 3: e1: <BROADCAST> mtu 1500 state DOWN", () => watch.state("e1") === DOWN);
  await sayUntil("back", "9: e0: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP", () => watch.state("e0") === UP);
});

test("without a monitor, and without a list, it says so and goes on", async (t) => {
  const { program, end } = standIn("ended");
  end();
  const reports: string[] = [];
  let works = false;
  const run = () =>
    Promise.resolve(works ? shown({ e0: "UP" }) : { status: 1, stdout: "", stderr: "no", timedOut: false });
  const report = (line: string) => reports.push(line);
  const watch = new LinkWatch(["e0"], { pollMs: 20, onLink: () => {}, report, run, program });
  t.after(() => watch.close());
  await watch.start();
  await until("told", () => reports.length === 2);
  assert.deepEqual(reports.toSorted(), [
    "ip link show: exit code 1, no",
    "ip monitor: exit code 3; links were polled meanwhile, it is started again",
  ]);
  assert.equal(watch.state("e0"), UNKNOWN);
  works = true;
  await until("polled", () => watch.state("e0") === UP);
});

test("a monitor that an interrupt from the terminal ends before the watch is closed is nothing to tell of", async (t) => {
  const { program } = standIn("interrupted");
  const gone = `${program}.gone`;
  writeFileSync(program, `#!/bin/sh\ntouch ${gone}\nkill -INT $$\n`);
  const reports: string[] = [];
  const run = () => Promise.resolve(shown({ e0: "UP" }));
  const report = (line: string) => reports.push(line);
  const watch = new LinkWatch(["e0"], { pollMs: 20, onLink: () => {}, report, run, program });
  t.after(() => watch.close());
  await watch.start();
  await until("gone", () => existsSync(gone));
  // Its end is heard here a moment later, or by what closes it.
  await delay(100);
  await watch.close();
  assert.deepEqual(reports, []);
});

test("links reach the module's table of network ports", async (t) => {
  const shim = new Shim(newCore(), { incarnation: 1 });
  const text =
    "name: x\nprofile: small\ncontrollers: [a]\nports: [{name: p1}]\ntargets: [t1]\nnetworkPorts: [{name: n0, controller: a, device: e0}]\n";
  assert.deepEqual(shim.configure(arrayOf(text)), []);
  shim.start(0);
  const { program } = standIn("module");
  let list = shown({ e0: "UP" });
  const run = () => Promise.resolve(list);
  const watch = new LinkWatch(["e0"], { pollMs: 20, onLink: () => {}, report: assert.fail, run, program });
  const source = new NetworkPortSource([{ name: "n0", device: "e0" }], watch);
  t.after(() => source.close());
  source.attach(shim);
  await until("read", () => watch.state("e0") === UP);
  source.beforeTick();
  const { networkPortInput } = shim.core.views;
  const row = shim.names.networkPorts.row("n0");
  assert.equal(networkPortInput.link(row), UP);
  list = shown({ e0: "DOWN" }, 70_000);
  await until("down", () => watch.state("e0") === DOWN);
  source.beforeTick();
  assert.equal(networkPortInput.link(row), DOWN);
  assert.equal(networkPortInput.errors(row), 0xffff, "as many as the field holds");
});
