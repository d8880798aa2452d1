/** The shelf, asked over the authenticated link between controllers. */

import type { ShelfMessage } from "./shelf/service.js";
import { type Admission, ShelfRefusal, type ShelfUnit, type UnitShelf } from "./unit-shelf.js";

/** As `host/coordination/commands/link.ts` has it. */
export interface AskingLink {
  request(to: string, message: ShelfMessage, timeoutMs: number): Promise<ShelfMessage>;
}

export interface ShelfClientOptions {
  /** Name of the shelf on the link. */
  shelf: string;
  /** Tells this start of the controller from all others. */
  instance: string;
  timeoutMs: number;
}

export class ShelfClient implements UnitShelf {
  constructor(
    private readonly link: AskingLink,
    private readonly options: ShelfClientOptions,
  ) {}

  async admit(unit: string, epoch: number): Promise<Admission> {
    const { instance } = this.options;
    const { initiator } = await this.ask({ kind: "admitUnit", unit, instance, epoch }, "admitted");
    if (typeof initiator !== "string") throw new Error("the shelf's answer names no initiator");
    return { initiator };
  }

  async release(unit: string, epoch: number): Promise<void> {
    await this.ask({ kind: "releaseUnit", unit, epoch }, "released");
  }

  async states(): Promise<ShelfUnit[]> {
    const { units } = await this.ask({ kind: "unitStates" }, "unitStates");
    if (!Array.isArray(units)) throw new Error("the shelf's answer lists no units");
    return units.map((each: Partial<ShelfUnit> | null) => {
      if (typeof each?.unit !== "string" || typeof each.epoch !== "number")
        throw new Error("the shelf's list is damaged");
      return { unit: each.unit, epoch: each.epoch, server: typeof each.server === "string" ? each.server : undefined };
    });
  }

  private async ask(message: ShelfMessage, expected: string): Promise<ShelfMessage> {
    const answer = await this.link.request(this.options.shelf, message, this.options.timeoutMs);
    if (answer.kind === expected) return answer;
    const text = `the shelf: ${typeof answer.why === "string" ? answer.why : `an answer of kind ${answer.kind}`}`;
    throw answer.kind === "refused" ? new ShelfRefusal(text) : new Error(text);
  }
}
