/** Rows that the module keeps, verified as they are read. A broken one begins anew and is rebuilt from what is observed. */
import { Reason, SubjectKind } from "../tables/decision";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy } from "../tables/policy";
import { TableEntry } from "./directory";
import { Header } from "./header";
import { alarm } from "./ring";
import { markChanged, nowMs } from "./scheduling";
import { isSealed, resetRow, seal } from "./seals";

/**
 * Place of a state row, verified. One whose check word is wrong begins anew, is reported, and the accounts are made anew
 * after a grace period.
 */
export function verify(table: u32, row: u32): usize {
  const entry = TableEntry.of(table);
  const address = entry.addressOf(row);
  if (!isSealed(entry, address)) beginAnew(table, row);
  return address;
}

function beginAnew(table: u32, row: u32): void {
  resetRow(table, row);
  Header.get().brokenSeals++;
  alarm(Reason.BROKEN_SEAL, SubjectKind.TABLE_ROW, row, 0, table);
  beginGrace();
  // What the host said of a scope is taken over anew.
  if (table == SCOPE_STATE_TABLE) markChanged(SCOPE_TABLE, row);
  const module = ModuleState.get();
  module.rebuild = 1;
  seal(module);
}

/** Nothing is moved for the configured time: observations come first. */
export function beginGrace(): void {
  Header.get().graceUntilMs = nowMs() + CommonPolicy.get().graceMs;
}

export function moduleState(): ModuleState {
  return changetype<ModuleState>(verify(MODULE_STATE_TABLE, 0));
}
