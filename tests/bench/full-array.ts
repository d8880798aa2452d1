/** An array with every table full, and the host around it, as small as can be: what is decided comes true at once. */

import type { ArrayDescription } from "../../host/array/description.js";
import type { DecisionView } from "../../host/shim/decision-view.js";
import { DecisionKind, LinkState, type ProfileName, SessionFlag } from "../../host/shim/generated/layout.js";
import { Shim } from "../../host/shim/shim.js";
import { capacityOf, full } from "./arrays.js";
import { createInstance, type Instance } from "./instance.js";
import { START_MS, STEP_MS } from "./workload.js";

const SETTLING_TICKS_MAX = 20_000;

export class FullArray {
  readonly instance: Instance;
  readonly shim: Shim;
  /** Session rows in the order of login. */
  readonly sessions: number[] = [];
  hostMs = START_MS;
  private readonly listed: Set<number>[] = [];
  private readonly handler = (decision: DecisionView) => this.carryOut(decision);

  constructor(module: WebAssembly.Module, array: ArrayDescription) {
    this.instance = createInstance(module, array.profile, false);
    this.shim = new Shim(this.instance, { incarnation: 1 });
    const problems = this.shim.configure(array);
    if (problems.length > 0) throw new Error(`the bench's array is refused: ${problems[0]?.message}`);
    this.shim.start(this.hostMs);
    const ports = [...this.shim.names.ports.rows()];
    for (const port of ports) this.shim.setLink(port, LinkState.UP);
    for (const target of this.shim.names.targets.rows()) {
      this.listed[target] = new Set(ports);
      this.shim.setRegistrations(target, ports);
    }
  }

  /** Logs in `count` sessions, each pair of initiator and target once, through the port that `portOf` gives. */
  login(count: number, portOf: (session: number) => number): void {
    const initiators = capacityOf(this.instance.profile, "INITIATOR_MAX");
    const targets = [...this.shim.names.targets.rows()];
    for (let n = 0; n < count; n++) {
      const initiator = this.shim.initiator(`initiator-${n % initiators}`);
      const target = targets[(n + Math.floor(n / initiators)) % targets.length] as number;
      const row = this.shim.login(initiator, target, portOf(n), SessionFlag.ASYNC_LOGOUT);
      if (row < 0) throw new Error(`no row for session ${n}`);
      this.sessions.push(row);
    }
  }

  /** One sample later, one tick. */
  tick(): void {
    this.hostMs += STEP_MS;
    this.shim.tick(this.hostMs, this.handler);
  }

  /** Counters of every port, light ones, for the coming tick. */
  feedPorts(): void {
    const { capacity } = this.instance.views.targetPortConfig;
    const ticks = (this.hostMs - START_MS) / STEP_MS + 1;
    for (let port = 0; port < capacity; port++) {
      this.shim.portCounters(port, this.hostMs + STEP_MS, ticks * 10_000, ticks * 100_000, ticks * 100, 1);
    }
  }

  /** Ticks without inputs until a tick finds nothing to do and time alone brings nothing more. */
  settle(): void {
    const { header } = this.instance.views;
    for (let n = 0; n < SETTLING_TICKS_MAX; n++) {
      this.tick();
      const busy = header.busyTicks(0);
      this.shim.tick(this.hostMs, this.handler);
      if (header.busyTicks(0) === busy && header.nextDeadlineMs(0) > header.nowMs(0) + STEP_MS * SETTLING_TICKS_MAX)
        return;
    }
  }

  private carryOut(decision: DecisionView): void {
    const { kind, subject, from, to } = decision;
    const listed = this.listed[subject];
    if (kind === DecisionKind.WITHDRAW_REGISTRATION && listed?.delete(from))
      this.shim.setRegistrations(subject, listed);
    else if (kind === DecisionKind.RESTORE_REGISTRATION && listed !== undefined) {
      this.shim.setRegistrations(subject, listed.add(to));
    } else if (kind === DecisionKind.LOGOUT_SESSION || kind === DecisionKind.REDIRECT_SESSION) this.move(subject, to);
  }

  /** The host logs out and comes back where it was sent. */
  private move(session: number, to: number): void {
    const { sessionInput } = this.instance.views;
    const initiator = sessionInput.initiator(session);
    const target = sessionInput.target(session);
    if (!this.shim.isLoggedIn(session)) return;
    this.shim.logout(session);
    this.shim.login(initiator, target, to, SessionFlag.ASYNC_LOGOUT);
  }
}

/** Every table full, sessions spread over the ports, all of it observed and settled. */
export function fullInstance(module: WebAssembly.Module, profile: ProfileName, sessions?: number): FullArray {
  const array = new FullArray(module, full(profile));
  const ports = capacityOf(profile, "TARGET_PORT_MAX");
  array.feedPorts();
  array.login(sessions ?? capacityOf(profile, "SESSION_MAX"), (session) => session % ports);
  array.settle();
  return array;
}
