import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keysOf } from "../../../../host/cli/view/keyboard.js";
import { Screen } from "../../../../host/cli/view/screen.js";
import { TestTerminal } from "./terminal.js";

describe("screen of the view", () => {
  it("writes only the lines that changed, and nothing when none did", () => {
    const terminal = new TestTerminal(10, 4);
    const screen = new Screen(terminal);
    screen.open();
    screen.draw(["one", "two", "three"]);
    assert.deepEqual(terminal.screen, ["one", "two", "three", ""]);
    terminal.writes.length = 0;
    screen.draw(["one", "2", "three"]);
    assert.equal(terminal.writes.length, 1, "one write a drawing: no flicker");
    assert.ok(!terminal.writes[0]?.includes("one") && !terminal.writes[0]?.includes("three"));
    assert.deepEqual(terminal.screen, ["one", "2", "three", ""]);
    terminal.writes.length = 0;
    screen.draw(["one", "2", "three"]);
    assert.deepEqual(terminal.writes, []);
    screen.draw(["one"]);
    assert.deepEqual(terminal.screen, ["one", "", "", ""]);
  });

  it("keeps the last column of a line that is as wide as the screen", () => {
    const terminal = new TestTerminal(5, 2);
    const screen = new Screen(terminal);
    screen.open();
    screen.draw(["12345"]);
    screen.draw(["abcde"]);
    assert.deepEqual(terminal.screen, ["abcde", ""]);
  });

  it("draws all anew after it was told to forget", () => {
    const terminal = new TestTerminal(5, 2);
    const screen = new Screen(terminal);
    screen.open();
    screen.draw(["abc"]);
    screen.forget();
    assert.deepEqual(terminal.screen, ["", ""]);
    screen.draw(["abc"]);
    assert.deepEqual(terminal.screen, ["abc", ""]);
  });

  it("takes the alternate screen and gives the terminal back once", () => {
    const terminal = new TestTerminal(5, 2);
    const screen = new Screen(terminal);
    screen.close();
    assert.deepEqual(terminal.writes, [], "what was not taken is not given back");
    screen.open();
    assert.deepEqual([terminal.alternate, terminal.cursorShown], [true, false]);
    screen.close();
    assert.deepEqual([terminal.alternate, terminal.cursorShown], [false, true]);
    terminal.writes.length = 0;
    screen.close();
    screen.draw(["late"]);
    assert.deepEqual(terminal.writes, []);
  });

  it("takes 80 by 24 where the terminal does not say", () => {
    const screen = new Screen({ write: () => true });
    assert.deepEqual([screen.columns, screen.rows], [80, 24]);
  });
});

describe("keys of the view", () => {
  it("are told apart in what the terminal sends at once", () => {
    assert.deepEqual(keysOf("p\u001b[A\u001bOBm"), ["pause", "up", "down", "maintenance"]);
    assert.deepEqual(keysOf("\u0003"), ["quit"]);
    assert.deepEqual(keysOf("\u001b[15~x\u001b[1;5Cq"), ["quit"], "others are passed over whole");
  });
});
