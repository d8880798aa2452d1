/** A worker thread that writes rows as fast as it can: every field of a sample holds the same number. */

import { parentPort, workerData } from "node:worker_threads";
import { CountersWriter, type LatchedTable } from "../../../host/shim/latched-rows.js";

export interface WriterTask {
  table: LatchedTable;
  rows: number[];
  generation: number;
  /** Each row gets the numbers 1 to this. */
  last: number;
}

const { table, rows, generation, last } = workerData as WriterTask;
const writer = new CountersWriter(table);
for (let number = 1; number <= last; number++) {
  for (const row of rows) writer.write(row, generation, number, number, number, number, number);
}
parentPort?.postMessage("done");
