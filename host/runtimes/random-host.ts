/**
 * A host of chance: drives a shim with valid inputs drawn from a seed, carries its decisions out late, wrongly or not at
 * all, and records everything. The same seed gives the same bytes.
 */

import type { ArrayDescription } from "../array/description.js";
import type { DecisionView } from "../shim/decision-view.js";
import {
  DecisionKind,
  LinkState,
  layouts,
  OutcomeResult,
  type ProfileName,
  SessionFlag,
} from "../shim/generated/layout.js";
import { instantiate } from "../shim/module.js";
import { Recorder, type RecordingSink } from "../shim/recorder.js";
import { Shim } from "../shim/shim.js";

/** Numbers from a seed: xorshift with 32 bits (Marsaglia, 2003). */
class Chance {
  constructor(private state: number) {}

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

/** What an array of chance is made of: enough to move things about, few enough to keep recordings small. */
const SIZES: Record<ProfileName, { ports: number; targets: number; initiators: number }> = {
  small: { ports: 6, targets: 24, initiators: 24 },
  standard: { ports: 24, targets: 96, initiators: 128 },
  large: { ports: 96, targets: 512, initiators: 512 },
};

function randomArray(profile: ProfileName, chance: Chance): ArrayDescription {
  const sizes = SIZES[profile];
  const portNames = Array.from({ length: sizes.ports }, (_, index) => `p${index}`);
  const ports = portNames.map((name, index) => ({
    name,
    controller: index % 5 === 4 ? "b" : "a",
    address: "",
    tag: index + 1,
    listOrder: chance.below(4),
    maintenance: chance.oneIn(12),
    capacity: {
      processor: 200_000 * (1 + chance.below(5)),
      bandwidth: chance.below(3) * 50_000,
      operations: chance.below(3) * 20_000,
      queue: chance.below(2) * 256,
      sessions: 4 + chance.below(16),
    },
  }));
  const targets = Array.from({ length: sizes.targets }, (_, index) => ({
    name: `t${index}`,
    ports: portNames.filter((_, port) => port === index % sizes.ports || chance.oneIn(3)),
    pinned: chance.oneIn(16),
    redirection: chance.oneIn(4),
  }));
  const initiators = Array.from({ length: sizes.initiators }, (_, index) => ({
    name: `i${index}`,
    pinned: chance.oneIn(16),
    nextPortal: chance.oneIn(3) ? ("following" as const) : ("first" as const),
    switchingPriority: chance.below(4),
  }));
  const knobs = { sampleMs: 200, residenceMs: 5000, moveMs: 8000, withdrawMs: 3000, settleMs: 500, backOffMs: 1000 };
  const health = { targetPort: { silenceMs: 2000, holdDownMs: 500, flapForgetMs: 20_000, panicMs: 2000 } };
  const policy = { common: { graceMs: 1000 }, ports: knobs, health };
  return {
    name: "chance",
    profile,
    controllers: [{ name: "a" }, { name: "b" }],
    ports,
    targets,
    initiators,
    policy,
    sources: {},
  };
}

/** Something that happens later: a decision's effect. */
interface Effect {
  atMs: number;
  decision: DecisionView;
}

interface Port {
  /** Share of its processor in use, permille; may exceed 1000. */
  loadPermille: number;
  busyUs: number;
  bytes: number;
  operations: number;
  sampledMs: number;
}

/** One run. */
class RandomHost {
  private readonly shim: Shim;
  private array: ArrayDescription;
  private readonly ports: Port[];
  private readonly registrations: Set<number>[];
  private readonly sessions: number[] = [];
  private readonly operations = new Map<number, number>();
  private effects: Effect[] = [];
  private hostMs = 1000;

  constructor(
    moduleBytes: Uint8Array,
    recorder: Recorder,
    private readonly chance: Chance,
  ) {
    const core = instantiate(moduleBytes);
    this.array = randomArray(core.profile, chance);
    this.shim = new Shim(core, { incarnation: 1, controller: "a", recorder });
    const problems = this.shim.configure(this.array);
    if (problems.length > 0) throw new Error(`the random array was refused: ${problems[0]?.message}`);
    this.ports = this.array.ports.map(() => ({ loadPermille: 400, busyUs: 0, bytes: 0, operations: 0, sampledMs: 0 }));
    this.registrations = this.array.targets.map(() => new Set<number>());
    this.begin();
  }

  run(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) this.step();
  }

  private begin(): void {
    const { shim, array } = this;
    shim.start(this.hostMs);
    for (const [port] of array.ports.entries()) shim.setLink(port, LinkState.UP);
    for (const [target, { ports }] of array.targets.entries()) {
      for (const name of ports) this.registrations[target]?.add(Number(name.slice(1)));
      shim.setRegistrations(target, this.registrations[target] as Set<number>);
    }
    for (const _ of array.initiators) this.login();
  }

  private step(): void {
    const { chance } = this;
    this.hostMs += chance.oneIn(20_000) ? 30_000 : 50 + chance.below(100);
    this.carryOut();
    if (chance.oneIn(2)) this.samplePort(chance.below(this.ports.length));
    if (chance.oneIn(4)) this.sampleSession();
    if (chance.oneIn(40)) this.disturb();
    if (chance.oneIn(3000)) this.reconfigure();
    if (chance.oneIn(50)) this.shim.scrub(1 + chance.below(16));
    // Now and then the host is slow, and the ring fills.
    if (chance.oneIn(200)) this.shim.draining = !this.shim.draining;
    this.shim.tick(this.hostMs, (decision) => this.plan(decision));
  }

  private plan(decision: DecisionView): void {
    if (this.chance.oneIn(30)) return;
    this.effects.push({ atMs: this.hostMs + this.chance.below(2000), decision: { ...decision } });
  }

  private carryOut(): void {
    const due = this.effects.filter((effect) => effect.atMs <= this.hostMs);
    if (due.length === 0) return;
    this.effects = this.effects.filter((effect) => effect.atMs > this.hostMs);
    for (const { decision } of due) this.carryOutOne(decision);
  }

  private carryOutOne(decision: DecisionView): void {
    const { chance, shim } = this;
    const failing = chance.oneIn(12);
    const failures = [OutcomeResult.REFUSED, OutcomeResult.FAILED, OutcomeResult.TIMED_OUT];
    const result = failing ? (failures[chance.below(3)] as number) : OutcomeResult.DONE;
    if (!failing) this.effect(decision);
    if (!chance.oneIn(20)) shim.outcome(decision.incarnation, decision.sequence, result, chance.below(100));
  }

  private effect(decision: DecisionView): void {
    const { kind, subject, from, to } = decision;
    if (kind === DecisionKind.WITHDRAW_REGISTRATION) this.register(subject, from, false);
    if (kind === DecisionKind.RESTORE_REGISTRATION) this.register(subject, to, true);
    if (kind === DecisionKind.LOGOUT_SESSION || kind === DecisionKind.REDIRECT_SESSION) this.relocate(subject, to);
  }

  private register(target: number, port: number, listed: boolean): void {
    const ports = this.registrations[target];
    if (ports === undefined) return;
    if (listed) ports.add(port);
    else ports.delete(port);
    this.shim.setRegistrations(target, ports);
  }

  /** Ends a session; its initiator mostly comes back where it should. */
  private relocate(session: number, to: number): void {
    const { chance, shim } = this;
    const { sessionInput } = shim.core.views;
    if (!shim.isLoggedIn(session)) return;
    const [initiator, target] = [sessionInput.initiator(session), sessionInput.target(session)];
    this.logout(session);
    if (chance.oneIn(10)) return;
    const listed = [...(this.registrations[target] ?? [])];
    const port = chance.oneIn(8) || !listed.includes(to) ? listed[chance.below(Math.max(1, listed.length))] : to;
    if (port !== undefined) this.loginAt(initiator, target, port);
  }

  private login(): void {
    const { chance, array } = this;
    const target = chance.below(array.targets.length);
    const listed = [...(this.registrations[target] ?? [])];
    const port = listed[chance.below(Math.max(1, listed.length))];
    const name = array.initiators[chance.below(array.initiators.length)]?.name ?? "i0";
    if (port !== undefined) this.loginAt(this.shim.initiator(name), target, port);
  }

  private loginAt(initiator: number, target: number, port: number): void {
    const { chance } = this;
    const flags =
      (chance.oneIn(20) ? SessionFlag.PINNED : 0) |
      (chance.oneIn(20) ? SessionFlag.RESERVATION : 0) |
      (chance.oneIn(2) ? SessionFlag.ASYNC_LOGOUT : 0);
    const session = this.shim.login(initiator, target, port, flags, chance.below(3));
    if (session >= 0 && !this.sessions.includes(session)) this.sessions.push(session);
  }

  private logout(session: number): void {
    this.shim.logout(session);
    const at = this.sessions.indexOf(session);
    if (at >= 0) this.sessions.splice(at, 1);
  }

  private samplePort(index: number): void {
    const { chance } = this;
    const port = this.ports[index] as Port;
    const elapsedMs = this.hostMs - port.sampledMs;
    port.loadPermille = Math.max(0, Math.min(1300, port.loadPermille + chance.below(301) - 148));
    const capacity = this.array.ports[index]?.capacity.processor ?? 0;
    if (chance.oneIn(400)) port.busyUs = 0;
    else if (!chance.oneIn(200)) port.busyUs += Math.floor((capacity * port.loadPermille * elapsedMs) / 1_000_000);
    port.bytes += chance.below(10_000_000);
    port.operations += chance.below(3000);
    port.sampledMs = this.hostMs;
    this.shim.portCounters(index, this.hostMs, port.busyUs, port.bytes, port.operations, chance.below(64));
  }

  private sampleSession(): void {
    const { chance } = this;
    const session = this.sessions[chance.below(Math.max(1, this.sessions.length))];
    if (session === undefined) return;
    const operations = (this.operations.get(session) ?? 0xffff_f000) + chance.below(500);
    this.operations.set(session, operations);
    this.shim.sessionCounters(session, this.hostMs, operations >>> 0, operations * 4096, chance.below(8));
  }

  /** What nobody decided: links, logins, logouts, a server that forgets or adds. */
  private disturb(): void {
    const { chance, shim, array } = this;
    const port = chance.below(array.ports.length);
    const target = chance.below(array.targets.length);
    const what = chance.below(8);
    if (what === 0) shim.setLink(port, LinkState.DOWN);
    else if (what <= 2) for (const [index] of array.ports.entries()) shim.setLink(index, LinkState.UP);
    else if (what === 3) this.register(target, port, chance.oneIn(2));
    else if (what === 4 && this.sessions.length > 0) {
      this.logout(this.sessions[chance.below(this.sessions.length)] as number);
    } else if (what === 5) {
      shim.setRemoteLoad(port, chance.below(1200), chance.below(300));
    } else this.login();
  }

  private reconfigure(): void {
    const { chance } = this;
    const ports = this.array.ports.map((port) => ({ ...port, maintenance: chance.oneIn(10) }));
    const array = { ...this.array, ports };
    if (this.shim.configure(array).length > 0) throw new Error("a changed random array was refused");
    this.array = array;
  }
}

/** Records `ticks` ticks of a random host. @returns the digest of its decisions and how large the recording is. */
export function recordRandom(
  moduleBytes: Uint8Array,
  ticks: number,
  seed: number,
  sink: RecordingSink,
): { digest: string; profile: ProfileName } {
  const recorder = new Recorder(sink);
  const host = new RandomHost(moduleBytes, recorder, new Chance(seed));
  host.run(ticks);
  recorder.close();
  const profile = instantiate(moduleBytes).profile;
  if (layouts[profile] === undefined) throw new Error(`no profile ${profile}`);
  return { digest: recorder.digestHex, profile };
}
