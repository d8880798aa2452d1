/** Where addresses and units live, each group's operative ports, and which processor is active. */

import { isSettled, type InterfaceRecord, priorityWords, type UnitRecord } from "../../run/hosted.js";
import { Line, type Style } from "../line.js";
import type { ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

const INTERFACE_COLUMNS = 14;
const PORT_COLUMNS = 12;

/** Lines that show all of it. */
export function hostedRows(model: ViewModel): number {
  const { interfaces, groups, units, processors } = model;
  const table = interfaces.length === 0 ? 0 : 1 + interfaces.length;
  return (processors.length > 0 ? 1 : 0) + groups.length + (units.length > 0 ? 1 : 0) + table;
}

/** @param rows lines that there are: processors, groups and units first, then interfaces, those that are away first */
export function hostedLines(model: ViewModel, columns: number, rows: number, palette: Palette): string[] {
  const lines: string[] = [];
  if (model.processors.length > 0) lines.push(processorLine(model, columns, palette));
  for (const { group, servers, operativePorts } of model.groups) {
    const line = new Line(columns).add(`group ${group}`, palette.dim);
    if (columns >= 60) line.add(`  ${servers.join(" ")}`);
    const count = operativePorts.length;
    line
      .add("  operative ", palette.dim)
      .add(operativePorts.join(" ") || "none", count > 0 ? palette.good : palette.bad);
    lines.push(line.toString());
  }
  if (model.units.length > 0) lines.push(unitLine(model, columns, palette));
  return [...lines, ...interfaceLines(model, columns, rows - lines.length, palette)].slice(0, rows);
}

function processorLine({ processors }: ViewModel, columns: number, palette: Palette): string {
  const line = new Line(columns).add("processors", palette.dim);
  for (const each of processors) {
    const { processor, state, webServer, role } = each;
    line.add(`  ${processor} `).add(state, stateStyle(state, palette));
    if (role !== "passive") line.add(` ${role}`, palette.title);
    line.add(` ${webServer}`, palette.dim);
    if (each.penalty !== 0) line.add(` priority ${priorityWords(each)}`, palette.warning);
  }
  return line.toString();
}

function stateStyle(state: string, palette: Palette): Style {
  if (state === "healthy") return palette.good;
  return state === "degraded" || state === "maintenance" ? palette.warning : palette.bad;
}

/** Units as `unit server`, those that are not served by their owner first. */
function unitLine({ units }: ViewModel, columns: number, palette: Palette): string {
  const away = units.filter((unit) => !isHome(unit));
  const line = new Line(columns).add("units", palette.dim);
  for (const unit of [...away, ...units.filter(isHome)]) {
    const style = isHome(unit) ? palette.good : unit.serving === null ? palette.bad : palette.warning;
    line.add(`  ${unit.unit} `).add(unit.serving ?? "nobody", style);
    if (unit.wanted !== null && unit.wanted !== unit.serving) line.add(` ${palette.arrow} ${unit.wanted}`, palette.dim);
    if (unit.owner !== unit.serving && unit.owner !== null) line.add(` (${unit.owner}'s)`, palette.dim);
  }
  return line.toString();
}

function isHome({ owner, server, serving }: UnitRecord): boolean {
  return server === owner && serving === owner;
}

function interfaceLines({ interfaces }: ViewModel, columns: number, rows: number, palette: Palette): string[] {
  if (interfaces.length === 0 || rows < 1) return [];
  const ranked = [...interfaces].sort((left, right) => rankOf(left) - rankOf(right));
  const shown = ranked.slice(0, rows - 1);
  const nowhere = interfaces.filter(({ port }) => port === null).length;
  const more = interfaces.length - shown.length;
  const words = `interfaces (${interfaces.length}, ${nowhere} nowhere${more > 0 ? `, ${more} more` : ""})`;
  const lines = [new Line(columns).add(words, nowhere > 0 ? palette.bad : palette.dim).toString()];
  for (const each of shown) {
    const style = each.port === null ? palette.bad : rankOf(each) < AT_HOME ? palette.warning : palette.good;
    const line = new Line(columns).add("  ").column(each.interface, INTERFACE_COLUMNS);
    line.column(each.port ?? "nowhere", PORT_COLUMNS, "left", style);
    const wanted = each.wanted !== null && each.wanted !== each.port ? `${palette.arrow} ${each.wanted}` : "";
    line.column(wanted, PORT_COLUMNS + 2).column(each.port === each.home ? "" : `home ${each.home}`, PORT_COLUMNS + 5);
    lines.push(line.add(each.reason, palette.dim).toString());
  }
  return lines;
}

const AT_HOME = 3;

/** Nowhere first, then on the way, then away from home. */
function rankOf(each: InterfaceRecord): number {
  if (each.port === null) return 0;
  if (!isSettled(each)) return 1;
  return each.port === each.home ? AT_HOME : 2;
}
