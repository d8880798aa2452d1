/** How counters get from their writers into a module: through the mailbox of the plain build, or straight in. */

import { layouts } from "./generated/layout.js";
import { CountersWriter, HeartbeatWriter, type LatchedTable } from "./latched-rows.js";
import { createMailbox, type Mailbox, MailboxLatch, sharedTables, takeOverRows } from "./mailbox.js";
import { type Core, changedSummariesAddress } from "./module.js";

export interface LatchedRows {
  /** Where counters of ports are written, from any thread. */
  counters: LatchedTable;
  /** The shim's own writer of them. */
  writer: CountersWriter;
  /** Where status messages of members are written, from any thread, and the shim's own writer of them. */
  heartbeats: LatchedTable;
  heartbeatWriter: HeartbeatWriter;
  /** Plain build only. */
  mailbox?: Mailbox;
  latch?: MailboxLatch;
}

/** `attached`: the memory holds rows of an earlier host. */
export function openLatchedRows(core: Core, attached: boolean): LatchedRows {
  const { profile, memory, shared } = core;
  const mailbox = shared ? undefined : createMailbox(profile);
  if (attached) takeOverRows(memory.buffer, profile, mailbox);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const tables = mailbox?.tables ?? sharedTables(profile, buffer, changedSummariesAddress(profile));
  const counters = tables.find((table) => table.name === "target-port-counters") as LatchedTable;
  const heartbeats = tables.find((table) => table.name === "heartbeat") as LatchedTable;
  const writers = { writer: new CountersWriter(counters), heartbeatWriter: new HeartbeatWriter(heartbeats) };
  const rows = { counters, heartbeats, ...writers };
  return mailbox === undefined ? rows : { ...rows, mailbox, latch: latchInto(core, mailbox) };
}

function latchInto({ profile, memory, views }: Core, mailbox: Mailbox): MailboxLatch {
  const baseOf = (name: string) => layouts[profile].tables.find((table) => table.name === name)?.base ?? 0;
  return new MailboxLatch(mailbox, {
    words: new Int32Array(memory.buffer),
    bases: mailbox.tables.map((table) => baseOf(table.name) >> 2),
    mark: mailbox.tables.map((table) => {
      const view = table.name === "heartbeat" ? views.heartbeat : views.targetPortCounters;
      return (row: number) => view.markChanged(row);
    }),
  });
}
