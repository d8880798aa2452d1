/** An idle tick, no changed bit set and no deadline due, changes nothing in memory but the header's two clocks. */

import { layouts } from "../../../host/shim/generated/layout.js";
import type { Invariant, Scene } from "../run/scene.js";

/** Large memories are compared in some ticks only. */
const COMPARED_BYTES_MAX = 128 * 1024;
const SPARSE_TICKS = 50;

export const idle: Invariant = {
  name: "an idle tick changes nothing but the clock",
  observe(report) {
    let before: Buffer | undefined;
    let kept: Buffer | undefined;
    return {
      name: idle.name,
      beforeTick(scene) {
        before = undefined;
        const memory = Buffer.from(scene.shim.core.memory.buffer);
        const sparse = memory.length > COMPARED_BYTES_MAX && scene.tick % SPARSE_TICKS !== 0;
        if (sparse || !isIdle(scene)) return;
        kept ??= Buffer.alloc(memory.length);
        before = kept.length === memory.length ? kept : Buffer.alloc(memory.length);
        memory.copy(before);
      },
      afterTick(scene) {
        if (before === undefined) return;
        const memory = Buffer.from(scene.shim.core.memory.buffer);
        for (const name of ["nowMs", "hostMs"]) {
          const at = scene.views.header.table.fields.find((field) => field.name === name)?.offset ?? 0;
          memory.copy(before, at, at, at + 8);
        }
        if (before.compare(memory) !== 0) report(`idle, and ${whereDifferent(scene, before, memory)} changed`);
      },
    };
  },
};

/** Worked out as a host would: from the changed summaries, and the header's words. */
function isIdle({ shim, views }: Scene): boolean {
  const { header, control, commonPolicy } = views;
  const { tables, limits } = layouts[shim.core.profile];
  const words = new Uint32Array(shim.core.memory.buffer);
  const summaries = (limits["CHANGED_SUMMARIES_ADDRESS"] ?? 0) >> 2;
  if (tables.some(({ number }) => words[summaries + number] !== 0)) return false;
  const step = control.hostMs(0) - header.hostMs(0);
  if (step < 0 || step > commonPolicy.timeStepMaxMs(0) || control.incarnation(0) !== header.incarnation(0))
    return false;
  return header.nowMs(0) + step < header.nextDeadlineMs(0);
}

function whereDifferent({ shim }: Scene, before: Buffer, after: Buffer): string {
  const at = before.findIndex((byte, index) => byte !== after[index]);
  const table = layouts[shim.core.profile].tables.find(
    ({ base, stride, capacity }) => at >= base && at < base + stride * capacity,
  );
  return table === undefined ? `byte ${at}` : `${table.name} row ${Math.floor((at - table.base) / table.stride)}`;
}
