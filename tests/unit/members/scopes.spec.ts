import { NONE } from "../../../assembly/limits";
import { backOff, deciding, holderOf, isScopeTold, takeScope, wantScope } from "../../../assembly/members/scopes";
import { Header } from "../../../assembly/memory/header";
import { decisionsWaiting } from "../../../assembly/memory/ring";
import { resetMemory } from "../../../assembly/memory/reset";
import { Control } from "../../../assembly/tables/control";
import { Decision, DecisionKind, Reason } from "../../../assembly/tables/decision";
import { CommonPolicy, ProcessorPolicy } from "../../../assembly/tables/policy";
import { SCOPE_ARRAY, Scope, ScopeFlag, ScopeKind, ScopeRole, ScopeState } from "../../../assembly/tables/scope";

function start(): void {
  resetMemory();
  Header.get().generation = 1;
  Header.get().nowMs = 1000;
  Control.get().incarnation = 3;
  CommonPolicy.get().graceMs = 200;
  const policy = ProcessorPolicy.get();
  policy.campaignMs = 100;
  policy.backOffMaxMs = 350;
  policy.deferMs = 50;
}

function tell(role: ScopeRole, holder: u32, epoch: u64, flags: u32 = 0): void {
  const scope = Scope.at(SCOPE_ARRAY);
  scope.kind = <u8>ScopeKind.ARRAY;
  scope.role = <u8>role;
  scope.holder = <u16>holder;
  scope.epoch = epoch;
  scope.flags = <u16>flags;
  scope.incarnation = 3;
  takeScope(SCOPE_ARRAY);
}

function campaign(rank: u32): void {
  wantScope(SCOPE_ARRAY, DecisionKind.CAMPAIGN, Reason.NO_HOLDER, rank, NONE);
}

describe("scopes", () => {
  it("are not told before this incarnation has", () => {
    start();
    expect<bool>(isScopeTold(SCOPE_ARRAY)).toBe(false);
    tell(ScopeRole.DECIDING, 1, 7);
    expect<u32>(holderOf(SCOPE_ARRAY)).toBe(1);
    Control.get().incarnation = 4;
    expect<bool>(isScopeTold(SCOPE_ARRAY)).toBe(false);
    expect<u32>(holderOf(SCOPE_ARRAY)).toBe(NONE);
    takeScope(SCOPE_ARRAY);
    Header.get().nowMs = 5000;
    expect<bool>(deciding(SCOPE_ARRAY)).toBe(false);
  });

  it("are decided in only after the observation that begins a term", () => {
    start();
    tell(ScopeRole.DECIDING, 1, 7);
    Header.get().nowMs = 1199;
    expect<bool>(deciding(SCOPE_ARRAY)).toBe(false);
    Header.get().nowMs = 1200;
    expect<bool>(deciding(SCOPE_ARRAY)).toBe(true);
    tell(ScopeRole.DECIDING, 1, 8);
    expect<bool>(deciding(SCOPE_ARRAY)).toBe(false, "another epoch is another term");
    expect<u32>(ScopeState.at(SCOPE_ARRAY).term).toBe(2);
    Header.get().nowMs = 1400;
    tell(ScopeRole.DECIDING, 1, 8, ScopeFlag.UNREACHABLE);
    expect<bool>(deciding(SCOPE_ARRAY)).toBe(false, "the lease service is out of reach");
  });

  it("are campaigned for behind better ones, and again ever less often", () => {
    start();
    tell(ScopeRole.SHADOW, NONE, 7);
    campaign(2);
    expect<u32>(decisionsWaiting()).toBe(0, "two better ones go first");
    Header.get().nowMs = 1100;
    campaign(2);
    expect<u32>(decisionsWaiting()).toBe(1);
    expect<u32>(Decision.at(0).kind).toBe(DecisionKind.CAMPAIGN);
    expect<u32>(Decision.at(0).scope).toBe(SCOPE_ARRAY);
    expect<u64>(Decision.at(0).epoch).toBe(7);
    Header.get().nowMs = 1199;
    campaign(2);
    expect<u32>(decisionsWaiting()).toBe(1);
    Header.get().nowMs = 1200;
    campaign(2);
    expect<u32>(decisionsWaiting()).toBe(2);
    expect<u64>(ScopeState.at(SCOPE_ARRAY).deadlineMs).toBe(1400, "twice as long");
  });

  it("double their waits up to the limit", () => {
    start();
    Header.get().nowMs = 5000;
    expect<u64>(backOff(100, 0)).toBe(5100);
    expect<u64>(backOff(100, 1)).toBe(5200);
    expect<u64>(backOff(100, 2)).toBe(5350);
    expect<u64>(backOff(100, 255)).toBe(5350);
  });
});
