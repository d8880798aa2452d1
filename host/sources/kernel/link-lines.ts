/**
 * What iproute2 prints of links: the lines of `ip -o monitor link address`, and the JSON of `ip -j -s link show`.
 * (`ip -j monitor` prints text all the same in the iproute2 of Debian 12.)
 */

import { LinkState } from "../../shim/generated/layout.js";
import { OutputError } from "../command.js";

/** Something that the kernel told of a device. */
export type KernelLinkEvent =
  | { kind: "link"; index: number; label: string; gone: boolean; state: LinkState }
  | { kind: "address"; device: string };

/** `Deleted ` where it went; number; name, perhaps with `@` and what is below it; flags; the rest. */
const LINK_LINE = /^(Deleted )?(\d+): (\S+): <([A-Z0-9_,-]*)> (.*)$/;
const ADDRESS_LINE = /^(?:Deleted )?\d+: (\S+)\s+inet6? /;
const STATE = /\bstate ([A-Z0-9]+)\b/;

/** A line of `ip -o monitor`; undefined for one that tells nothing of a link or an address. */
export function parseMonitorLine(line: string): KernelLinkEvent | undefined {
  const link = LINK_LINE.exec(line);
  if (link !== null) {
    const [, deleted, index, label, flags, rest] = link;
    const state = STATE.exec(rest as string)?.[1] ?? "UNKNOWN";
    const gone = deleted !== undefined;
    const known = gone ? LinkState.DOWN : operative((flags as string).split(","), state);
    return { kind: "link", index: Number(index), label: label as string, gone, state: known };
  }
  const address = ADDRESS_LINE.exec(line);
  return address === null ? undefined : { kind: "address", device: address[1] as string };
}

/** Administratively up, with carrier, and nothing below that says otherwise (RFC 2863, ifOperStatus: up or unknown). */
function operative(flags: readonly string[], state: string): LinkState {
  const up = flags.includes("UP") && flags.includes("LOWER_UP") && !flags.includes("NO-CARRIER");
  return up && (state === "UP" || state === "UNKNOWN") ? LinkState.UP : LinkState.DOWN;
}

/** Whether a line's name is that of a device: `name`, or `name@` and what is below it. Names may hold an `@` themselves. */
export function isLabelOf(label: string, device: string): boolean {
  return label === device || label.startsWith(`${device}@`);
}

/** A device as `ip -j -s link show` has it. */
export interface ShownLink {
  index: number;
  device: string;
  state: LinkState;
  /** Errors that the kernel has counted, received and sent. */
  errors: number;
}

const COMMAND = "ip -j -s link show";

/** @throws OutputError for an output that isn't as known; nothing is taken from such a one */
export function parseLinkShow(output: string): ShownLink[] {
  let links: unknown;
  try {
    links = JSON.parse(output);
  } catch {
    throw new OutputError(COMMAND, 1, "no JSON");
  }
  if (!Array.isArray(links)) throw new OutputError(COMMAND, 1, "no list of links");
  return links.map((link, index) => shownLink(link as Record<string, unknown>, index));
}

function shownLink(link: Record<string, unknown>, place: number): ShownLink {
  const { ifindex, ifname, flags, operstate } = link ?? {};
  if (typeof ifindex !== "number" || typeof ifname !== "string" || !Array.isArray(flags)) {
    throw new OutputError(COMMAND, 1, `link ${place} has no ifindex, ifname or flags`);
  }
  const state = typeof operstate === "string" ? operstate : "UNKNOWN";
  return { index: ifindex, device: ifname, state: operative(flags, state), errors: errorsOf(link) };
}

function errorsOf(link: Record<string, unknown>): number {
  const counts = link.stats64 as { rx?: { errors?: unknown }; tx?: { errors?: unknown } } | undefined;
  const received = counts?.rx?.errors;
  const sent = counts?.tx?.errors;
  return (typeof received === "number" ? received : 0) + (typeof sent === "number" ? sent : 0);
}
