/** The module's decisions of several controllers, each to whoever must carry it out, and its outcome back. */

import type { DecisionView } from "../shim/decision-view.js";
import { epochOf } from "../shim/decision-view.js";
import { DecisionKind, OutcomeResult, ProcessorRole } from "../shim/generated/layout.js";
import type { Shim } from "../shim/shim.js";
import type { OrderResult } from "./commands/messages.js";
import type { Coordinator } from "./coordinator.js";
import type { Order } from "./effects.js";
import type { ModuleInputs } from "./module-inputs.js";
import { ARRAY_SCOPE, type ArrayScope } from "./scopes.js";

export interface RoutingParts {
  shim: Shim;
  self: string;
  coordinator: Coordinator;
  inputs: ModuleInputs;
  scopes(): readonly ArrayScope[];
  /** Runs a kind of web server on this controller (`WebServerKind`). */
  setWebServer(kind: number): Promise<void>;
}

const RESULTS: Record<OrderResult | "unknown", number> = {
  done: OutcomeResult.DONE,
  refused: OutcomeResult.REFUSED,
  failed: OutcomeResult.FAILED,
  unknown: OutcomeResult.TIMED_OUT,
};

/** What is kept of a decision: the view is filled anew for the next one. */
type Decided = Pick<DecisionView, "incarnation" | "sequence" | "kind" | "subject" | "from" | "to" | "detail"> & {
  scope: ArrayScope | undefined;
  epoch: number;
};

export class Routing {
  /** Active or caretaker, as the module said last. */
  private activeRole: number = ProcessorRole.ACTIVE;

  constructor(private readonly parts: RoutingParts) {}

  /** Role of this controller's processor (`ProcessorRole`): by what was carried out, not by what was decided. */
  get processorRole(): number {
    return this.parts.coordinator.isActive ? this.activeRole : ProcessorRole.PASSIVE;
  }

  /** Copies what it needs and returns; the outcome comes later. Kinds of other policies are passed over. */
  handle(decision: DecisionView): void {
    const work = this.workOf(decision);
    if (work === undefined) return;
    const { incarnation, sequence } = decision;
    void work.then(
      (result) => this.parts.shim.outcome(incarnation, sequence, RESULTS[result]),
      () => this.parts.shim.outcome(incarnation, sequence, OutcomeResult.FAILED),
    );
  }

  private workOf(view: DecisionView): Promise<OrderResult | "unknown"> | undefined {
    const { kind, incarnation, sequence, subject, from, to, detail } = view;
    const scope = this.scopeAt(view.scope);
    const decided: Decided = { incarnation, sequence, kind, subject, from, to, detail, scope, epoch: epochOf(view) };
    switch (kind) {
      case DecisionKind.MOVE_INTERFACE:
      case DecisionKind.UNHOST_INTERFACE:
        return this.interface(decided);
      case DecisionKind.TAKE_OVER_UNIT:
      case DecisionKind.RETURN_UNIT:
        return this.unit(decided);
      case DecisionKind.CAMPAIGN:
      case DecisionKind.RESIGN:
        return this.key(decided);
      case DecisionKind.ACTIVATE_PROCESSOR:
      case DecisionKind.PASSIVATE_PROCESSOR:
        return this.role(decided);
      case DecisionKind.SET_WEB_SERVER:
        return this.webServer(decided);
      default:
        return undefined;
    }
  }

  private async interface({ kind, subject, from, to, scope, epoch }: Decided): Promise<OrderResult | "unknown"> {
    const { shim, coordinator } = this.parts;
    const isMove = kind === DecisionKind.MOVE_INTERFACE;
    const port = shim.names.networkPorts.name(isMove ? to : from);
    const controller = shim.array?.networkPorts?.find(({ name }) => name === port)?.controller;
    const name = shim.names.interfaces.name(subject);
    if (scope === undefined || controller === undefined || name === "") return "refused";
    const order: Order = {
      kind: isMove ? "host" : "unhost",
      subject: name,
      port: isMove ? port : "",
      scope: scope.name,
      epoch,
    };
    return coordinator.order(controller, order);
  }

  /** A live server gives it up first; one that is gone is shut out at the shelf. */
  private async unit({ subject, to, scope, epoch }: Decided): Promise<OrderResult | "unknown"> {
    const { shim, coordinator } = this.parts;
    const unit = shim.names.units.name(subject);
    const taker = shim.names.members.name(to);
    if (scope === undefined || unit === "" || taker === "") return "refused";
    const order = { subject: unit, port: "", scope: scope.name, epoch };
    const decider = coordinator.deciderOf(scope.name);
    for (const holder of scope.members) {
      if (holder === taker || decider?.holds(holder, `unit/${unit}`) !== true) continue;
      const released = await coordinator.order(holder, { kind: "releaseUnit", ...order });
      if (released !== "done") return released;
    }
    return coordinator.order(taker, { kind: "takeUnit", ...order });
  }

  private async key({ kind, subject }: Decided): Promise<OrderResult> {
    const scope = this.scopeAt(subject);
    if (scope === undefined) return "refused";
    const { coordinator } = this.parts;
    return kind === DecisionKind.CAMPAIGN ? coordinator.campaign(scope.name) : coordinator.resign(scope.name);
  }

  /** A processor's role is its own controller's to carry out: the module says it only of itself. */
  private async role({ kind, subject, from, to, detail, epoch }: Decided): Promise<OrderResult> {
    const { inputs, coordinator, self } = this.parts;
    const isActivation = kind === DecisionKind.ACTIVATE_PROCESSOR;
    const own = inputs.processorOf(self);
    if (own < 0 || ![subject, isActivation ? to : from].includes(own)) return "refused";
    if (isActivation) {
      this.activeRole = detail === ProcessorRole.CARETAKER ? ProcessorRole.CARETAKER : ProcessorRole.ACTIVE;
      return coordinator.activate(ARRAY_SCOPE, epoch);
    }
    return (await coordinator.passivate(ARRAY_SCOPE, epoch)) ? "done" : "failed";
  }

  private async webServer({ subject, detail }: Decided): Promise<OrderResult> {
    const { inputs, self, setWebServer } = this.parts;
    if (subject !== inputs.processorOf(self)) return "refused";
    await setWebServer(detail);
    return "done";
  }

  private scopeAt(row: number): ArrayScope | undefined {
    return this.parts.scopes().find((scope) => this.parts.inputs.rowOf(scope) === row);
  }
}
