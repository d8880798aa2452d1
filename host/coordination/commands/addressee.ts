/** What a controller does when a decider asks: stores the epoch, reports what it holds, carries orders out, or refuses. */

import type { Effects, Order } from "../effects.js";
import { subjectOf } from "../effects.js";
import type { Tenure } from "../lease/tenure.js";
import type { CoordinationRules } from "../rules.js";
import type { CommandLink, Message } from "./link.js";
import type { CoordinationMemory } from "./memory.js";
import { type OrderRequest, readOrder, readRaise } from "./messages.js";

export interface AddresseeParts {
  tenure: Tenure;
  memory: CoordinationMemory;
  effects: Effects;
  rules: CoordinationRules;
  /** Digest of the configuration in force. */
  configuration(): number;
  alarm(line: string): void;
  /** What is held may have changed. */
  changed(): void;
  /**
   * Has the own status messages say what is held now. Before every answer: a message that is older than the answer and
   * comes after it would take back what the answer says.
   */
  settled?(): Promise<void>;
}

export class Addressee {
  /** Last order of each scope that a raise made void. */
  private readonly barriers = new Map<string, { epoch: number; sequence: number }>();
  /** The latest effect on each subject; the next one on it waits for it. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    private readonly parts: AddresseeParts,
    link: CommandLink,
  ) {
    link.serve("raise", (_, message) => this.raise(message));
    link.serve("order", (_, message) => this.order(message));
  }

  /** Resolves when nothing is being carried out. New orders are kept out by the gate. */
  async drain(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay.values());
  }

  /**
   * From now on orders of a lower epoch are refused; those under way are waited for; then what is held is reported.
   * So nothing that the report leaves out can come about by an earlier order.
   */
  async raise(message: Message): Promise<Message> {
    const request = readRaise(message);
    if (request === undefined) return refusal("malformed");
    const { tenure, memory, effects } = this.parts;
    const { scope, epoch, session, barrier } = request;
    if (tenure.session === 0 || session !== tenure.session) return refusal("session");
    if (epoch < memory.highest(scope)) return { ...refusal("epoch"), epoch: memory.highest(scope) };
    if (this.parts.rules.raiseEpoch) {
      const known = this.barriers.get(scope);
      const sequence = known?.epoch === epoch ? Math.max(known.sequence, barrier) : barrier;
      this.barriers.set(scope, { epoch, sequence });
      await memory.raise(scope, epoch);
      await this.drain();
    }
    const holdings = await effects.holdings();
    if (session !== tenure.session) return refusal("session");
    return { kind: "report", session, configuration: this.parts.configuration(), holdings };
  }

  async order(message: Message): Promise<Message> {
    const request = readOrder(message);
    if (request === undefined) return refusal("malformed");
    return this.exclusively(request.order, () => this.carryOut(request));
  }

  /** After all earlier effects on the same subject. */
  async exclusively<T>(order: Order, effect: () => Promise<T>): Promise<T> {
    const subject = subjectOf(order);
    const earlier = this.underWay.get(subject) ?? Promise.resolve();
    const work = earlier.then(effect, effect);
    this.underWay.set(subject, work);
    try {
      return await work;
    } finally {
      if (this.underWay.get(subject) === work) this.underWay.delete(subject);
    }
  }

  private async carryOut(request: OrderRequest): Promise<Message> {
    const why = this.whyRefused(request);
    if (why !== undefined) return refusal(why);
    const { tenure, effects } = this.parts;
    const { order } = request;
    try {
      await effects.carryOut(order);
    } catch (error) {
      this.parts.alarm(`${order.kind} ${order.subject}: ${(error as Error).message}`);
      return { kind: "outcome", result: "failed" };
    } finally {
      await this.parts.settled?.();
      this.parts.changed();
    }
    // Too late to count on: the kernel's fence is up, and what is held will be given up or was not lost.
    if (!tenure.mayAct() || tenure.session !== request.session) return { kind: "outcome", result: "failed" };
    return { kind: "outcome", result: "done" };
  }

  /** Looked at right before the effect, in the same turn. */
  private whyRefused({ order, session, sequence, configuration }: OrderRequest): string | undefined {
    const { tenure, memory, rules } = this.parts;
    if (!tenure.mayAct()) return "lease";
    if (rules.refuseOtherSession && session !== tenure.session) return "session";
    if (configuration !== this.parts.configuration()) return "configuration";
    const barrier = this.barriers.get(order.scope);
    if (rules.refuseLowerEpoch && order.epoch < memory.highest(order.scope)) return "epoch";
    if (barrier?.epoch === order.epoch && sequence <= barrier.sequence) return "void";
    return undefined;
  }
}

function refusal(why: string): Message {
  return { kind: "outcome", result: "refused", why };
}

/** An order of the controller to itself: no link, the same checks. */
export function orderMessage(order: Order, session: number, sequence: number, configuration: number): Message {
  return { kind: "order", order, session, sequence, configuration };
}
