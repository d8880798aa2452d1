/** The management of a run: starts the full server in a thread of its own and answers what it asks. */

import { randomBytes } from "node:crypto";
import { type TransferListItem, Worker } from "node:worker_threads";
import type { ArraySnapshot } from "../array/managed-array.js";
import type { EngineArray } from "../array/engine-array.js";
import type { ProcessorDirectory } from "../processors/directory.js";
import { askHealth } from "../processors/forwarding.js";
import { LogRing } from "../processors/own.js";
import { Answerer } from "./channel.js";
import { directoryState } from "./remote-array.js";
import type { ThreadData } from "./server-thread.js";
import { connectable, type ManagementSettings } from "./settings.js";

export interface ManagementOptions {
  array: EngineArray;
  directory: ProcessorDirectory;
  settings: ManagementSettings;
  version: string;
  bootCount: number;
  oneTimeToken: boolean;
  /** Ends the process, so that the supervisor starts it again; undefined without one. */
  restart?: () => void;
  /** Told before the full server takes the address of the management interface, and after it has left it. */
  claim?: (has: boolean) => void;
  /** Lines for the operator. */
  report(line: string): void;
  /** Script of the server's thread; another one for tests. */
  thread?: URL;
}

/** How long the server's thread has to say that it listens. */
const START_MS = 20_000;
const THREAD = new URL("./server-thread.js", import.meta.url);
const CLOSE_MS = 2000;
const DIRECTORY_EVERY_MS = 250;
const PING_EVERY_MS = 1000;
/**
 * A thread that answers none of so many questions is hung: it is ended, and started anew. Counted, not timed: while this
 * machine stands still, or the engine's thread does, nobody asks and nobody is hung.
 */
const UNANSWERED_MAX = 4;
/** The self-test's question: under its deadline. */
const ASK_MS = 1500;
const PAUSE_FIRST_MS = 1000;
const PAUSE_MOST_MS = 30_000;

interface Listening {
  url: string;
  oneTime: string | undefined;
  noUsers: boolean;
}

export class Management {
  readonly logs = new LogRing();
  /** Where the page is; with the printed token where there is one. */
  url = "";
  private worker: Worker | undefined;
  private answerer: Answerer | undefined;
  private readonly timers: NodeJS.Timeout[];
  private directoryTold = "";
  private unwatch: () => void = () => {};
  private wanted: "full" | "none" = "full";
  /** Questions since the latest answer of the full server's thread. */
  private unanswered = 0;
  private standing: "none" | "starting" | "listening" | "hung" | "ended" = "none";
  /** Changes of the kind of server, one after the other. */
  private turn: Promise<void> = Promise.resolve();
  private pauseMs = PAUSE_FIRST_MS;
  private again: NodeJS.Timeout | undefined;
  /** Of a run of its own: sessions outlive the server's thread. */
  private readonly keys = [randomBytes(32).toString("hex")];

  constructor(private readonly options: ManagementOptions) {
    const { directory } = options;
    this.timers = [
      setInterval(() => this.tellDirectory(directory), DIRECTORY_EVERY_MS),
      setInterval(() => this.lookForHang(), PING_EVERY_MS),
    ];
    for (const timer of this.timers) timer.unref();
  }

  /** Ends once the server listens. @throws Error with the reason why it doesn't */
  async start(): Promise<string> {
    const { settings } = this.options;
    const { oneTime, noUsers, url } = await this.startThread(this.options.oneTimeToken);
    this.url = oneTime === undefined ? url : `${url}/#once=${oneTime}`;
    if (noUsers) {
      this.options.report(`management: nobody can log in yet: fairlead user set NAME --users ${settings.users}`);
    }
    return this.url;
  }

  /** `none`: the restricted server alone is to serve, such as on an unhealthy processor. */
  serve(kind: "full" | "none"): Promise<void> {
    if (this.wanted === kind) return this.turn;
    this.wanted = kind;
    this.turn = this.turn.then(async () => {
      if (this.wanted === "none") await this.endThread();
      else if (this.worker === undefined) await this.startThread(false).catch(() => this.startLater());
    });
    return this.turn;
  }

  /**
   * Has the full server answer over the network, for the self-test; undefined where it is not to run or is just starting.
   * @throws Error where it doesn't answer
   */
  ask(): Promise<string> | undefined {
    const { listen, tls } = this.options.settings;
    if (this.standing === "none" || this.standing === "starting") return undefined;
    if (this.standing !== "listening") return Promise.reject(new Error(`the full server's thread is ${this.standing}`));
    const port = Number(new URL(this.url).port) || listen.port;
    return askHealth({ host: connectable(listen.host), port }, tls !== undefined, ASK_MS);
  }

  async close(): Promise<void> {
    this.wanted = "none";
    for (const timer of this.timers) clearInterval(timer);
    await this.endThread();
  }

  private async startThread(oneTimeToken: boolean): Promise<Listening> {
    const { settings, directory, version, bootCount, restart, claim } = this.options;
    claim?.(true);
    const data: ThreadData = {
      settings,
      directory: directoryState(directory),
      version,
      bootCount,
      oneTimeToken,
      supervised: restart !== undefined,
      keys: this.keys,
    };
    const worker = new Worker(this.options.thread ?? THREAD, { workerData: data });
    this.worker = worker;
    this.unanswered = 0;
    this.standing = "starting";
    try {
      const listening = await this.listening(worker);
      this.standing = "listening";
      return listening;
    } catch (error) {
      await this.endThread();
      this.standing = "ended";
      throw error;
    }
  }

  /** Ends the thread, if need be by force: a hung one doesn't hold up the end of the process. */
  private async endThread(): Promise<void> {
    clearTimeout(this.again);
    const { worker } = this;
    this.worker = undefined;
    this.unwatch();
    this.unwatch = () => {};
    if (worker !== undefined) {
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      this.answerer?.tell("close", undefined);
      const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
      if (worker.threadId >= 0) await ended;
      clearTimeout(timer);
    }
    this.standing = "none";
    this.options.claim?.(false);
  }

  private lookForHang(): void {
    if (this.worker === undefined || this.standing !== "listening") return;
    if (this.unanswered < UNANSWERED_MAX) {
      this.unanswered++;
      this.answerer?.tell("ping", undefined);
      return;
    }
    this.options.report("management: the full server is hung: its thread is ended and started anew");
    this.standing = "hung";
    void this.worker.terminate();
  }

  /** A thread that has ended by itself is started again, with pauses that double. */
  private ended(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.standing = "ended";
    this.unwatch();
    this.options.claim?.(false);
    this.startLater();
  }

  private startLater(): void {
    if (this.wanted !== "full") return;
    const pauseMs = this.pauseMs;
    this.pauseMs = Math.min(PAUSE_MOST_MS, pauseMs * 2);
    this.again = setTimeout(() => {
      this.startThread(false).then(
        () => this.options.report("management: the full server is back"),
        (error: Error) => {
          this.options.report(error.message);
          this.startLater();
        },
      );
    }, pauseMs);
    this.again.unref();
  }

  private listening(worker: Worker): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the management server does not start")), START_MS);
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(new Error(`the management server does not start: ${error.message}`));
      };
      worker.once("error", failed);
      const exited = () => failed(new Error("its thread has ended"));
      worker.once("exit", exited);
      this.answer(worker, (listening) => {
        clearTimeout(timer);
        worker.off("error", failed).off("exit", exited);
        worker.on("error", (error) => this.options.report(`management: the full server failed: ${String(error)}`));
        worker.on("exit", () => this.ended(worker));
        resolve(listening);
      });
    });
  }

  private answer(worker: Worker, listening: (data: Listening) => void): void {
    const { array, restart } = this.options;
    const methods = {
      snapshot: () => array.copy(),
      facts: () => array.facts(),
      revision: () => array.revisionNow(),
      decisions: array.decisions.bind(array),
      perform: array.perform.bind(array),
      configuration: () => array.configuration(),
      checkConfiguration: array.checkConfiguration.bind(array),
      commitConfiguration: array.commitConfiguration.bind(array),
      confirmConfiguration: array.confirmConfiguration.bind(array),
      returnConfiguration: array.returnConfiguration.bind(array),
      bundles: () => array.bundles(),
      changeBundles: array.changeBundles.bind(array),
      logs: (lines: number) => this.logs.latest(lines),
    };
    // A Worker posts and receives as a port does.
    const answerer = new Answerer(worker as never, methods, movedBuffers);
    this.answerer = answerer;
    answerer.on("listening", listening);
    answerer.on<string>("log", (line) => this.logs.add(line));
    answerer.on("restart", () => restart?.());
    answerer.on<number>("under-way", (count) => array.setRequestsUnderWay(count));
    answerer.on("pong", () => {
      this.unanswered = 0;
    });
    this.directoryTold = "";
    this.unwatch = array.watch({
      decision: (record) => answerer.tell("decision", record),
      event: (event) => answerer.tell("event", event),
    });
  }

  private tellDirectory(directory: ProcessorDirectory): void {
    const state = directoryState(directory);
    const text = JSON.stringify(state);
    if (text === this.directoryTold) return;
    this.directoryTold = text;
    this.answerer?.tell("directory", state);
  }
}

function movedBuffers(result: unknown): TransferListItem[] {
  const { memory } = (result ?? {}) as Partial<ArraySnapshot>;
  return memory instanceof ArrayBuffer ? [memory] : [];
}
