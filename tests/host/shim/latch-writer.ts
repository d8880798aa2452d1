/** A worker thread that writes rows as fast as it can: every field of a sample holds the same number. */

import { parentPort, workerData } from "node:worker_threads";
import { CountersWriter, type LatchedTable } from "../../../host/shim/latched-rows.js";

export interface WriterTask {
  table: LatchedTable;
  rows: number[];
  generation: number;
  /** Each row gets the numbers from 1 to this at least, and on until `enough` is 1. */
  least: number;
  enough: Int32Array;
}

const { table, rows, generation, least, enough } = workerData as WriterTask;
const writer = new CountersWriter(table);
let last = 0;
while (last < least || Atomics.load(enough, 0) === 0) {
  const number = ++last;
  for (const row of rows) writer.write(row, generation, number, number, number, number, number);
}
parentPort?.postMessage(last);
