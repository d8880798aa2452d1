/** One policy's run: its world, its counters, its account. All runs are fed the same demand, tick by tick. */

import { Account, type PortCapacity, type WindowDemand } from "./accounting.js";
import type { TickDemand } from "./demand.js";
import type { Counters, Policy, PolicyContext, PolicyName } from "./policies/policy.js";
import { World, type WorldShape } from "./world.js";

/**
 * Where sessions are logged in when the run begins. `target`: each target has a preferred port, dealt round, as
 * administrators set it; `session`: each session is dealt its port; `first`: all on the first portal, as initiators
 * that take the first listed one arrive (Figure 8).
 */
export type StartKind = "target" | "session" | "first";

export interface RunShape {
  world: WorldShape;
  start: StartKind;
  capacity: PortCapacity;
  returnWindowMs: number;
}

export class Run {
  readonly world: World;
  readonly account: Account;
  readonly policy: Policy;
  private readonly counters: Counters;

  constructor(
    readonly name: PolicyName,
    shape: RunShape,
    makePolicy: (context: PolicyContext) => Policy,
  ) {
    this.world = new World(shape.world, shape.returnWindowMs);
    this.counters = emptyCounters(shape.world.ports, this.world.sessions);
    this.account = new Account(shape.capacity, this.world.sessions);
    for (let session = 0; session < this.world.sessions; session++) {
      this.world.begin(session, startPort(shape, session));
    }
    this.policy = makePolicy({ world: this.world, counters: this.counters });
    this.world.listeners.push({
      loggedIn: (session, port) => this.release(session, port),
      loggedOut: () => undefined,
      registrationsChanged: () => undefined,
    });
  }

  beginWindow(): void {
    this.account.begin(this.world.accountedTo);
  }

  /** One tick that ends at `nowMs`: I/O, then what is due, then the policy. */
  step(demand: TickDemand, nowMs: number): void {
    for (let i = 0; i < demand.count; i++) {
      const session = demand.touched[i] as number;
      this.carry(
        session,
        demand.cost[session] as number,
        demand.commands[session] as number,
        demand.bytes[session] as number,
      );
    }
    this.world.events.advance(nowMs);
    this.policy.step(nowMs);
  }

  endWindow(demand: WindowDemand): void {
    this.account.end(demand);
  }

  private carry(session: number, cost: number, commands: number, bytes: number): void {
    const { counters } = this;
    const port = this.world.portOf[session] as number;
    if (port < 0) {
      add(counters.heldCost, session, cost);
      add(counters.heldCommands, session, commands);
      add(counters.heldBytes, session, bytes);
      return;
    }
    add(counters.portCost, port, cost);
    add(counters.portCommands, port, commands);
    add(counters.portBytes, port, bytes);
    add(counters.sessionCost, session, cost);
    add(counters.sessionCommands, session, commands);
    add(counters.sessionBytes, session, bytes);
  }

  /** The host sends what it held back while it had no login. */
  private release(session: number, port: number): void {
    const { heldCost, heldCommands, heldBytes } = this.counters;
    if (port < 0 || heldCommands[session] === 0) return;
    this.carry(session, heldCost[session] as number, heldCommands[session] as number, heldBytes[session] as number);
    heldCost[session] = 0;
    heldCommands[session] = 0;
    heldBytes[session] = 0;
  }
}

function startPort(shape: RunShape, session: number): number {
  if (shape.start === "first") return 0;
  const { initiatorOf, targetOf, ports } = shape.world;
  const place = (targetOf[session] as number) + (shape.start === "session" ? (initiatorOf[session] as number) : 0);
  return place % ports;
}

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = (values[index] as number) + amount;
}

function emptyCounters(ports: number, sessions: number): Counters {
  const of = (length: number) => new Float64Array(length);
  return {
    portCost: of(ports),
    portCommands: of(ports),
    portBytes: of(ports),
    sessionCost: of(sessions),
    sessionCommands: of(sessions),
    sessionBytes: of(sessions),
    heldCost: of(sessions),
    heldCommands: of(sessions),
    heldBytes: of(sessions),
  };
}
