/** The first lines: what runs, for how long, and how the hosts fare. */

import { short } from "../../run/wording.js";
import { Line } from "../line.js";
import type { ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

export function titleLine(model: ViewModel, columns: number, paused: boolean, palette: Palette): string {
  const line = new Line(columns).add("fairlead", palette.title).add(` ${model.array} `);
  line.add(`${model.module} `, palette.dim).add(clock(model.elapsedMs));
  if (paused) line.add(" PAUSED", palette.warning);
  if (!model.serverUp) line.add(" iSNS server down", palette.bad);
  if (columns >= 60) line.right(hostsWords(model));
  return line.toString();
}

function hostsWords(model: ViewModel): string {
  const { hosts } = model;
  if (hosts === undefined) return `${model.sessions} sessions, tick ${model.tickMeanUs.toFixed(0)} us`;
  const waiting = hosts.withoutSession > 0 ? `, ${hosts.withoutSession} without session` : "";
  const gib = (hosts.servedBytesRate / 1024 ** 3).toFixed(1);
  return `${short(hosts.servedRate)}/s, ${gib} GiB/s${waiting}`;
}

/** `1:02:03` or `2:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
