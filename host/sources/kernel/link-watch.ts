/**
 * Links of network devices, as the kernel tells of them: one long-lived `ip monitor`, and now and then the whole list,
 * which also brings the error counters and whatever was missed.
 */

import { LineProcess } from "../../effectors/addresses/line-process.js";
import { LinkState } from "../../shim/generated/layout.js";
import { type CommandRunner, failureText, OutputError, runCommand } from "../command.js";
import { Repeat } from "../repeat.js";
import { isLabelOf, parseLinkShow, parseMonitorLine } from "./link-lines.js";

export interface LinkWatchOptions {
  /** Between two readings of the whole list. */
  pollMs: number;
  /** A link has changed; called at once. */
  onLink: (device: string, state: LinkState) => void;
  /** An address of a watched device has come or gone; which one is for the listener to find out. */
  onAddress?: (device: string) => void;
  /** A line for the operator. */
  report: (line: string) => void;
  /** How commands are run; tests put their own here. */
  run?: CommandRunner;
  /** The `ip` to run. */
  program?: string;
}

const MONITOR = ["-o", "monitor", "link", "address"] as const;
const LIST = ["-j", "-s", "link", "show"] as const;
const LIST_TIMEOUT_MS = 5000;
/** After a monitor that ended, the next one begins after this. */
const RESTART_MS = 1000;
/** A monitor begins to listen a moment after it was started: what happened before that is in the list. */
const LISTENING_MS = 200;

interface Watched {
  device: string;
  state: LinkState;
  /** The kernel's number of the device; 0 while it has none. */
  index: number;
  errors: number;
  /** Errors counted before this watch began; -1 before the first reading. */
  errorsBefore: number;
}

function unread(device: string): Watched {
  return { device, state: LinkState.UNKNOWN, index: 0, errors: 0, errorsBefore: -1 };
}

export class LinkWatch {
  private watched: Watched[];
  private readonly poll: Repeat;
  private monitor: LineProcess | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;
  private failing = false;
  /** Counts monitor lines of links: a list that was read while one came may be older than it. */
  private told = 0;

  constructor(
    devices: readonly string[],
    private readonly options: LinkWatchOptions,
  ) {
    this.watched = devices.map(unread);
    this.poll = new Repeat(() => this.readList(), { intervalMs: options.pollMs });
  }

  /** Resolves when the whole list was read once: every link is known then, unless `ip` can't be run. */
  async start(): Promise<void> {
    this.listen();
    this.later(LISTENING_MS, () => void this.poll.now());
    await this.poll.now();
  }

  /** Other devices than before: those that stay go on as they are, new ones are read at once. */
  follow(devices: readonly string[]): void {
    this.watched = devices.map((device) => this.find(device) ?? unread(device));
    // A list that is being read may be from before.
    this.told++;
    this.later(0, () => void this.poll.now());
  }

  /** UNKNOWN before the first reading and for a device that isn't watched. */
  state(device: string): LinkState {
    return this.find(device)?.state ?? LinkState.UNKNOWN;
  }

  /** Errors that the kernel has counted since this watch began. */
  errors(device: string): number {
    return this.find(device)?.errors ?? 0;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    const { monitor } = this;
    this.monitor = undefined;
    monitor?.kill();
    await Promise.all([monitor?.close(), this.poll.close()]);
  }

  private find(device: string): Watched | undefined {
    return this.watched.find((each) => each.device === device);
  }

  private listen(): void {
    const listener = { onLine: (line: string) => this.onLine(line), onEnd: (why: string) => this.onEnd(why) };
    const monitor = new LineProcess(this.options.program ?? "ip", MONITOR, listener);
    this.monitor = monitor;
    monitor.write(""); // starts it; it reads nothing
  }

  private onLine(line: string): void {
    if (this.closed) return;
    const event = parseMonitorLine(line);
    if (event === undefined) return;
    if (event.kind === "address") {
      if (this.find(event.device) !== undefined) this.options.onAddress?.(event.device);
      return;
    }
    this.told++;
    // A number that stood for a watched device and has another name now: that device is gone.
    for (const each of this.watched) {
      const named = isLabelOf(event.label, each.device);
      if (each.index === event.index && (!named || event.gone)) this.lose(each);
    }
    const device = this.byLabel(event.label);
    if (device === undefined || event.gone) return;
    device.index = event.index;
    this.set(device, event.state);
  }

  /** The watched device that a label means; the longest name where several fit. */
  private byLabel(label: string): Watched | undefined {
    const fitting = this.watched.filter((each) => isLabelOf(label, each.device));
    return fitting.sort((a, b) => b.device.length - a.device.length)[0];
  }

  private lose(watched: Watched): void {
    watched.index = 0;
    this.set(watched, LinkState.DOWN);
  }

  private set(watched: Watched, state: LinkState): void {
    if (watched.state === state) return;
    watched.state = state;
    this.options.onLink(watched.device, state);
  }

  private onEnd(why: string): void {
    if (this.closed) return;
    // An interrupt from the terminal reaches it too: it is told of only where this watch goes on.
    this.later(RESTART_MS, () => {
      this.options.report(`ip monitor: ${why}; links were polled meanwhile, it is started again`);
      this.listen();
      this.later(LISTENING_MS, () => void this.poll.now());
    });
  }

  private later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.closed) run();
    }, delayMs);
    timer.unref();
    this.timers.add(timer);
  }

  private async readList(): Promise<void> {
    const before = this.told;
    const run = this.options.run ?? runCommand;
    const result = await run(this.options.program ?? "ip", LIST, { timeoutMs: LIST_TIMEOUT_MS });
    if (this.closed) return;
    // Links that changed while the list was read are in the next one.
    if (this.told !== before) return;
    try {
      if (result.status !== 0) throw new Error(failureText("ip link show", result));
      this.take(parseLinkShow(result.stdout));
      this.failing = false;
    } catch (error) {
      if (!(error instanceof OutputError || error instanceof Error)) throw error;
      if (!this.failing) this.options.report(error.message);
      this.failing = true;
    }
  }

  private take(links: ReturnType<typeof parseLinkShow>): void {
    for (const watched of this.watched) {
      const link = links.find((each) => each.device === watched.device);
      if (link === undefined) {
        this.lose(watched);
        continue;
      }
      if (watched.errorsBefore < 0 || link.errors < watched.errorsBefore) watched.errorsBefore = link.errors;
      watched.errors = link.errors - watched.errorsBefore;
      watched.index = link.index;
      this.set(watched, link.state);
    }
  }
}
