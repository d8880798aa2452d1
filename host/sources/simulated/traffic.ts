/** One step of all applications, sessions and ports: what is wanted, what is served, what waits. Allocates nothing. */

import type { Application } from "./application.js";
import type { Path } from "./path.js";
import type { SimulatedPort } from "./port.js";

/** Length of a step in milliseconds of the world. */
export const STEP_MS = 20;
const STEP_SECONDS = STEP_MS / 1000;

export class Traffic {
  /** Commands served since the start. */
  served = 0;
  /** Commands that applications could not even send: their queues were full or they had no session. */
  heldBack = 0;
  /** Commands sent a second time, since their session ended under them. */
  retried = 0;
  /** Sum over all served commands of the time each took, in milliseconds. */
  servedMs = 0;

  constructor(
    private readonly applications: readonly Application[],
    private readonly paths: readonly Path[],
    private readonly ports: readonly SimulatedPort[],
    private readonly queueDepth: number,
  ) {}

  /** Moves everything on by one step that ends at `nowMs`. */
  step(nowMs: number): void {
    for (let index = 0; index < this.applications.length; index++) {
      this.arrive(this.applications[index] as Application, nowMs);
    }
    for (let index = 0; index < this.paths.length; index++) this.want(this.paths[index] as Path);
    for (let index = 0; index < this.ports.length; index++) (this.ports[index] as SimulatedPort).divide(STEP_SECONDS);
    for (let index = 0; index < this.paths.length; index++) this.serve(this.paths[index] as Path);
    for (let index = 0; index < this.ports.length; index++) {
      const port = this.ports[index] as SimulatedPort;
      const before = port.operations;
      port.finish(STEP_SECONDS);
      this.servedMs += (port.operations - before) * port.latencyMs;
    }
  }

  /** A session ends: what was under way on it is sent again on the next one. */
  interrupt(path: Path): void {
    this.retried += path.backlog;
    path.application.retries += path.backlog;
    path.backlog = 0;
    path.ready = 0;
    path.inFlight = 0;
  }

  /** New commands go in equal parts to the paths that serve; without one the application waits. */
  private arrive(application: Application, nowMs: number): void {
    application.advance(nowMs);
    const arriving = application.rate * STEP_SECONDS;
    let serving = 0;
    for (let index = 0; index < application.paths.length; index++) {
      if ((application.paths[index] as Path).state === "serving") serving++;
    }
    if (serving === 0) {
      this.heldBack += arriving;
      return;
    }
    const each = (arriving + application.retries) / serving;
    application.retries = 0;
    for (let index = 0; index < application.paths.length; index++) {
      const path = application.paths[index] as Path;
      if (path.state === "serving") path.backlog += each;
    }
  }

  private want(path: Path): void {
    if (!path.loggedIn) return;
    const { application } = path;
    path.ready = path.backlog;
    const port = this.ports[path.port] as SimulatedPort;
    port.want(path.ready, application.commandUs, application.commandBytes);
  }

  private serve(path: Path): void {
    if (!path.loggedIn) return;
    const { application } = path;
    const port = this.ports[path.port] as SimulatedPort;
    const served = path.ready * port.share;
    path.backlog -= served;
    if (path.backlog > this.queueDepth) {
      this.heldBack += path.backlog - this.queueDepth;
      path.backlog = this.queueDepth;
    }
    this.served += served;
    path.operations += served;
    path.bytes += served * application.commandBytes;
    path.inFlight = Math.min(this.queueDepth, path.backlog + ((served / STEP_SECONDS) * port.latencyMs) / 1000);
    port.serve(served, application.commandUs, application.commandBytes, path.inFlight);
  }
}
