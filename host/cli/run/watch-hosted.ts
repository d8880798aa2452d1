/** Tells of addresses, units, groups' lists of ports and processors that are otherwise than a tick ago. */

import { ProcessorState } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import { groupsOf, interfaceOf, processorOf, signatureOf, unitOf } from "./hosted.js";
import type { ModuleEvent } from "./records.js";

/** Nothing was told of a row yet. */
const UNTOLD = -1;

export class WatchHosted {
  /** By row: what was told latest, as one number. */
  private readonly interfaces: Float64Array;
  private readonly units: Float64Array;
  private readonly processors: Float64Array;
  private readonly groups = new Map<number, string>();

  constructor(
    private readonly shim: Shim,
    private readonly tell: (event: ModuleEvent) => void,
  ) {
    const { interfaceInput, unitInput, processorState } = shim.core.views;
    this.interfaces = new Float64Array(interfaceInput.capacity).fill(UNTOLD);
    this.units = new Float64Array(unitInput.capacity).fill(UNTOLD);
    // A processor of which nothing was heard is as good as not told of.
    this.processors = new Float64Array(processorState.capacity).fill(signatureOf(ProcessorState.UNKNOWN, 0, 0));
  }

  afterTick(timeMs: number): void {
    this.lookAtGroups(timeMs);
    this.lookAtInterfaces(timeMs);
    this.lookAtUnits(timeMs);
    this.lookAtProcessors(timeMs);
  }

  private lookAtInterfaces(timeMs: number): void {
    const { names, incarnation } = this.shim;
    const { interfaceInput, interfaceState } = this.shim.core.views;
    for (let row = 0; row < names.interfaces.length; row++) {
      if (names.interfaces.name(row) === "" || interfaceInput.incarnation(row) !== incarnation) continue;
      const now = signatureOf(interfaceInput.port(row), interfaceState.wanted(row), interfaceState.reason(row));
      if (!isNew(this.interfaces, row, now)) continue;
      this.tell({ timeMs, event: "INTERFACE", ...interfaceOf(this.shim, row) });
    }
  }

  private lookAtUnits(timeMs: number): void {
    const { names, incarnation } = this.shim;
    const { unitInput, unitState } = this.shim.core.views;
    for (let row = 0; row < names.units.length; row++) {
      if (names.units.name(row) === "" || unitInput.incarnation(row) !== incarnation) continue;
      const now = signatureOf(unitInput.server(row), unitInput.serving(row), unitState.wanted(row));
      if (isNew(this.units, row, now)) this.tell({ timeMs, event: "UNIT", ...unitOf(this.shim, row) });
    }
  }

  private lookAtProcessors(timeMs: number): void {
    const { processorState, heartbeatLatched } = this.shim.core.views;
    const { processors } = this.shim.names;
    for (let row = 0; row < processors.length; row++) {
      if (processors.name(row) === "") continue;
      const state = (processorState.state(row) << 8) | (processorState.webServer(row) << 4) | processorState.role(row);
      const now = signatureOf(state, heartbeatLatched.penalty(row));
      if (isNew(this.processors, row, now)) this.tell({ timeMs, event: "PROCESSOR", ...processorOf(this.shim, row) });
    }
  }

  private lookAtGroups(timeMs: number): void {
    for (const record of groupsOf(this.shim)) {
      const now = record.operativePorts.join(" ");
      if ((this.groups.get(record.group) ?? "") === now) continue;
      this.groups.set(record.group, now);
      this.tell({ timeMs, event: "GROUP", ...record });
    }
  }
}

function isNew(told: Float64Array, row: number, now: number): boolean {
  if (told[row] === now) return false;
  told[row] = now;
  return true;
}
