/** Runs a random case: each happening, then ticks until all is quiet, then every invariant looks at before and after. */

import type { ArrayDescription } from "../../../host/array/description.js";
import { BEAT_MS, Hosting } from "../../../host/scenario/hosting.js";
import { Timeline } from "../../../host/scenario/timeline.js";
import type { DecisionView } from "../../../host/shim/decision-view.js";
import { DecisionKind, DecisionKindNames, LinkState, RequestKind } from "../../../host/shim/generated/layout.js";
import { instantiate } from "../../../host/shim/module.js";
import { NONE } from "../../../host/shim/names.js";
import { Shim } from "../../../host/shim/shim.js";
import { brokenSeal } from "../observe/seals.js";
import type { Happening, HostedCase } from "./case.js";
import { Losses } from "./losses.js";
import { hostedWithinMs } from "./times.js";

/** A decision in words. */
export interface Told {
  atMs: number;
  kind: string;
  subject: string;
  from: string;
  to: string;
}

/** How things are while all is quiet. */
export interface Picture {
  /** Port by interface, "" for nowhere. */
  interfaces: ReadonlyMap<string, string>;
  units: ReadonlyMap<string, { admitted: string; serving: string }>;
  /** Ports that can take addresses: link up, server up and heard. */
  usable: ReadonlySet<string>;
  /** Servers that are alive, whether heard or not. */
  alive: ReadonlySet<string>;
  silent: ReadonlySet<string>;
}

/** One happening with what came of it. */
export interface Step {
  array: ArrayDescription;
  happening: Happening | undefined;
  before: Picture;
  /** At the published time of hosting; all else may still go on. */
  within: Picture;
  after: Picture;
  told: readonly Told[];
  /** Servers that lost each address since it was at home, and are not back with all their ports. */
  lost: ReadonlyMap<string, ReadonlySet<string>>;
  /** Interfaces of which an alarm has said that no port can take them, since they were somewhere. */
  alarmed: ReadonlySet<string>;
  /** Addresses that two kernels held at one time. */
  held: Hosting["held"];
  groups: ReadonlyMap<string, number>;
  /** What a tick left of rows' seals, the first time that it was wrong. */
  brokenSeal: string | undefined;
}

export type Invariant = (step: Step) => string[];

const TICK_MS = 100;
const KERNEL_MS = 30;
/** Longest that anything may take until all is quiet. */
export const QUIET_MS = 6000;
const HOST_CLOCK_MS = 1000;

/** Options that change the rows but nothing else. */
export interface RowOptions {
  /** Another array first, so that rows are given out in another order. */
  first?: ArrayDescription;
}

export class HostedRun {
  private readonly timeline = new Timeline();
  private readonly hosting: Hosting;
  private readonly shim: Shim;
  private readonly told: Told[] = [];
  private brokenSeal: string | undefined;
  private readonly hostedWithinMs: number;

  constructor(
    private readonly case_: HostedCase,
    module: Uint8Array,
    options: RowOptions = {},
  ) {
    const { array } = case_;
    this.hostedWithinMs = hostedWithinMs(array, { tickMs: TICK_MS, statusMs: BEAT_MS, kernelMs: KERNEL_MS });
    const own = array.controllers.at(-1)?.name ?? "";
    this.shim = new Shim(instantiate(module), { incarnation: 1, controller: own });
    if (options.first !== undefined) this.configure(options.first);
    this.configure(array);
    this.hosting = new Hosting(array, this.timeline, () => ({ does: "apply", afterMs: KERNEL_MS }));
    for (const [name, port] of Object.entries(case_.places)) this.hosting.place(name, port);
    this.shim.start(HOST_CLOCK_MS);
    this.hosting.attach(this.shim);
  }

  private configure(array: ArrayDescription): void {
    const problems = this.shim.configure(array);
    if (problems.length > 0) throw new Error(problems.map(({ field, message }) => `${field}: ${message}`).join("\n"));
  }

  /** All decisions, in order. */
  get decisions(): readonly Told[] {
    return this.told;
  }

  /** Runs all; what each invariant finds wrong, with the step that it was in. */
  run(invariants: Readonly<Record<string, Invariant>>): { name: string; message: string }[] {
    const wrong: { name: string; message: string }[] = [];
    const losses = new Losses(this.case_.array);
    const alarmed = new Set<string>();
    for (const happening of [undefined, ...this.case_.happenings]) {
      const before = this.picture();
      const first = this.told.length;
      if (happening !== undefined) this.happen(happening);
      this.wait(this.hostedWithinMs);
      const within = this.picture();
      this.wait(QUIET_MS - this.hostedWithinMs);
      const after = this.picture();
      const told = this.told.slice(first);
      for (const { kind, subject } of told) if (kind === "ALARM") alarmed.add(subject);
      for (const [name, port] of after.interfaces) if (port !== "") alarmed.delete(name);
      const step: Step = {
        array: this.case_.array,
        happening,
        before,
        within,
        after,
        told,
        lost: losses.follow(before, after),
        alarmed,
        held: this.hosting.held,
        groups: this.hosting.groups(),
        brokenSeal: this.brokenSeal,
      };
      for (const [name, invariant] of Object.entries(invariants)) {
        for (const message of invariant(step)) {
          wrong.push({ name, message: `${JSON.stringify(happening ?? "start")}: ${message}` });
        }
      }
    }
    return wrong;
  }

  private wait(forMs: number): void {
    const untilMs = this.timeline.nowMs + forMs;
    for (let nowMs = this.timeline.nowMs + TICK_MS; nowMs <= untilMs; nowMs += TICK_MS) {
      this.timeline.runUntil(nowMs, () => {});
      this.hosting.observe();
      this.shim.tick(HOST_CLOCK_MS + nowMs, (decision) => this.take(decision));
      this.brokenSeal ??= brokenSeal(this.shim.core);
    }
  }

  private take(decision: DecisionView): void {
    const { names } = this.shim;
    if (!this.hosting.handle(decision) && decision.kind !== DecisionKind.ALARM) return;
    this.told.push({
      atMs: this.timeline.nowMs,
      kind: DecisionKindNames[decision.kind] ?? "",
      subject: names.subject(decision.subjectKind, decision.subject),
      from: names.place(decision.subjectKind, decision.from),
      to: names.place(decision.subjectKind, decision.to),
    });
  }

  private happen(happening: Happening): void {
    const { hosting } = this;
    if (happening.do === "link") hosting.links.set(happening.port, happening.up ? LinkState.UP : LinkState.DOWN);
    else if (happening.do === "dead") hosting.setServer(happening.server, { up: false, lease: "gone" });
    else if (happening.do === "back") hosting.setServer(happening.server, { up: true, lease: "leased" });
    else if (happening.do === "silent") hosting.setServer(happening.server, { heard: happening.heard });
    else this.shim.request(RequestKind.REBALANCE, NONE);
  }

  private picture(): Picture {
    const { hosting } = this;
    const servers = [...hosting.servers];
    const usable = (this.case_.array.networkPorts ?? []).filter(({ name, controller }) => {
      const server = hosting.servers.get(controller);
      return hosting.links.get(name) === LinkState.UP && server?.up === true && server.heard;
    });
    return {
      interfaces: new Map(Object.entries(hosting.interfacesState())),
      units: new Map([...hosting.units].map(([name, unit]) => [name, { ...unit }])),
      usable: new Set(usable.map(({ name }) => name)),
      alive: new Set(servers.filter(([, server]) => server.up).map(([name]) => name)),
      silent: new Set(servers.filter(([, server]) => server.up && !server.heard).map(([name]) => name)),
    };
  }
}
