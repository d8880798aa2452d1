import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import {
  anyChanged,
  changesWait,
  earliestDeadline,
  markChanged,
  setDeadline,
  takeChanged,
  takeDue,
} from "../../../assembly/memory/scheduling";
import { NEVER } from "../../../assembly/memory/seals";
import { Work } from "../../../assembly/tables/module-state";
import { Move } from "../../../assembly/tables/move";

/** The work list of the small profile. */
const WORK_MAX: u32 = 64;

function arm(row: u32, deadlineMs: u64): void {
  Move.at(row).deadlineMs = deadlineMs;
  setDeadline(MOVE_TABLE, row, deadlineMs);
}

describe("changed bits", () => {
  it("hands out each changed row once", () => {
    resetMemory();
    expect<bool>(anyChanged()).toBe(false);
    markChanged(SESSION_INPUT_TABLE, 5);
    markChanged(SESSION_INPUT_TABLE, 5);
    markChanged(SESSION_INPUT_TABLE, 31);
    expect<bool>(anyChanged()).toBe(true);
    expect<u32>(takeChanged(SESSION_INPUT_TABLE, WORK_MAX)).toBe(2);
    expect<u16>(Work.at(0).row).toBe(5);
    expect<u16>(Work.at(1).row).toBe(31);
    expect<u32>(takeChanged(SESSION_INPUT_TABLE, WORK_MAX)).toBe(0);
    expect<bool>(anyChanged()).toBe(false);
  });

  it("leaves rows with their bits when the work is bounded", () => {
    resetMemory();
    for (let row: u32 = 0; row < 128; row++) markChanged(SESSION_INPUT_TABLE, row);
    expect<u32>(takeChanged(SESSION_INPUT_TABLE, 64)).toBe(64);
    expect<bool>(changesWait(SESSION_INPUT_TABLE)).toBe(true);
    expect<u32>(takeChanged(SESSION_INPUT_TABLE, 64)).toBe(64);
    expect<bool>(changesWait(SESSION_INPUT_TABLE)).toBe(false);
  });

  it("begins with another group in each busy tick, so that none starves", () => {
    resetMemory();
    let seen: u32 = 0;
    for (let tick: u32 = 0; tick < 32; tick++) {
      Header.get().busyTicks = tick;
      for (let row: u32 = 0; row < 128; row++) markChanged(SESSION_INPUT_TABLE, row);
      const count = takeChanged(SESSION_INPUT_TABLE, 32);
      for (let n: u32 = 0; n < count; n++) seen |= 1 << (Work.at(n).row >> 5);
    }
    expect<u32>(seen).toBe(0b1111);
  });
});

describe("deadlines", () => {
  it("are taken when due, and not before", () => {
    resetMemory();
    arm(2, 100);
    arm(5, 200);
    Header.get().nowMs = 99;
    expect<u32>(takeDue(MOVE_TABLE, WORK_MAX)).toBe(0);
    Header.get().nowMs = 100;
    expect<u32>(takeDue(MOVE_TABLE, WORK_MAX)).toBe(1);
    expect<u16>(Work.at(0).row).toBe(2);
    Move.at(2).deadlineMs = NEVER;
    expect<u64>(earliestDeadline()).toBe(200);
    Header.get().nowMs = 200;
    expect<u32>(takeDue(MOVE_TABLE, WORK_MAX)).toBe(1);
    expect<u64>(earliestDeadline()).toBe(NEVER);
  });

  it("may be too early: the row is then not handed out, and the block is put right", () => {
    resetMemory();
    arm(1, 50);
    Move.at(1).deadlineMs = 500;
    Header.get().nowMs = 60;
    expect<u32>(takeDue(MOVE_TABLE, WORK_MAX)).toBe(0);
    expect<u64>(earliestDeadline()).toBe(500);
  });
});
