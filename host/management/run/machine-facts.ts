/** What the operating system says of the machine. */

import { freemem, loadavg, totalmem, uptime } from "node:os";
import type { ProcessorStatus } from "../processors/own.js";

export function machineFacts(): ProcessorStatus["machine"] {
  return {
    upMs: Math.round(uptime() * 1000),
    loadPermille: Math.round((loadavg()[0] ?? 0) * 1000),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
  };
}
