/**
 * What a deciding module would want, and more often: it hosts what is nowhere, moves what need not move, takes units over
 * and gives them back, asks for scopes and resigns them. It keeps to no rule of its own, so that the coordination alone
 * stands between it and two holders.
 */

import type { Coordinator } from "../../../host/coordination/coordinator.js";
import type { CoordinationRules } from "../../../host/coordination/rules.js";
import type { Random } from "../../../host/sources/simulated/random.js";
import { ARRAY_SCOPE, portOf, type RunArray } from "./array.js";

export class RestlessPolicy {
  private readonly underWay = new Set<string>();

  constructor(
    private readonly self: string,
    private readonly array: RunArray,
    private readonly coordinator: Coordinator,
    private readonly random: Random,
    private readonly rules: CoordinationRules,
    /** Whether it still moves things for no reason. */
    private readonly isRestless: () => boolean,
  ) {}

  tick(): void {
    for (const { name, members } of this.array.scopes) {
      const { deciding, epoch, holder } = this.coordinator.scope(name);
      if (deciding) this.decide(name, epoch);
      else if (holder === "" && members.includes(this.self) && this.chance(3)) this.campaign(name);
    }
  }

  private decide(scope: string, epoch: number): void {
    if (this.isRestless() && this.chance(150))
      return this.once(`resign ${scope}`, () => this.coordinator.resign(scope));
    if (scope === ARRAY_SCOPE) {
      return this.once("activate", () => this.coordinator.activate(scope, epoch));
    }
    for (const each of this.array.interfaces) if (each.scope === scope) this.place(each.name, scope, epoch);
    for (const each of this.array.units) if (each.scope === scope) this.serve(each, scope, epoch);
  }

  /** Anywhere in its group; now and then elsewhere. */
  private place(name: string, scope: string, epoch: number): void {
    const decider = this.coordinator.deciderOf(scope);
    if (decider === undefined) return;
    const members = this.membersOf(scope).filter((member) => decider.acknowledged(member));
    const holder = members.find((member) => decider.holds(member, `interface/${name}`));
    const to = members[this.random.below(members.length)];
    if (to === undefined || (holder !== undefined && !(this.isRestless() && this.chance(20)))) return;
    const host = () => this.coordinator.order(to, { kind: "host", subject: name, port: portOf(to), scope, epoch });
    const unhost = (from: string) =>
      this.coordinator.order(from, { kind: "unhost", subject: name, port: "", scope, epoch });
    this.once(name, async () => {
      const givenUp = holder === undefined || (this.rules.giveUpBeforeTake && (await unhost(holder)) === "done");
      if (givenUp) await host();
      else if (!this.rules.giveUpBeforeTake && holder !== to && (await host()) === "done") await unhost(holder);
    });
  }

  private serve(unit: { name: string; owner: string }, scope: string, epoch: number): void {
    const decider = this.coordinator.deciderOf(scope);
    if (decider === undefined) return;
    const members = this.membersOf(scope).filter((member) => decider.acknowledged(member));
    const holder = members.find((member) => decider.holds(member, `unit/${unit.name}`));
    const to = members.includes(unit.owner) ? unit.owner : members[0];
    if (to === undefined || holder === to) return;
    const order = { subject: unit.name, port: "", scope, epoch };
    this.once(unit.name, async () => {
      if (
        holder !== undefined &&
        (await this.coordinator.order(holder, { kind: "releaseUnit", ...order })) !== "done"
      ) {
        return;
      }
      await this.coordinator.order(to, { kind: "takeUnit", ...order });
    });
  }

  private campaign(scope: string): void {
    this.once(`campaign ${scope}`, () => this.coordinator.campaign(scope));
  }

  private membersOf(scope: string): readonly string[] {
    return this.array.scopes.find(({ name }) => name === scope)?.members ?? [];
  }

  /** One thing at a time for each subject, as a module waits for its outcome. */
  private once(what: string, work: () => Promise<unknown>): void {
    if (this.underWay.has(what)) return;
    this.underWay.add(what);
    void work().finally(() => this.underWay.delete(what));
  }

  private chance(oneIn: number): boolean {
    return this.random.below(oneIn) === 0;
  }
}
