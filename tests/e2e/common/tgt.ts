/** Control ports of tgtd, which are Unix sockets common to all network namespaces. */

import { existsSync } from "node:fs";

export const TGT_SOCKETS = "/var/run/tgtd/socket";
const FIRST = 20_000;
const SPAN = 10_000;

let next = FIRST + (process.pid % SPAN);

/** A number that no tgtd of this machine uses. */
export function freeControlPort(): number {
  while (existsSync(`${TGT_SOCKETS}.${next}`)) next++;
  return next++;
}
