/** The management of a run: starts the full server in a thread of its own and answers what it asks. */

import type { TransferListItem } from "node:worker_threads";
import { Worker } from "node:worker_threads";
import type { ArraySnapshot } from "../array/managed-array.js";
import type { EngineArray } from "../array/engine-array.js";
import type { ProcessorDirectory } from "../processors/directory.js";
import { LogRing } from "../processors/own.js";
import { Answerer } from "./channel.js";
import { directoryState } from "./remote-array.js";
import type { ThreadData } from "./server-thread.js";
import type { ManagementSettings } from "./settings.js";

export interface ManagementOptions {
  array: EngineArray;
  directory: ProcessorDirectory;
  settings: ManagementSettings;
  version: string;
  bootCount: number;
  oneTimeToken: boolean;
  /** Ends the process, so that the supervisor starts it again; undefined without one. */
  restart?: () => void;
  /** Lines for the operator. */
  report(line: string): void;
}

/** How long the server's thread has to say that it listens. */
const START_MS = 15_000;
const CLOSE_MS = 2000;
const DIRECTORY_EVERY_MS = 250;

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
  private timer: NodeJS.Timeout | undefined;
  private directoryTold = "";
  private unwatch: () => void = () => {};

  constructor(private readonly options: ManagementOptions) {}

  /** Ends once the server listens. @throws Error with the reason why it doesn't */
  async start(): Promise<string> {
    const { settings, directory, version, bootCount, oneTimeToken, restart } = this.options;
    const data: ThreadData = {
      settings,
      directory: directoryState(directory),
      version,
      bootCount,
      oneTimeToken,
      supervised: restart !== undefined,
    };
    const worker = new Worker(new URL("./server-thread.js", import.meta.url), { workerData: data });
    this.worker = worker;
    const { oneTime, noUsers, url } = await this.listening(worker);
    this.url = oneTime === undefined ? url : `${url}/#once=${oneTime}`;
    if (noUsers)
      this.options.report(`management: nobody can log in yet: fairlead user set NAME --users ${settings.users}`);
    return this.url;
  }

  /** Ends the thread, if need be by force: a hung one doesn't hold up the end of the process. */
  async close(): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    this.worker = undefined;
    clearInterval(this.timer);
    this.unwatch();
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    this.answerer?.tell("close", undefined);
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await ended;
    clearTimeout(timer);
  }

  private listening(worker: Worker): Promise<Listening> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the management server does not start")), START_MS);
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(new Error(`the management server does not start: ${error.message}`));
      };
      worker.once("error", failed);
      worker.once("exit", () => failed(new Error("its thread has ended")));
      this.answer(worker, (listening) => {
        clearTimeout(timer);
        worker.off("error", failed);
        worker.on("error", (error) => this.options.report(`management: the server's thread failed: ${String(error)}`));
        resolve(listening);
      });
    });
  }

  private answer(worker: Worker, listening: (data: Listening) => void): void {
    const { array, directory, restart } = this.options;
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
    this.unwatch = array.watch({
      decision: (record) => answerer.tell("decision", record),
      event: (event) => answerer.tell("event", event),
    });
    this.timer = setInterval(() => this.tellDirectory(directory), DIRECTORY_EVERY_MS);
    this.timer.unref();
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
