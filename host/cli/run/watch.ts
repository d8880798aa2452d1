/** Watches the module's tables from tick to tick: ports that become overloaded, relieved, failed or drained. */

import { TargetPortStatus } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import type { ModuleEvent } from "./records.js";
import { WatchHosted } from "./watch-hosted.js";
import { WatchMoves } from "./watch-moves.js";
import { WatchScopes } from "./watch-scopes.js";

/** Flags of a port whose change is told, and what is told when they come and go. */
const TOLD: readonly { flag: number; comes?: ModuleEvent["event"]; goes?: ModuleEvent["event"] }[] = [
  { flag: TargetPortStatus.OVERLOADED, comes: "OVERLOADED", goes: "RELIEVED" },
  { flag: TargetPortStatus.FAILED, comes: "PORT_FAILED" },
  { flag: TargetPortStatus.OPERATIVE, comes: "PORT_OPERATIVE" },
  { flag: TargetPortStatus.DRAINED, comes: "PORT_DRAINED" },
];

export class Watch {
  /** Time that each port row has been overloaded, in milliseconds. */
  readonly overloadedMs: Float64Array;
  readonly highestLoadPermille: Uint32Array;
  private readonly statuses: Uint32Array;
  private readonly moves: WatchMoves;
  /** Only where there is more than the own ports to decide: an array of several controllers, or with a lease. */
  private readonly scopes: WatchScopes | undefined;
  private readonly hosted: WatchHosted;
  private lastMs = -1;

  constructor(
    private readonly shim: Shim,
    private readonly tell: (event: ModuleEvent) => void,
  ) {
    const { targetPortState } = shim.core.views;
    this.overloadedMs = new Float64Array(targetPortState.capacity);
    this.highestLoadPermille = new Uint32Array(targetPortState.capacity);
    this.statuses = new Uint32Array(targetPortState.capacity);
    this.moves = new WatchMoves(shim, tell);
    this.hosted = new WatchHosted(shim, tell);
    this.scopes = shim.array?.coordination === undefined ? undefined : new WatchScopes(shim, tell);
  }

  /** Looks at what a tick has changed. */
  afterTick(): void {
    const nowMs = this.shim.core.views.header.nowMs(0);
    const passedMs = this.lastMs < 0 ? 0 : nowMs - this.lastMs;
    this.lastMs = nowMs;
    const { targetPortState } = this.shim.core.views;
    for (let row = 0; row < targetPortState.capacity; row++) this.lookAtPort(row, nowMs, passedMs);
    this.moves.afterTick(nowMs);
    this.scopes?.afterTick(nowMs);
    this.hosted.afterTick(nowMs);
  }

  private lookAtPort(row: number, nowMs: number, passedMs: number): void {
    const { targetPortState, targetPortConfig } = this.shim.core.views;
    if (targetPortConfig.id(row) === 0) return;
    const status = targetPortState.status(row);
    const loadPermille = targetPortState.loadPermille(row);
    if ((status & TargetPortStatus.OVERLOADED) !== 0) {
      this.overloadedMs[row] = (this.overloadedMs[row] as number) + passedMs;
    }
    if (loadPermille > (this.highestLoadPermille[row] as number)) this.highestLoadPermille[row] = loadPermille;
    const before = this.statuses[row] as number;
    if (status === before) return;
    this.statuses[row] = status;
    this.tellChanges(row, nowMs, before, status, loadPermille);
  }

  private tellChanges(row: number, timeMs: number, before: number, status: number, loadPermille: number): void {
    const port = this.shim.names.port(row);
    // The first look at a port finds it operative or not: nothing has happened.
    const first = (before & TargetPortStatus.OWN) === 0;
    for (const { flag, comes, goes } of TOLD) {
      if (((before ^ status) & flag) === 0) continue;
      const event = (status & flag) !== 0 ? comes : goes;
      if (event === undefined || (first && event === "PORT_OPERATIVE")) continue;
      if (event === "OVERLOADED" || event === "RELIEVED") this.tell({ timeMs, event, port, loadPermille });
      else this.tell({ timeMs, event, port } as ModuleEvent);
    }
  }
}
