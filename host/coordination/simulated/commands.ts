/** Requests between controllers over the simulated network: late, lost, overtaking one another; carried at most once. */

import { type CommandLink, LinkError, type Message, type RequestHandler } from "../commands/link.js";
import type { ProcessPoints } from "./machine.js";
import type { SimulatedNetwork } from "./network.js";
import type { VirtualClock, VirtualTime } from "./time.js";

/** The ends that are there now, by name of the controller. */
export class SimulatedLinks {
  private readonly ends = new Map<string, SimulatedLink>();
  private readonly delays = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly network: SimulatedNetwork,
    private readonly controllers: readonly string[],
  ) {}

  join(controller: string, clock: VirtualClock, points: ProcessPoints): SimulatedLink {
    const end = new SimulatedLink(this, controller, clock, points);
    this.ends.set(controller, end);
    return end;
  }

  end(controller: string): SimulatedLink | undefined {
    return this.ends.get(controller);
  }

  /** Requests and answers from one to another take so much longer from now on. */
  delay(from: string, to: string, byMs: number): void {
    this.delays.set(`${from}>${to}`, byMs);
  }

  /** At most once, however often the network carries it. */
  carry(from: string, to: string, arrive: () => void): void {
    let arrived = false;
    this.network.carry(this.controllers.indexOf(from), this.controllers.indexOf(to), 0, () => {
      if (arrived) return;
      arrived = true;
      this.time.after(this.delays.get(`${from}>${to}`) ?? 0, arrive);
    });
  }
}

export class SimulatedLink implements CommandLink {
  private readonly handlers = new Map<string, RequestHandler>();
  private closed = false;

  constructor(
    private readonly links: SimulatedLinks,
    private readonly self: string,
    private readonly clock: VirtualClock,
    private readonly points: ProcessPoints,
  ) {}

  request(controller: string, message: Message, timeoutMs: number): Promise<Message> {
    const text = JSON.stringify(message);
    return new Promise((resolve, reject) => {
      this.clock.after(timeoutMs, () => reject(new LinkError("no answer in time")));
      this.points.issue("send", () => {
        if (this.closed) return;
        // A connection belongs to the processes at its two ends: one that restarts gets nothing of what was meant for the other.
        const other = this.links.end(controller);
        this.links.carry(this.self, controller, () => {
          if (other !== undefined && this.links.end(controller) === other) {
            other.receive(this.self, text, (answer) => {
              this.links.carry(controller, this.self, () => this.clock.deliver(() => resolve(parse(answer))));
            });
          }
        });
      });
    });
  }

  serve(kind: string, handler: RequestHandler): void {
    this.handlers.set(kind, handler);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  private receive(from: string, text: string, answer: (text: string) => void): void {
    this.clock.deliver(() => void this.handle(from, parse(text), answer));
  }

  private async handle(from: string, message: Message, answer: (text: string) => void): Promise<void> {
    const handler = this.handlers.get(message.kind);
    if (this.closed || handler === undefined) return;
    const answered = JSON.stringify(await handler(from, message));
    this.points.issue("send", () => answer(answered));
  }
}

function parse(text: string): Message {
  return JSON.parse(text) as Message;
}
