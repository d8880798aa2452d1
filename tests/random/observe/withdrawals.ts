/** Withdrawals that the module has said and that may still reach the server: what an executor carries out late. */

import { DecisionKind } from "../../../host/shim/generated/layout.js";
import type { Scene } from "../run/scene.js";
import { changesRegistration } from "./decisions.js";
import { isListed } from "./tables.js";

/** Keeps the latest word on each (target, port) pair, by rows. */
export class Withdrawals {
  private readonly latest = new Map<string, { target: number; port: number }>();
  private term = -1;

  /** Right before a tick: a pair that is seen to be gone is withdrawn, and no longer on its way. */
  observe(scene: Scene): void {
    const term = scene.views.moduleState.term(0);
    // Another term of deciding begins from what is observed.
    if (term !== this.term) this.latest.clear();
    this.term = term;
    for (const [key, { target, port }] of this.latest) if (!isListed(scene, target, port)) this.latest.delete(key);
  }

  forget(): void {
    this.latest.clear();
  }

  /** Takes what was decided into account. */
  follow(decision: Scene["decisions"][number]): void {
    if (!changesRegistration(decision)) return;
    const { kind, subject: target, from, to } = decision;
    if (kind === DecisionKind.WITHDRAW_REGISTRATION) this.latest.set(`${target} ${from}`, { target, port: from });
    else this.latest.delete(`${target} ${to}`);
  }

  isUnderWay(target: number, port: number): boolean {
    return this.latest.has(`${target} ${port}`);
  }
}
