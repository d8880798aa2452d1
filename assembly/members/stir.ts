/** When policies that follow members and scopes look again, and whether anything may be decided now. */
import { Header } from "../memory/header";
import { due } from "../memory/scheduling";
import { seal } from "../memory/seals";
import { moduleState } from "../memory/verify";
import { Control, ControlFlag } from "../tables/control";
import { ModuleState, Stirred } from "../tables/module-state";

/** Has the policies that follow members and scopes look again in this tick. */
export function stir(): void {
  stirFor(Stirred.PROCESSORS | Stirred.INTERFACES | Stirred.REQUESTS);
}

/** Has some of them look again. */
export function stirFor(policies: u32): void {
  const module = moduleState();
  module.stirred |= <u16>policies;
  seal(module);
}

/** True after something has changed that a policy follows: once, and for the processors in every tick until they may decide. */
export function takeStirred(policy: Stirred): bool {
  // One look decides for a policy that nothing has happened to: a damaged row is found where the module is read next.
  if ((ModuleState.get().stirred & <u16>policy) == 0) return false;
  const module = moduleState();
  if ((module.stirred & <u16>policy) == 0) return false;
  if (policy == Stirred.PROCESSORS && !mayDecide()) return true;
  module.stirred &= ~(<u16>policy);
  seal(module);
  return true;
}

/** Nothing new is decided on hold, with a broken configuration, in a grace period, or while the observer is suspected. */
export function mayDecide(): bool {
  const header = Header.get();
  if (moduleState().held != 0 || (Control.get().flags & ControlFlag.HOLD) != 0 || header.generation == 0) return false;
  return due(header.graceUntilMs) && due(header.panicUntilMs);
}
