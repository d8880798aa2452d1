/** Decisions, times and figures in words. */

import type { DecisionRecord } from "../../cli/run/records.js";

/** The last part of an iSCSI name. */
export function shortName(name: string): string {
  return name
    .split(">")
    .map((part) => part.slice(part.lastIndexOf(":") + 1) || part)
    .join(" to ");
}

export function lowerWords(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}

export function percent(permille: number): string {
  return `${Math.round(permille / 10)}%`;
}

/** Module time: `3:07.4`. */
export function moduleTime(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const minutes = Math.floor(tenths / 600);
  const rest = (tenths % 600) / 10;
  return `${minutes}:${rest.toFixed(1).padStart(4, "0")}`;
}

/** `0.3 s`, `12 s`, `4 min`. */
export function age(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

export function decisionWords(record: DecisionRecord): string {
  const subject = shortName(record.subject);
  const from = record.from ?? "";
  const to = record.to ?? "";
  switch (record.kind) {
    case "WITHDRAW_REGISTRATION":
      return `Withdraw ${subject} from ${from}`;
    case "RESTORE_REGISTRATION":
      return `Restore ${subject} on ${to}`;
    case "LOGOUT_SESSION":
      return `Log out ${subject}, from ${from} to ${to}`;
    case "REDIRECT_SESSION":
      return `Redirect ${subject}, from ${from} to ${to}`;
    case "ALARM":
      return `Alarm: ${subject}`;
    case "DRAINED":
      return `Drained: ${subject}`;
    default: {
      const kind = lowerWords(record.kind);
      const way = [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(" ");
      return [kind.charAt(0).toUpperCase() + kind.slice(1), subject, way].filter(Boolean).join(" ");
    }
  }
}
