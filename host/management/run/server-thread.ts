/** The thread of the full server: whatever happens here, no tick waits for it, and the engine's thread can end it. */

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { FullServer } from "../full/server.js";
import { askHealth } from "../processors/forwarding.js";
import type { LogLine, OwnProcessor, ProcessorStatus, ServiceFacts } from "../processors/own.js";
import { runSelfTests } from "../processors/self-test.js";
import { openAccess } from "./access-parts.js";
import { Caller } from "./channel.js";
import { machineFacts } from "./machine-facts.js";
import { type DirectoryState, RemoteArray, ToldDirectory } from "./remote-array.js";
import { type Address, connectable, type ManagementSettings } from "./settings.js";

export interface ThreadData {
  settings: ManagementSettings;
  directory: DirectoryState;
  version: string;
  bootCount: number;
  /** Whether somebody starts the service again. */
  supervised: boolean;
  /** In hex; for sessions where the settings name no file of keys. */
  keys: readonly string[];
  /** Print a token that logs in once. */
  oneTimeToken: boolean;
}

const STATUS_TESTS_KEPT_MS = 10_000;
const LEAVE_MS = 8000;
const AGAIN_MS = 100;

/** What this processor says of itself, from its full server. */
class ServiceOwn implements OwnProcessor {
  listening: Address | undefined;
  readonly restart?: () => Promise<number | null>;
  private sequence = 0;
  private tested: { atMs: number; results: ProcessorStatus["selfTests"] } | undefined;

  constructor(
    private readonly data: ThreadData,
    private readonly caller: Caller,
    private readonly array: RemoteArray,
    private readonly directory: ToldDirectory,
  ) {
    if (data.supervised) {
      this.restart = async () => {
        // The answer has to get out before the process ends.
        setTimeout(() => this.caller.tell("restart", undefined), 100);
        return data.bootCount + 1;
      };
    }
  }

  bootCount(): number {
    return this.data.bootCount;
  }

  async status(): Promise<ProcessorStatus> {
    const [{ tracked, ...service }, configuration] = await Promise.all([this.service(), this.configuration()]);
    return {
      processor: this.directory.own,
      server: "full",
      role: this.directory.role(),
      state: this.directory.state(),
      active: this.directory.active() ?? null,
      epoch: this.directory.epoch(),
      producedAt: new Date().toISOString(),
      sequence: ++this.sequence,
      bootCount: this.data.bootCount,
      version: this.data.version,
      configuration,
      service,
      machine: machineFacts(),
      selfTests: await this.keptTests(),
      tracked,
    };
  }

  logs(lines: number): Promise<{ lines: LogLine[]; dropped: number }> {
    return this.caller.call("logs", lines);
  }

  async selfTest(): Promise<ProcessorStatus["selfTests"]> {
    const { lastTickAgeMs } = await this.service();
    const { settings } = this.data;
    const { listening } = this;
    const results = await runSelfTests({
      folder: settings.folder,
      lastTickAgeMs: () => lastTickAgeMs,
      webServer: listening === undefined ? undefined : () => askHealth(listening, settings.tls !== undefined, 1500),
    });
    this.tested = { atMs: performance.now(), results };
    return results;
  }

  /** Tests are not repeated for each status: that would be a way to keep the disk busy. */
  private async keptTests(): Promise<ProcessorStatus["selfTests"]> {
    if (this.tested !== undefined && performance.now() - this.tested.atMs < STATUS_TESTS_KEPT_MS)
      return this.tested.results;
    return this.selfTest();
  }

  private async configuration(): Promise<string> {
    try {
      return (await this.array.configuration()).digest;
    } catch {
      return "";
    }
  }

  private async service(): Promise<ServiceFacts & Pick<ProcessorStatus, "tracked">> {
    try {
      const { ticks, tickMeanUs, tickLongestUs, lastTickAgeMs, upMs, status } = await this.array.facts();
      const age = lastTickAgeMs < 0 ? null : lastTickAgeMs;
      const service = {
        running: true,
        processId: process.pid,
        upMs,
        ticks,
        lastTickAgeMs: age,
        tickMeanUs,
        tickLongestUs,
      };
      return { ...service, tracked: status?.tracked ?? [] };
    } catch {
      return {
        running: false,
        processId: process.pid,
        upMs: 0,
        ticks: 0,
        lastTickAgeMs: null,
        tickMeanUs: 0,
        tickLongestUs: 0,
        tracked: null,
      };
    }
  }
}

async function main(data: ThreadData): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("the server's thread has no parent");
  const caller = new Caller(port);
  const array = new RemoteArray(caller);
  const directory = new ToldDirectory(data.directory);
  const access = openAccess(data.settings, directory.own, "full", data.keys);
  const own = new ServiceOwn(data, caller, array, directory);
  const parts = { ...access, directory, own, array, version: data.version };
  const log = { write: (line: string) => caller.tell("log", line.trimEnd()) };
  const underWay = (count: number) => caller.tell("under-way", count);
  const { tls, anyPort } = data.settings;
  const open = async (listen: Address): Promise<[FullServer, string]> => {
    const server = new FullServer(parts, { ...listen, ...(tls === undefined ? {} : { tls }), log, underWay });
    return [server, await server.listen()];
  };
  const [server, url] = await openSomewhere(open, data.settings.listen, anyPort, data.supervised);
  own.listening = { host: connectable(data.settings.listen.host), port: Number(new URL(url).port || (tls ? 443 : 80)) };
  access.gate.raiseEpoch(directory.epoch());
  caller.on<DirectoryState>("directory", (state) => {
    directory.tell(state);
    access.gate.raiseEpoch(state.role === "active" ? state.epoch : 0);
  });
  caller.on("ping", () => caller.tell("pong", undefined));
  caller.on("close", () => void server.close().finally(() => process.exit()));
  const oneTime = data.oneTimeToken ? access.sessions.makeOneTimeToken() : undefined;
  caller.tell("listening", { url, oneTime, noUsers: access.users?.isEmpty ?? false });
}

/** The restricted server leaves the address within moments of being told; anybody else who has it keeps it. */
async function openSomewhere<T>(
  open: (listen: Address) => Promise<T>,
  listen: Address,
  anyPort: boolean,
  supervised: boolean,
): Promise<T> {
  const untilMs = performance.now() + LEAVE_MS;
  for (;;) {
    try {
      return await open(listen);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      if (anyPort) return open({ ...listen, port: 0 });
      if (!supervised || performance.now() > untilMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

await main(workerData as ThreadData);
