/** Whose lease is there, and who holds which scope under which epoch. */

import { Line } from "../line.js";
import type { ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

/** Lines of the panel; none without `coordination`. */
export function scopeRows(model: ViewModel): number {
  return model.scopes.length === 0 ? 0 : 2;
}

/** One line for leases and one for scopes, cut where the screen ends. */
export function scopeLines(model: ViewModel, columns: number, palette: Palette): string[] {
  if (scopeRows(model) === 0) return [];
  const leases = new Line(columns).add("leases", palette.dim);
  for (const { controller, lease } of model.leases) {
    leases.add(`  ${controller} `).add(lease, lease === "leased" ? palette.good : palette.bad);
  }
  const scopes = new Line(columns).add("scopes", palette.dim);
  for (const { scope, holder, epoch, role } of model.scopes) {
    const decides = role === "deciding" ? "*" : "";
    scopes
      .add(`  ${scope} `, palette.dim)
      .add(`${holder ?? "nobody"}${decides}`)
      .add(` #${epoch}`, palette.dim);
  }
  const first = model.scopes[0];
  if (first?.failsafe === true) leases.add("  kept by promises: the lease service is out of reach", palette.bad);
  else if (first?.reachable === false) leases.add("  the lease service is out of reach", palette.bad);
  return [leases.toString(), scopes.toString()];
}
