/** One controller with a module, whose links' other ends are the test. */

import assert from "node:assert/strict";
import { Arrivals } from "../../../../host/coordination/arrivals.js";
import {
  type CommandLink,
  LinkError,
  type Message,
  type RequestHandler,
} from "../../../../host/coordination/commands/link.js";
import { LinkState } from "../../../../host/shim/generated/layout.js";
import { Shim } from "../../../../host/shim/shim.js";
import { arrayOf, newCore } from "../../shim/support.js";

/** A link whose other end is the test. */
export class TestLink implements CommandLink {
  readonly handlers = new Map<string, RequestHandler>();
  readonly asked: { controller: string; message: Message }[] = [];
  /** Undefined: no answer comes in time. */
  answer: (message: Message) => Message | undefined | Promise<Message> = () => undefined;

  request(controller: string, message: Message): Promise<Message> {
    this.asked.push({ controller, message });
    const answer = this.answer(message);
    return answer === undefined ? Promise.reject(new LinkError("no answer in time")) : Promise.resolve(answer);
  }

  serve(kind: string, handler: RequestHandler): void {
    this.handlers.set(kind, handler);
  }

  /** What another controller asks of this one. */
  ask(from: string, message: Message): Promise<Message> {
    return (this.handlers.get(message.kind) as RequestHandler)(from, message);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const ARRAY = `name: x
profile: small
controllers: [a, b]
portDefaults: {capacity: {processor: 0, sessions: 4}}
ports: [{name: pa, controller: a}, {name: pb, controller: b}]
targets: [t0, t1]
`;
export const DIGEST = 77;

/** Controller `a` with its port up, and both targets listed on both ports. */
export interface Owner {
  shim: Shim;
  arrivals: Arrivals;
  link: TestLink;
  /** Ticks, 100 ms apart, and what comes of them. */
  tick(times?: number): Promise<void>;
}

export function owner(text = ARRAY): Owner {
  const shim = new Shim(newCore(), { incarnation: 1, controller: "a" });
  assert.deepEqual(shim.configure(arrayOf(text)), []);
  shim.start(0);
  for (const port of [0, 1]) shim.setLink(port, LinkState.UP);
  for (const target of [0, 1]) shim.setRegistrations(target, [0, 1]);
  const link = new TestLink();
  const arrivals = new Arrivals({
    link,
    controllers: () => ["a", "b"],
    configuration: () => DIGEST,
    timeoutMs: 1000,
    grantMs: 60_000,
  });
  arrivals.attach(shim);
  let nowMs = 0;
  const tick = async (times = 1) => {
    for (let each = 0; each < times; each++) {
      nowMs += 100;
      shim.portCounters(0, nowMs, 0, 0, 0, 0);
      arrivals.beforeTick(nowMs);
      shim.tick(nowMs, () => {});
      await Promise.resolve();
    }
  };
  return { shim, arrivals, link, tick };
}
