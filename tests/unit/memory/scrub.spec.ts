import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { scrubRows } from "../../../assembly/memory/scrub";
import { isWhole } from "../../../assembly/memory/seals";
import { ModuleState } from "../../../assembly/tables/module-state";
import { PortPolicy } from "../../../assembly/tables/policy";
import { SessionState } from "../../../assembly/tables/session";

/** More rows than the small profile seals. */
const ALL: u32 = 2000;

describe("scrub", () => {
  it("finds nothing in a whole memory", () => {
    resetMemory();
    expect<u32>(scrubRows(ALL)).toBe(0);
  });

  it("puts a broken state row in order and has the accounts rebuilt", () => {
    resetMemory();
    SessionState.at(100).bandwidthRate = 7;
    expect<u32>(scrubRows(ALL)).toBe(1);
    expect<bool>(isWhole(SESSION_STATE_TABLE, 100)).toBe(true);
    expect<u32>(Header.get().brokenSeals).toBe(1);
    expect<u16>(ModuleState.get().rebuild).toBe(1);
    expect<u32>(scrubRows(ALL)).toBe(0);
  });

  it("holds the policy whose configuration row is broken", () => {
    resetMemory();
    PortPolicy.get().residenceMs++;
    expect<bool>(scrubRows(ALL) > 0).toBe(true);
    expect<u16>(ModuleState.get().held).toBe(1);
    expect<bool>(isWhole(PORT_POLICY_TABLE, 0)).toBe(false, "a configuration is not made up");
  });

  it("goes round in steps", () => {
    resetMemory();
    SessionState.at(127).bandwidthRate = 7;
    let steps: u32 = 0;
    let found: u32 = 0;
    for (; steps < ALL && found == 0; steps++) found = scrubRows(1);
    expect<u32>(found).toBe(1);
    expect<u32>(scrubRows(0)).toBe(0);
  });
});
