/** How often a run came to what the coordination of ports is for: a run that never does shows nothing. */

import { MoveState } from "../../../../host/shim/generated/layout.js";
import type { Shim } from "../../../../host/shim/shim.js";

/** What is looked at: modules, what the iSNS server lists, and sessions by port. */
export interface Looked {
  controllers: readonly { name: string; shim: Shim }[];
  server: ReadonlyMap<string, ReadonlySet<string>>;
  on(port: string): number;
}

export interface Counts {
  /** Two controllers that want to withdraw the last two registrations of a target, one each. */
  lastTwo: number;
  /** Two controllers with a move each into a port that hasn't room for both. */
  samePort: number;
}

export class Situations {
  readonly counts: Counts = { lastTwo: 0, samePort: 0 };
  private present = new Set<string>();

  /** @param full sessions at which a port is overloaded */
  constructor(private readonly full: number) {}

  /** Counts what has begun since the latest look. */
  look(world: Looked): void {
    const now = new Set([...lastTwo(world), ...this.samePort(world)]);
    for (const situation of now) {
      if (!this.present.has(situation)) this.counts[situation.split(" ")[0] as keyof Counts]++;
    }
    this.present = now;
  }

  private samePort(world: Looked): string[] {
    const movers = new Map<string, string[]>();
    for (const { name, shim } of world.controllers) {
      for (const { to } of movesOf(shim, MoveState.AWAITING_LOGIN)) movers.set(to, [...(movers.get(to) ?? []), name]);
    }
    return [...movers]
      .filter(([port, names]) => new Set(names).size > 1 && world.on(port) + names.length >= this.full)
      .map(([port]) => `samePort ${port}`);
  }
}

function lastTwo({ controllers, server }: Looked): string[] {
  return [...server].flatMap(([target, listed]) => {
    if (listed.size !== 2) return [];
    const wanting = controllers.filter(({ name, shim }) => [...listed].some((port) => wants(name, shim, target, port)));
    return wanting.length > 1 ? [`lastTwo ${target}`] : [];
  });
}

/** Whether a controller means to withdraw a registration of its own: for a move, or since its port is in maintenance. */
function wants(controller: string, shim: Shim, target: string, port: string): boolean {
  const described = shim.array?.ports.find(({ name }) => name === port);
  if (described?.controller !== controller) return false;
  const moves = [...movesOf(shim, MoveState.WITHDRAWING)];
  return described.maintenance || moves.some((move) => move.target === target && move.from === port);
}

/** Moves under way, by names, up to a state. */
function* movesOf({ names, core }: Shim, last: MoveState): Iterable<{ target: string; from: string; to: string }> {
  const { move } = core.views;
  for (let row = 0; row < move.capacity; row++) {
    if (move.state(row) === MoveState.FREE || move.state(row) > last) continue;
    const [from, to] = [names.ports.name(move.from(row)), names.ports.name(move.to(row))];
    yield { target: names.targets.name(move.target(row)), from, to };
  }
}
