/** One fault after another, then random ones; each healed, and what is seen meanwhile checked. */

import { setTimeout as delay } from "node:timers/promises";
import { FAULTS, type Fault, lasts, shows } from "./faults.js";
import { FULL_PORT, nowUs } from "./plan.js";
import type { OpenPage } from "./page.js";
import { FULL_ONLY, isProduced, isRestricted, RESTRICTED_PORTS } from "./proofs.js";
import type { World } from "./world.js";

export interface FaultFigures {
  fault: string;
  victim: string;
  wasActive: boolean;
  answeredAfter: string;
  /** The longest silence at the address, in milliseconds; 0: none longer than a lost question. */
  silenceMs: number;
  doubles: number;
}

const EFFECTS: Readonly<Record<Fault["effect"], string>> = {
  away: "another one answers",
  stays: "it goes on",
  answered: "a full server answers again",
  caretaker: "a restricted server answers, and names nobody active",
};
/** Of random rounds, so many of a hundred happen to the active processor. */
const ACTIVE_PERCENT = 70;
const REST_MS = 500;
const RANDOM_HOLD_MS_MAX = 6000;
const CUT_SHOWS_MS = 4000;
/** How often it is tried whether a processor stays active. */
const STAYS_TRIES = 3;
/** One that stays answers within this, unless its machine has stood still. */
const STAYS_MS = 10_000;
const RECENT_US = 1_000_000;

export class Story {
  readonly figures: FaultFigures[] = [];

  constructor(
    private readonly world: World,
    readonly tell: (line: string) => void,
  ) {}

  async begin(): Promise<void> {
    await this.well("all start, one answers, all are well");
    const [subject = ""] = this.world.others(this.active());
    const { checks, world } = { checks: this.world.checks, world: this.world };
    await checks.comes(`the status of ${subject} is what it has itself produced`, "client", () =>
      isProduced(world, subject, FULL_PORT),
    );
  }

  /** A fault of the active processor. @param page that is open meanwhile */
  async fixed(fault: Fault, page?: OpenPage, tries = STAYS_TRIES): Promise<void> {
    const { world } = this;
    const { checks } = world;
    const victim = this.active();
    const name = `${world.parts.plan.name}: ${fault.name} (${victim})`;
    const mark = this.mark();
    await fault.inject(world, victim);
    // What was asked before the fault may still be answered.
    const sinceUs = nowUs();
    if (fault.effect === "stays") await delay(fault.holdMs ?? CUT_SHOWS_MS);
    if (fault.effect === "stays" && tries > 1 && !(await this.stays(victim))) {
      // So does one whose machine stands still for longer than the others' promises last: that shows nothing of the fault.
      this.tell(`     ${name}: it has given up; again`);
      await fault.heal(world, victim);
      await this.well(`${name}: healed`);
      return this.fixed(fault, page, tries - 1);
    }
    await checks.comes(`${name}: ${EFFECTS[fault.effect]}`, "client", async () =>
      shows(world, fault, victim, fault.effect === "stays" ? nowUs() - RECENT_US : sinceUs),
    );
    await lasts(fault, mark.fromUs);
    await page?.saysOutOfDate(name);
    if (fault.restricted) await this.restricted(fault, name, victim);
    if (fault.cutOff) await this.lastKnown(name, victim);
    await page?.goesOn(name);
    const answeredAfter = world.client.latest?.processor ?? "nobody";
    await fault.heal(world, victim);
    await this.well(`${name}: healed, one answers, all are well`);
    this.keep(fault.name, victim, true, answeredAfter, mark);
  }

  /** @param below a random whole number, 0 to its argument less one */
  async random(round: number, below: (limit: number) => number): Promise<void> {
    const { world } = this;
    const fault = FAULTS[below(FAULTS.length)] as Fault;
    const active = world.client.latest?.processor ?? (world.names[0] as string);
    const passive = world.others(active);
    const isActive = below(100) < ACTIVE_PERCENT;
    const victim = isActive ? active : (passive[below(passive.length)] as string);
    const holdMs = below(RANDOM_HOLD_MS_MAX);
    const mark = this.mark();
    await fault.inject(world, victim);
    await delay(holdMs);
    await fault.heal(world, victim);
    const healedUs = nowUs();
    await world.checks.comes(
      `${world.parts.plan.name}: round ${round}, ${victim}: ${fault.name} for ${holdMs} ms; then answered`,
      "client",
      async () => {
        const answerer = world.answererSince(healedUs);
        return [answerer?.server === "full", answerer === undefined ? "nobody" : `${answerer.processor}`];
      },
    );
    this.keep(fault.name, victim, isActive, world.client.latest?.processor ?? "nobody", mark);
    await delay(below(2 * REST_MS));
  }

  /** What holds of all of it. */
  async end(): Promise<void> {
    await this.well("in the end one answers, all are well");
    const { checks, client, wire, kernels } = this.world;
    const plan = this.world.parts.plan.name;
    const rounds = wire.doubleRounds();
    checks.note(
      `${plan}: no round with two who answer ARP requests for the address`,
      "witness",
      rounds === 0,
      `${rounds}`,
    );
    const detail = `${kernels.looks} looks${kernels.doubles.map(({ processors }) => `; ${processors.join(" and ")}`).join("")}`;
    checks.note(
      `${plan}: never two kernels that have it and let it through`,
      "ip, nft",
      kernels.doubles.length === 0,
      detail,
    );
    const isOne = client.logins === 1 && client.sessions > 0 && client.wrong.length === 0;
    const told = `${client.logins} login, ${client.asked} answers; ${client.wrong.slice(0, 5).join("; ") || "none wrong"}`;
    checks.note(`${plan}: one login lived through all of it, no answer was wrong`, "client", isOne, told);
  }

  /** Whether it is seen to answer. */
  private async stays(victim: string): Promise<boolean> {
    const { client } = this.world;
    const endUs = nowUs() + STAYS_MS * 1000;
    const answers = () => {
      const { latest } = client;
      return latest?.processor === victim && latest.server === "full" && nowUs() - latest.sentUs < RECENT_US;
    };
    while (!answers() && nowUs() < endUs) await delay(100);
    return answers();
  }

  active(): string {
    return this.world.client.latest?.processor ?? (this.world.names[0] as string);
  }

  async well(what: string): Promise<void> {
    const sinceUs = nowUs();
    await this.world.checks.comes(what, "client, ip", () => this.world.isWell(sinceUs));
  }

  private async restricted(fault: Fault, name: string, victim: string): Promise<void> {
    const { checks } = this.world;
    const ports = RESTRICTED_PORTS[fault.name] ?? [];
    const port = ports.at(-1) as number;
    const before = refusals(this.world, victim);
    await checks.comes(`${name}: it serves the restricted set and nothing else`, "client", () =>
      isRestricted(this.world, victim, ports),
    );
    const least = FULL_ONLY.length * ports.length;
    await checks.comes(`${name}: each refusal has an entry on standard error`, "audit log", async () => {
      const more = refusals(this.world, victim) - before;
      return [more >= least, `${more} entries of ${least} refusals or more`];
    });
    await checks.comes(`${name}: its status is what it has itself produced`, "client", () =>
      isProduced(this.world, victim, port),
    );
  }

  /** One that stays and can't ask the others tells what it knew last, with its age. */
  private async lastKnown(name: string, victim: string): Promise<void> {
    const [subject = ""] = this.world.others(victim);
    await this.world.checks.comes(`${name}: the last known status of ${subject}, with its age`, "client", async () => {
      const seen = this.world.client.statusOf(subject);
      return [seen?.fresh === false && seen.ageMs > 0, seen === undefined ? "none" : `${seen.ageMs} ms old`];
    });
  }

  /** Keeps how long nobody answered while something is done with the active processor. */
  async measured(what: string, victim: string, work: () => Promise<void>): Promise<void> {
    const mark = this.mark();
    await work();
    this.keep(what, victim, true, this.active(), mark);
  }

  private mark(): { fromUs: number; doubles: number } {
    return { fromUs: nowUs(), doubles: this.doubles() };
  }

  private doubles(): number {
    return this.world.wire.doubleRounds() + this.world.kernels.doubles.length;
  }

  private keep(
    fault: string,
    victim: string,
    wasActive: boolean,
    answeredAfter: string,
    mark: { fromUs: number; doubles: number },
  ): void {
    const { client, spans } = this.world;
    const toUs = nowUs();
    const silenceMs = client.silenceMs(mark.fromUs, toUs);
    const doubles = this.doubles() - mark.doubles;
    this.figures.push({ fault, victim, wasActive, answeredAfter, silenceMs, doubles });
    spans.push({ name: `${fault} (${victim})`, fromUs: mark.fromUs, toUs });
    this.tell(`     silent for ${silenceMs} ms; ${Math.round((toUs - mark.fromUs) / 1e5) / 10} s in all`);
  }
}

/** Entries of what a restricted server has not. */
function refusals({ processors }: World, name: string): number {
  return processors.restrictedAuditOf(name).filter(({ detail }) => detail === "restricted_server").length;
}
