/** Placing addresses: all come up at once, and a server dies; the time in the module in all, until all are placed. */

import type { ArrayDescription } from "../../host/array/description.js";
import { parseArray } from "../../host/array/description.js";
import { Acknowledged, DecisionKind, LeaseStatus, LinkState, ScopeRole } from "../../host/shim/generated/layout.js";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { instantiate } from "../../host/shim/module.js";
import { NONE } from "../../host/shim/names.js";
import { Shim } from "../../host/shim/shim.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { spread } from "./statistics.js";

/** All placed within this time in the module, in the largest array. */
const TARGET_MS = 10;
const TICK_MS = 100;
const TICKS_MAX = 200;
const BEAT = { bootCount: 1, selfTests: 63, role: 2, configuration: 1, hears0: -1, hears1: -1, hears2: -1, hears3: -1 };

interface Size {
  name: string;
  profile: ProfileName;
  /** Servers of the group that is measured; each has a partner. */
  servers: number;
  portsEach: number;
  interfaces: number;
  /** Eligible sets: each leaves out some of the ports. */
  sets: number;
}

const SIZES: readonly Size[] = [
  // The homes' server is down: five take them.
  { name: "900 addresses, 5 servers", profile: "standard", servers: 6, portsEach: 8, interfaces: 900, sets: 4 },
  { name: "16,384 addresses, 128 servers", profile: "large", servers: 64, portsEach: 8, interfaces: 16384, sets: 8 },
];

/** Homes are on the first server's ports, which are down at the start: every address is placed by the spread. */
function arrayOf(size: Size): ArrayDescription {
  const { array } = parseArray(`name: placing\nprofile: ${size.profile}\ncontrollers: [x]\n`, "placing");
  if (array === undefined) throw new Error("the array of the bench is refused");
  const controllers = Array.from({ length: size.servers }, (_, n) => [
    { name: `l${n}`, partner: `r${n}` },
    { name: `r${n}` },
  ]);
  const networkPorts = controllers
    .flat()
    .flatMap(({ name }) =>
      Array.from({ length: size.portsEach }, (_, n) => port(`${name}e${n}`, name, n % 4 === 3 ? 25000 : 10000)),
    );
  const left = networkPorts.filter(({ controller }) => controller.startsWith("l"));
  const sets = Array.from({ length: size.sets }, (_, set) =>
    left
      .filter((_port, index) => set === 0 || index < size.portsEach || (index + set) % 4 !== 0)
      .map(({ name }) => name),
  );
  const interfaces = Array.from({ length: size.interfaces }, (_, n) => ({
    name: `v${n}`,
    address: "",
    home: `l0e${n % size.portsEach}`,
    failBack: false,
    eligible: sets[n % size.sets] as string[],
  }));
  return { ...array, controllers: controllers.flat(), networkPorts, interfaces };
}

function port(name: string, controller: string, speed: number) {
  return { name, controller, device: name, speed, domain: "lan", rank: 0 };
}

class Placing {
  private readonly shim: Shim;
  private readonly at: Int32Array;
  private readonly dead = new Set<string>();
  private nowMs = 1000;
  private beat = 0;
  moduleMs = 0;
  largestMs = 0;
  ticks = 0;
  moves = 0;

  constructor(
    bytes: Uint8Array,
    private readonly size: Size,
    private readonly array: ArrayDescription,
  ) {
    const core = instantiate(bytes);
    const tick = core.exports.tick;
    core.exports = {
      ...core.exports,
      tick: () => {
        const start = performance.now();
        const waiting = tick();
        const took = performance.now() - start;
        this.moduleMs += took;
        this.largestMs = Math.max(this.largestMs, took);
        return waiting;
      },
    };
    this.shim = new Shim(core, { incarnation: 1, controller: `l${size.servers - 1}` });
    const problems = this.shim.configure(array);
    if (problems.length > 0) throw new Error(problems[0]?.message);
    this.at = new Int32Array(size.interfaces).fill(-1);
    this.shim.start(this.nowMs);
    for (let row = 0; row < size.interfaces; row++) this.shim.interfaceAt(row, NONE);
    for (const row of [1, 2])
      this.shim.membership.scope(row, ScopeRole.DECIDING, this.shim.names.members.row(row === 1 ? "l0" : "r0"), 1);
    for (const { name } of array.controllers) this.lease(name, LeaseStatus.LEASED);
    for (const each of array.networkPorts ?? []) {
      const link = each.controller === "l0" ? LinkState.DOWN : LinkState.UP;
      this.shim.networkPort(this.shim.names.networkPorts.row(each.name), link);
    }
  }

  private lease(name: string, lease: number): void {
    this.shim.membership.memberInput(this.shim.names.members.row(name), lease, Acknowledged.GROUP | Acknowledged.PAIR);
  }

  private step(): number {
    this.nowMs += TICK_MS;
    this.beat++;
    const first = this.shim.serverRow(0);
    for (const { name } of this.array.controllers) {
      const row = this.shim.names.members.row(name);
      if (this.dead.has(name)) continue;
      const status = { ...BEAT, beat: this.beat, penalty: 0, flags: 1, carried: 0 };
      this.shim.membership.heartbeat(row, status);
      if (row - first < first) this.shim.membership.heartbeat(row - first, status);
    }
    const placed: [number, number][] = [];
    this.shim.tick(this.nowMs, (decision) => {
      if (decision.kind === DecisionKind.MOVE_INTERFACE) placed.push([decision.subject, decision.to]);
      if (decision.kind === DecisionKind.UNHOST_INTERFACE) placed.push([decision.subject, NONE]);
    });
    for (const [row, to] of placed) {
      this.at[row] = to === NONE ? -1 : to;
      this.shim.interfaceAt(row, to);
    }
    return placed.length;
  }

  /** Ticks until the grace period is over and something happens, then until nothing does; only those count. */
  run(): void {
    let before = 0;
    for (let n = 0; n < TICKS_MAX; n++) {
      this.moduleMs = this.moves === 0 ? 0 : this.moduleMs;
      if (this.moves === 0) this.largestMs = 0;
      const moved = this.step();
      this.moves += moved;
      if (this.moves > 0) this.ticks++;
      if (this.moves > 0 && moved === 0 && before === 0) return;
      before = moved;
    }
  }

  /** The server with the most addresses dies. */
  kill(): void {
    this.moduleMs = 0;
    this.largestMs = 0;
    this.ticks = 0;
    this.moves = 0;
    const name = "l1";
    this.dead.add(name);
    this.lease(name, LeaseStatus.GONE);
    let quiet = 0;
    for (let n = 0; n < TICKS_MAX && quiet < 2; n++) {
      const moved = this.step();
      this.moves += moved;
      this.ticks++;
      quiet = moved === 0 && this.moves > 0 ? quiet + 1 : 0;
    }
  }

  /** Highest and lowest level among the ports that can take addresses, in addresses a Gbit/s. */
  levels(): string {
    const counts = new Map<number, number>();
    for (const at of this.at) if (at >= 0) counts.set(at, (counts.get(at) ?? 0) + 1);
    const { networkPorts } = this.shim.names;
    const levels = (this.array.networkPorts ?? [])
      .filter(({ controller }) => controller.startsWith("l") && controller !== "l0" && !this.dead.has(controller))
      .map(({ name, speed }) => ((counts.get(networkPorts.row(name)) ?? 0) * 1000) / speed);
    const placed = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const [least, most] = [Math.min(...levels).toFixed(2), Math.max(...levels).toFixed(2)];
    return `${placed} of ${this.size.interfaces} placed, ${least} to ${most} addresses a Gbit/s, where at best the most is ${this.bestMost().toFixed(2)}`;
  }

  /**
   * Lowest level under which all addresses have room, in addresses a Gbit/s; when one dies, those that stay count as free
   * too. Sets of eligible ports could only raise it.
   */
  private bestMost(): number {
    const speeds = (this.array.networkPorts ?? [])
      .filter(({ controller }) => controller.startsWith("l") && controller !== "l0" && !this.dead.has(controller))
      .map(({ speed }) => speed / 1000);
    const room = (level: number) => speeds.reduce((sum, speed) => sum + Math.floor(level * speed + 1e-9), 0);
    const steps = [...new Set(speeds)].flatMap((speed) =>
      Array.from({ length: this.size.interfaces }, (_, count) => (count + 1) / speed),
    );
    return steps.sort((left, right) => left - right).find((level) => room(level) >= this.size.interfaces) ?? Number.NaN;
  }
}

/** Figures of one profile: all up at once, then one server less. */
export function measurePlacing(bytes: Uint8Array, profile: ProfileName, effort: Effort): Figure[] {
  return SIZES.filter((size) => size.profile === profile).flatMap((size) => {
    const array = arrayOf(size);
    const totals = { up: [] as number[], dies: [] as number[] };
    let figures: Figure[] = [];
    for (let round = 0; round < Math.min(effort.rounds, 7); round++) {
      const placing = new Placing(bytes, size, array);
      placing.run();
      totals.up.push(placing.moduleMs);
      const first = figureOf(`${size.name}: all come up at once`, profile, totals.up, placing);
      placing.kill();
      totals.dies.push(placing.moduleMs);
      figures = [first, figureOf(`${size.name}: one server dies`, profile, totals.dies, placing)];
    }
    return figures;
  });
}

function figureOf(name: string, variant: string, totals: readonly number[], placing: Placing): Figure {
  const { ticks, moves, largestMs } = placing;
  const note = `${moves} moves in ${ticks} ticks, the largest ${largestMs.toFixed(2)} ms; ${placing.levels()}`;
  const spreads = { "in the module": spread([...totals]) };
  return {
    name,
    variant,
    value: spread([...totals]).median,
    unit: "ms",
    target: TARGET_MS,
    spreads,
    spreadUnit: "ms",
    note,
  };
}
