import assert from "node:assert/strict";
import { describe, it } from "node:test";
import stringWidth from "string-width";
import { composeFrame } from "../../../../host/cli/view/frame.js";
import { type LogEntry, readModel, type ViewModel } from "../../../../host/cli/view/model.js";
import { createPalette } from "../../../../host/cli/view/palette.js";
import { choose, pairGlyph } from "../../../../host/cli/view/panels/ports.js";
import { clock } from "../../../../host/cli/view/panels/title.js";
import { View } from "../../../../host/cli/view/view.js";
import { EngineArray } from "../../../../host/management/array/engine-array.js";
import { virtualRun } from "../run/virtual-run.js";
import { TestKeyboard, TestTerminal } from "./terminal.js";

const UTF8 = { LANG: "C.UTF-8", TERM: "xterm" };
const palette = createPalette(UTF8, false);

/** A view of the embedded array on a terminal of some size, and the run behind it. */
async function openView(columns: number, rows: number) {
  const run = await virtualRun();
  const array = run.engine.shim.array ?? assert.fail("no array");
  const terminal = new TestTerminal(columns, rows);
  const keyboard = new TestKeyboard();
  let quits = 0;
  const quit = () => {
    quits++;
  };
  const commanded = new EngineArray({ engine: run.engine, controller: "", text: "", file: undefined });
  const maintain = (port: string, maintenance: boolean) =>
    commanded.perform({ kind: "port-maintenance", port, maintenance }, undefined);
  const view = new View(run.engine, array, [], { quit, maintain }, { output: terminal, input: keyboard }, palette);
  view.open();
  let drawnMs = 0;
  const showAt = (ms: number) => {
    run.runTo(ms);
    drawnMs += 1000;
    view.refresh(drawnMs);
    return terminal.screen;
  };
  return { run, view, terminal, keyboard, showAt, quits: () => quits };
}

function lineOf(screen: readonly string[], start: string): string {
  return (
    screen.find((line) => line.slice(2).startsWith(start)) ?? assert.fail(`no line ${start} in\n${screen.join("\n")}`)
  );
}

describe("live view", () => {
  it("shows ports with loads, sessions, states and registrations on 80 columns and 24 lines", async () => {
    const { view, showAt } = await openView(80, 24);
    const calm = showAt(2500);
    assert.match(calm[0] ?? "", /^fairlead demo standard\/plain 0:02 .* GiB\/s$/);
    assert.match(lineOf(calm, "a1"), /^> a1 .* 22 .* ok +12\/12 ●●● {3}●●● {6}●●● {3}●●●$/);
    assert.match(calm.at(-1) ?? "", /q quit .* r restart iSNS$/);
    const busy = showAt(5300);
    assert.match(lineOf(busy, "a1"), /█{5}.*OVERLOADED.*[○-]/);
    assert.ok(
      busy.some((line) => /WITHDRAW vol\d\d from a1: overloaded/.test(line)),
      busy.join("\n"),
    );
    assert.ok(busy.some((line) => /host\d\d>vol\d\d +a1 → \w\d +(settling|awaiting login|logging out)/.test(line)));
    const relieved = showAt(14_000);
    assert.match(lineOf(relieved, "a1"), /ok +12\/12 ●●● {3}●●● {6}●●● {3}●●●$/);
    assert.ok(
      relieved.some((line) => /RESTORE {2}vol\d\d on a1: relieved/.test(line)),
      relieved.join("\n"),
    );
    view.close();
  });

  it("shows wanted and listed registrations apart where there is room", async () => {
    const { view, run, showAt } = await openView(160, 45);
    showAt(2000);
    run.engine.world?.isns.forget(0, 0);
    const [world] = [run.engine.world ?? assert.fail("no world")];
    world.restartServer(5000, "kept");
    const screen = showAt(2400);
    assert.match(screen[1] ?? "", /want\/is wanted +listed$/);
    assert.match(lineOf(screen, "a1"), /●●● {3}●●● {6}●●● {3}●●● {2}●●● {3}●●●/);
    assert.match(screen[0] ?? "", /iSNS server down/);
    view.close();
  });

  it("fits any screen, down to one that shows next to nothing", async () => {
    const run = await virtualRun();
    run.runTo(6000);
    const array = run.engine.shim.array ?? assert.fail("no array");
    const log: LogEntry[] = [{ timeMs: 1, kind: "note", words: "n".repeat(300) }];
    const model = readModel(run.engine, array, log);
    for (const columns of [1, 10, 30, 40, 57, 79, 80, 100, 131, 200]) {
      for (const rows of [1, 2, 5, 10, 17, 18, 24, 60]) {
        const state = { columns, rows, paused: true, selected: 3, simulated: true };
        const real = composeFrame({ ...model, hosts: undefined }, { ...state, simulated: false }, palette);
        assert.ok(real.every((line) => stringWidth(line) <= columns && !line.includes("surge")));
        const lines = composeFrame(model, state, palette);
        assert.ok(lines.length <= rows, `${lines.length} lines on ${columns}×${rows}`);
        for (const line of lines) assert.ok(stringWidth(line) <= columns, `${columns}×${rows}: ${line}`);
        if (rows >= 10) assert.equal(lines.length, rows, `${columns}×${rows}`);
      }
    }
  });

  it("shows the selected and the most loaded ports where not all find room", async () => {
    const run = await virtualRun();
    run.runTo(6000);
    const array = run.engine.shim.array ?? assert.fail("no array");
    const model: ViewModel = readModel(run.engine, array, []);
    const shown = choose(model.ports, 3, 7).map((port) => port.name);
    assert.deepEqual([shown.length, shown[0], shown.at(-1)], [3, "a1", "b4"]);
    const lines = composeFrame(model, { columns: 80, rows: 9, paused: false, selected: 7, simulated: true }, palette);
    assert.match(lines[1] ?? "", /\(\d more/);
  });

  it("counts registrations as one by one", async () => {
    const run = await virtualRun();
    run.runTo(6000);
    const { shim } = run.engine;
    const array = shim.array ?? assert.fail("no array");
    const model = readModel(run.engine, array, []);
    const total = (of: (port: ViewModel["ports"][number]) => number) =>
      model.ports.reduce((sum, port) => sum + of(port), 0);
    assert.equal(
      total((port) => port.wanted),
      total((port) => port.pairs.filter((pair) => pair.wanted).length),
    );
    assert.equal(
      total((port) => port.listed),
      total((port) => port.pairs.filter((pair) => pair.observed).length),
    );
    const { wanted, observed, withdrawn } = run.summary().registrations;
    assert.deepEqual([wanted, observed], [total((port) => port.wanted), total((port) => port.listed)]);
    assert.ok(withdrawn.length > 0 && withdrawn.length === 96 - wanted);
    const large = { ...model, targetCount: 4000 };
    const lines = composeFrame(large, { columns: 100, rows: 24, paused: false, selected: 0, simulated: true }, palette);
    assert.match(lines[1] ?? "", /registrations of \d+ of 4000 targets/);
  });

  it("stands still while it is paused, and goes on", async () => {
    const { view, keyboard, showAt } = await openView(80, 24);
    showAt(2000);
    keyboard.type("p");
    const paused = showAt(6000);
    assert.match(paused[0] ?? "", /0:02 PAUSED/);
    assert.ok(!paused.some((line) => line.includes("WITHDRAW")));
    keyboard.type("p");
    assert.ok(showAt(6100).some((line) => line.includes("LOGOUT")));
    view.close();
  });

  it("takes orders for the selected port", async () => {
    const { run, view, keyboard, showAt } = await openView(80, 24);
    showAt(2500);
    keyboard.type("\u001b[B\u001b[B");
    assert.match(lineOf(showAt(2600), "a2"), /^> a2/);
    keyboard.type("m");
    assert.match(lineOf(showAt(3000), "a2"), /draining/);
    keyboard.type("m");
    assert.doesNotMatch(lineOf(showAt(3400), "a2"), /drain/);
    keyboard.type("kl");
    assert.match(lineOf(showAt(3600), "b1"), /^> b1 .*link down/);
    keyboard.type("l");
    assert.equal(run.engine.world?.ports[1]?.linkUp, true);
    keyboard.type("ks");
    keyboard.type("r");
    const screen = showAt(3800);
    assert.match(screen[0] ?? "", /iSNS server down/);
    assert.ok(screen.some((line) => line.includes("surge on a1 begins")));
    view.close();
  });

  it("quits, and gives the terminal back", async () => {
    const { view, terminal, keyboard, showAt, quits } = await openView(80, 24);
    const exitListeners = process.listenerCount("exit");
    showAt(1000);
    assert.deepEqual([terminal.alternate, keyboard.raw], [true, true]);
    keyboard.type("q");
    keyboard.type("\u0003");
    assert.equal(quits(), 2);
    view.close();
    view.close();
    assert.deepEqual([terminal.alternate, terminal.cursorShown, keyboard.raw], [false, true, false]);
    assert.equal(process.listenerCount("exit"), exitListeners - 1);
  });

  it("draws all anew when the terminal has another size", async () => {
    const { view, terminal, showAt } = await openView(80, 24);
    showAt(2000);
    terminal.resize(120, 30);
    assert.equal(terminal.screen.filter((line) => line.startsWith("fairlead")).length, 1);
    assert.match(terminal.screen[29] ?? "", /q quit/);
    view.close();
  });

  it("writes only what changed from one drawing to the next", async () => {
    const { view, terminal, showAt } = await openView(80, 24);
    showAt(2000);
    terminal.writes.length = 0;
    showAt(2000);
    assert.deepEqual(terminal.writes, []);
    showAt(2100);
    const [write = ""] = terminal.writes;
    assert.equal(terminal.writes.length, 1);
    assert.ok(!write.includes("q quit") && !write.includes("registrations"), "footer and header stand");
    view.close();
  });

  it("uses colours and characters as far as the terminal has them", () => {
    assert.ok(createPalette(UTF8, true).bad("x").startsWith("\u001b[31mx"));
    assert.equal(createPalette(UTF8, false).bad("x"), "x");
    assert.equal(createPalette({ LANG: "C" }, false).both, "*");
    assert.equal(createPalette({ LANG: "C.UTF-8", TERM: "linux" }, false).both, "*");
    assert.equal(createPalette({ LC_ALL: "POSIX", LANG: "C.UTF-8" }, false).both, "*", "LC_ALL wins");
    const pair = (wanted: boolean, observed: boolean) => pairGlyph({ configured: true, wanted, observed }, palette);
    assert.deepEqual(
      [pair(true, true), pair(true, false), pair(false, true), pair(false, false)],
      ["●", "+", "-", "○"],
    );
  });

  it("tells the time", () => {
    assert.deepEqual([clock(999), clock(61_000), clock(3_723_000)], ["0:00", "1:01", "1:02:03"]);
  });
});
