/**
 * Runs in which nothing comes to rest: commands fail or stay undone, moves go back by themselves, scopes change hands,
 * the clock jumps, the configuration changes. What must hold meanwhile is that no row is left unsealed.
 */

import { type ArrayDescription, parseArray } from "../../../host/array/description.js";
import { Hosting } from "../../../host/scenario/hosting.js";
import { Timeline } from "../../../host/scenario/timeline.js";
import type { DecisionView } from "../../../host/shim/decision-view.js";
import { DecisionKindNames, LinkState, RequestKind } from "../../../host/shim/generated/layout.js";
import { instantiate } from "../../../host/shim/module.js";
import { NONE } from "../../../host/shim/names.js";
import { Shim } from "../../../host/shim/shim.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { integer, oneIn, oneOf } from "../generate/draw.js";
import { brokenSeal } from "../observe/seals.js";
import { randomHostedCase } from "./case.js";

const HOST_CLOCK_MS = 1000;
const LONG_MS = 20_000;
const EVENTS = 120;
const DOES = ["apply", "apply", "apply", "apply", "ignore", "refuse", "fail", "timeout", "silent"] as const;
const LEASES = ["leased", "leased", "gone", "unknown"] as const;
/** By the number that is drawn. */
const HAPPENINGS = [
  "a link",
  "a link",
  "a link",
  "a lease",
  "a silence",
  "a scope",
  "an address by itself",
  "a wish",
  "another configuration",
  "another host",
];
const ROLES = ["deciding", "deciding", "shadow", "unknown"] as const;

/** A target port of the first controller: the policy of ports runs beside. */
function targetPorts(controllers: readonly string[]): ArrayDescription["ports"] {
  const ports = [{ name: "p", controller: controllers[0] }];
  const text = JSON.stringify({ name: "ports", controllers, ports });
  const { array, problems } = parseArray(text, "ports");
  if (array === undefined) throw new Error(problems.map(({ field, message }) => `${field}: ${message}`).join("\n"));
  return array.ports;
}

class UnsettledRun {
  /** By kind. */
  readonly decisions = new Map<number, number>();
  private readonly timeline = new Timeline();
  private readonly random: Random;
  private readonly hosting: Hosting;
  private shim: Shim;
  private array: ArrayDescription;
  private nowMs = 0;
  private incarnation = 1;

  constructor(module: Uint8Array, seed: number) {
    this.random = new Random(seed, "unsettled");
    const { random } = this;
    const { array } = randomHostedCase(seed);
    const policy = {
      ...array.policy,
      interfaces: {
        failBack: 1,
        failBackMs: oneOf(random, [0, 500, 3000]),
        unitReturnMs: 1000,
        movesUnderWayMax: integer(random, 1, 4),
        followOver: integer(random, 0, 1),
        otherGroup: integer(random, 0, 1),
      },
    };
    this.array = { ...array, policy, ports: targetPorts(array.controllers.map(({ name }) => name)) };
    this.shim = new Shim(instantiate(module), { incarnation: 1, controller: array.controllers.at(-1)?.name ?? "" });
    this.adopt();
    this.hosting = new Hosting(this.array, this.timeline, () => ({
      does: oneOf(random, DOES),
      afterMs: integer(random, 1, 400),
    }));
    this.shim.start(HOST_CLOCK_MS);
    this.hosting.attach(this.shim);
  }

  /** What is wrong with the seals first; undefined: nothing. */
  run(): string | undefined {
    const { random } = this;
    for (let event = 0; event < EVENTS; event++) {
      const what = this.happen();
      const ticks = integer(random, 1, 12);
      for (let n = 0; n < ticks; n++) {
        this.nowMs += oneIn(random, 200) ? LONG_MS : integer(random, 1, 200);
        this.timeline.runUntil(this.nowMs, () => {});
        this.hosting.observe();
        this.shim.tick(HOST_CLOCK_MS + this.nowMs, (decision) => this.take(decision));
        const broken = brokenSeal(this.shim.core);
        if (broken !== undefined) return `at ${this.nowMs} ms, after ${what}: ${broken}`;
      }
    }
    return undefined;
  }

  private take(decision: DecisionView): void {
    this.decisions.set(decision.kind, (this.decisions.get(decision.kind) ?? 0) + 1);
    this.hosting.handle(decision);
  }

  private adopt(): void {
    const problems = this.shim.configure(this.array);
    if (problems.length > 0) throw new Error(problems.map(({ field, message }) => `${field}: ${message}`).join("\n"));
  }

  private happen(): string {
    const { random, hosting, array } = this;
    const server = oneOf(random, array.controllers).name;
    const port = oneOf(random, array.networkPorts ?? []).name;
    const kind = random.below(10);
    // Links change most often.
    this.shim.setLink(0, oneIn(random, 2) ? LinkState.UP : LinkState.DOWN);
    if (kind <= 2) hosting.links.set(port, oneIn(random, 2) ? LinkState.UP : LinkState.DOWN);
    else if (kind === 3) hosting.setServer(server, { lease: oneOf(random, LEASES), up: !oneIn(random, 3) });
    else if (kind === 4) hosting.setServer(server, { heard: oneIn(random, 2), acknowledged: !oneIn(random, 3) });
    else if (kind === 5) this.moveScope();
    else if (kind === 6) hosting.place(oneOf(random, array.interfaces ?? []).name, oneIn(random, 2) ? "" : port);
    else if (kind === 7) {
      this.shim.request(oneIn(random, 2) ? RequestKind.REBALANCE : RequestKind.FAIL_BACK, NONE);
    } else if (kind === 8) this.maintain(server);
    else this.restart();
    return HAPPENINGS[kind] ?? "";
  }

  private moveScope(): void {
    const { random, hosting } = this;
    const row = oneOf(random, [...hosting.scopes.keys()]);
    const scope = hosting.scopes.get(row);
    if (scope === undefined) return;
    hosting.scopes.set(row, { ...scope, role: oneOf(random, ROLES), epoch: scope.epoch + random.below(2) });
  }

  private maintain(name: string): void {
    const controllers = this.array.controllers.map((each) =>
      each.name === name ? { ...each, maintenance: each.maintenance !== true } : each,
    );
    const interfaces = oneIn(this.random, 3) ? (this.array.interfaces ?? []).slice(1) : (this.array.interfaces ?? []);
    this.array = {
      ...this.array,
      controllers,
      interfaces: interfaces.length > 1 ? interfaces : (this.array.interfaces ?? []),
    };
    this.adopt();
    this.hosting.reconfigured(this.array);
  }

  /** Another host goes on with the memory of the one before, and its configuration. */
  private restart(): void {
    this.incarnation++;
    const { core, idBook, array } = this.shim;
    if (array === undefined) return;
    const controller = array.controllers.at(-1)?.name ?? "";
    this.shim = new Shim(core, { incarnation: this.incarnation, controller, attached: true, book: idBook });
    this.adopt();
    this.shim.start(HOST_CLOCK_MS + this.nowMs);
    this.hosting.attach(this.shim);
  }
}

/** One run by its seed. @returns what is wrong with the seals first, and the names of the decisions that it had */
export function unsettled(module: Uint8Array, seed: number): { broken: string | undefined; kinds: string[] } {
  const run = new UnsettledRun(module, seed);
  const broken = run.run();
  return { broken, kinds: [...run.decisions.keys()].map((kind) => DecisionKindNames[kind] ?? String(kind)) };
}
