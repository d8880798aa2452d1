import { DECISION_MAX, DECISION_RESERVED } from "../../../assembly/limits";
import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { alarm, checkRing, decide, decisionsWaiting, ringHasRoom } from "../../../assembly/memory/ring";
import { Decision, DecisionKind, Reason, SubjectKind } from "../../../assembly/tables/decision";
import { ModuleState } from "../../../assembly/tables/module-state";

function fill(count: u32): void {
  for (let n: u32 = 0; n < count; n++) {
    decide(DecisionKind.LOGOUT_SESSION, Reason.OVERLOADED, SubjectKind.SESSION, n, 1, 0, 1, 0);
  }
}

describe("the decision ring", () => {
  it("keeps its last slots for alarms, and says when the rest is full", () => {
    resetMemory();
    ModuleState.get().deciding = 1;
    fill(DECISION_MAX - DECISION_RESERVED - 1);
    expect<bool>(ringHasRoom(1)).toBe(true);
    fill(1);
    expect<u32>(Header.get().ringFull).toBe(0);
    expect<bool>(ringHasRoom(1)).toBe(false);
    expect<u32>(Header.get().ringFull).toBe(1);
    for (let n: u32 = 0; n < DECISION_RESERVED; n++) {
      expect<bool>(alarm(Reason.PANIC, SubjectKind.NONE, 0, 0, n)).toBe(true, "a reserved slot");
    }
    expect<bool>(alarm(Reason.PANIC, SubjectKind.NONE, 0, 0, 0)).toBe(false, "nothing is overwritten");
    expect<u32>(decisionsWaiting()).toBe(DECISION_MAX);
  });

  it("goes round where the host has taken", () => {
    resetMemory();
    fill(DECISION_MAX / 2);
    Header.get().ringTail = Header.get().ringHead;
    fill(DECISION_MAX / 2 + 3);
    expect<u32>(decisionsWaiting()).toBe(DECISION_MAX / 2 + 3);
    expect<u32>(Decision.at(2).sequence).toBe(DECISION_MAX + 3, "written over what was taken");
  });

  it("puts a tail that a host broke in order", () => {
    resetMemory();
    fill(2);
    Header.get().ringTail = 5;
    checkRing();
    expect<u32>(decisionsWaiting()).toBe(0);
    expect<u32>(Header.get().repairedWords).toBe(1);
  });

  it("says nothing as a shadow", () => {
    resetMemory();
    expect<bool>(alarm(Reason.PANIC, SubjectKind.NONE, 0, 0, 0)).toBe(false);
    expect<u32>(decisionsWaiting()).toBe(0);
  });
});
