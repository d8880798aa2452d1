/** The stream of what happens, taken up again by itself; and how old what is shown has become. */

import type { Overview } from "../array/overview.js";
import type { DecisionRecord } from "../../cli/run/records.js";
import { get, Refused } from "./api.js";

export interface Health {
  processor: string;
  server: "full" | "restricted";
  active: string | null;
  loginNeeded: boolean;
}

/** `live`: data comes. `lost`: none comes. `login`: the session is over. `restricted`: a restricted server answers. */
export type Link = { state: "live" | "lost" | "login" } | { state: "restricted"; health: Health };

export interface StreamListener {
  overview(overview: Overview): void;
  decision(record: DecisionRecord): void;
  link(link: Link): void;
}

const AGAIN_MS = 1000;
const AGAIN_MOST_MS = 5000;
/** An open stream that brings nothing for so long is taken for dead. */
const SILENT_MS = 4000;

export class Stream {
  private source: EventSource | undefined;
  private timer = 0;
  private watchdog = 0;
  private heardMs = 0;
  private waitMs = AGAIN_MS;
  private stopped = true;

  constructor(private readonly listener: StreamListener) {}

  start(): void {
    this.stopped = false;
    this.open();
    window.clearInterval(this.watchdog);
    this.watchdog = window.setInterval(() => this.lookForSilence(), 500);
  }

  stop(): void {
    this.stopped = true;
    this.source?.close();
    window.clearTimeout(this.timer);
    window.clearInterval(this.watchdog);
  }

  private open(): void {
    this.source?.close();
    const source = new EventSource("/api/v1/events");
    this.source = source;
    this.heardMs = performance.now();
    source.addEventListener("overview", (event) => {
      this.waitMs = AGAIN_MS;
      this.heard();
      this.listener.overview(JSON.parse((event as MessageEvent<string>).data) as Overview);
    });
    source.addEventListener("decision", (event) => {
      this.heard();
      this.listener.decision(JSON.parse((event as MessageEvent<string>).data) as DecisionRecord);
    });
    source.addEventListener("ended", () => this.failed());
    source.addEventListener("error", () => this.failed());
  }

  private heard(): void {
    this.heardMs = performance.now();
    this.listener.link({ state: "live" });
  }

  private lookForSilence(): void {
    if (this.source !== undefined && performance.now() - this.heardMs > SILENT_MS) this.failed();
  }

  /** Asks why, tells it, and tries again. */
  private failed(): void {
    this.source?.close();
    this.source = undefined;
    if (this.stopped) return;
    this.listener.link({ state: "lost" });
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.again(), this.waitMs);
    this.waitMs = Math.min(AGAIN_MOST_MS, this.waitMs * 1.5);
  }

  private async again(): Promise<void> {
    try {
      const { body: health } = await get<Health>("/healthz");
      if (health.server === "restricted") this.listener.link({ state: "restricted", health });
      else if (await isLoggedIn()) return this.open();
      else this.listener.link({ state: "login" });
    } catch {
      // Nobody answers: asked again.
    }
    if (!this.stopped) this.timer = window.setTimeout(() => void this.again(), this.waitMs);
  }
}

async function isLoggedIn(): Promise<boolean> {
  try {
    await get("/api/v1/session");
    return true;
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return false;
    throw error;
  }
}
