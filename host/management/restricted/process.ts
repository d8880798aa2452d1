/**
 * The process of the restricted server. Its supervisor tells it what to be and how the service is; it needs neither the
 * service's process nor a disk that can be written.
 */

import type { OwnProcessor, ProcessorStatus } from "../processors/own.js";
import { LogRing } from "../processors/own.js";
import { askHealth } from "../processors/forwarding.js";
import { runSelfTests } from "../processors/self-test.js";
import { openAccess } from "../run/access-parts.js";
import { machineFacts } from "../run/machine-facts.js";
import { type DirectoryState, ToldDirectory } from "../run/remote-array.js";
import type { Address, ManagementSettings } from "../run/settings.js";
import type { ServiceNews } from "../run/supervisor-link.js";
import { RestrictedServer } from "./server.js";

export type ToRestricted =
  | { kind: "begin"; settings: ManagementSettings; own: string; version: string }
  /** The service has been started, so often. */
  | { kind: "started"; bootCount: number }
  | { kind: "gone" }
  | ServiceNews
  | { kind: "log"; lines: string[] }
  /** The service wants the address of the management interface. */
  | { kind: "claim" };

export type FromRestricted = { kind: "listening"; port: number; taken: boolean } | { kind: "restart" };

/** News older than this: the service is silent. */
const SILENT_MS = 2000;
const TAKE_EVERY_MS = 300;
const RESTART_ANSWER_MS = 8000;

/** What the restricted server knows of its processor's service. */
class Service {
  bootCount = 0;
  startedMs = 0;
  running = false;
  claimed = false;
  news: ServiceNews | undefined;
  newsMs = Number.NEGATIVE_INFINITY;

  started(bootCount: number): void {
    this.bootCount = bootCount;
    this.running = true;
    this.startedMs = performance.now();
  }

  gone(): void {
    this.running = false;
    this.claimed = false;
    this.news = undefined;
    this.newsMs = Number.NEGATIVE_INFINITY;
  }

  hear(news: ServiceNews): void {
    this.news = news;
    this.newsMs = performance.now();
  }

  get silentMs(): number {
    return performance.now() - this.newsMs;
  }

  get lives(): boolean {
    return this.running && this.silentMs <= SILENT_MS;
  }

  /** Whether the full server is to have the address. */
  get hasFullServer(): boolean {
    return this.running && this.claimed;
  }
}

/** A directory that doesn't claim to know what the service has not told lately. */
class RestrictedDirectory extends ToldDirectory {
  constructor(
    own: string,
    others: readonly string[],
    private readonly service: Service,
  ) {
    super(unknownState(own, others));
  }

  override active(): string | undefined {
    return this.service.lives ? super.active() : undefined;
  }

  override role(): DirectoryState["role"] {
    return this.service.lives ? super.role() : "none";
  }

  override state(): string {
    if (!this.service.running) return "service down";
    if (this.service.lives) return super.state();
    return this.service.news === undefined ? "service starting" : "service silent";
  }
}

function unknownState(own: string, others: readonly string[]): DirectoryState {
  return { own, names: [own, ...others], active: undefined, epoch: 0, role: "none", state: "starting", rows: [] };
}

class RestrictedOwn implements OwnProcessor {
  private sequence = 0;
  private waiting: ((bootCount: number | null) => void) | undefined;

  constructor(
    private readonly begin: Extract<ToRestricted, { kind: "begin" }>,
    private readonly service: Service,
    private readonly directory: RestrictedDirectory,
    private readonly lines: LogRing,
  ) {}

  bootCount(): number {
    return this.service.bootCount;
  }

  async status(): Promise<ProcessorStatus> {
    const { service, directory } = this;
    const { news } = service;
    const age = news === undefined ? null : Math.round(service.silentMs + Math.max(0, news.lastTickAgeMs));
    return {
      processor: directory.own,
      server: "restricted",
      role: directory.role(),
      state: directory.state(),
      active: directory.active() ?? null,
      epoch: directory.epoch(),
      producedAt: new Date().toISOString(),
      sequence: ++this.sequence,
      bootCount: service.bootCount,
      version: this.begin.version,
      configuration: news?.configuration ?? "",
      service: {
        running: service.running,
        processId: null,
        upMs: service.running ? Math.round(performance.now() - service.startedMs) : 0,
        ticks: news?.ticks ?? 0,
        lastTickAgeMs: age,
        tickMeanUs: news?.tickMeanUs ?? 0,
        tickLongestUs: news?.tickLongestUs ?? 0,
      },
      machine: machineFacts(),
      selfTests: await this.selfTest(),
      tracked: null,
    };
  }

  async logs(count: number) {
    return this.lines.latest(count);
  }

  selfTest(): Promise<ProcessorStatus["selfTests"]> {
    const { service } = this;
    const { listen, tls, folder } = this.begin.settings;
    const { news } = service;
    return runSelfTests({
      folder,
      lastTickAgeMs: () => (news === undefined ? null : service.silentMs + Math.max(0, news.lastTickAgeMs)),
      webServer: service.hasFullServer ? () => askHealth(listen, tls !== undefined, 1500) : undefined,
    });
  }

  readonly restart = (): Promise<number | null> => {
    tell({ kind: "restart" });
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), RESTART_ANSWER_MS);
      this.waiting = (bootCount) => {
        clearTimeout(late);
        resolve(bootCount);
      };
    });
  };

  started(bootCount: number): void {
    this.waiting?.(bootCount);
    this.waiting = undefined;
  }
}

function tell(message: FromRestricted): void {
  if (process.connected) process.send?.(message);
}

/** Has the address of the management interface whenever the full server is not to have it. */
class Place {
  private held: { close(): Promise<void> } | undefined;
  private busy = false;

  constructor(
    private readonly server: RestrictedServer,
    private readonly address: Address,
    private readonly service: Service,
  ) {
    setInterval(() => void this.look(), TAKE_EVERY_MS);
  }

  async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      if (this.service.hasFullServer) await this.leave();
      else if (this.held === undefined) await this.take();
    } finally {
      this.busy = false;
    }
  }

  private async take(): Promise<void> {
    try {
      const held = await this.server.listen(this.address.host, this.address.port);
      this.held = held;
      tell({ kind: "listening", port: held.port, taken: true });
    } catch (error) {
      // A hung full server still has it; it is ended by the service or the supervisor, and then it is free.
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }

  private async leave(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    await held?.close();
  }
}

async function begin(message: Extract<ToRestricted, { kind: "begin" }>): Promise<void> {
  const { settings, own, version } = message;
  const service = new Service();
  const others = settings.others.map(({ name }) => name);
  const directory = new RestrictedDirectory(own, others, service);
  const lines = new LogRing();
  const self = new RestrictedOwn(message, service, directory, lines);
  const access = openAccess(settings, own, "restricted");
  const server = new RestrictedServer({ ...access, kind: "restricted", directory, own: self, version }, settings.tls);
  const place = new Place(server, settings.listen, service);
  process.on("message", (news: ToRestricted) => {
    if (news.kind === "service") {
      service.hear(news);
      directory.tell(news.directory);
      service.claimed = news.fullServer;
    } else if (news.kind === "started") {
      service.started(news.bootCount);
      self.started(news.bootCount);
    } else if (news.kind === "gone") service.gone();
    else if (news.kind === "claim") service.claimed = true;
    else if (news.kind === "log") for (const line of news.lines) lines.add(line);
    if (news.kind === "claim" || news.kind === "gone") void place.look();
  });
  if (settings.restricted !== undefined) {
    const { port } = await server.listen(settings.restricted.host, settings.restricted.port);
    tell({ kind: "listening", port, taken: false });
  }
  await place.look();
}

process.once("message", (message: ToRestricted) => {
  if (message.kind === "begin") void begin(message);
});
// Without a supervisor there is nobody to tell it anything, and nobody to end it.
process.on("disconnect", () => process.exit());
