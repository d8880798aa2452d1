/** Maintenance in an array file: the text is changed where it says it, and stays as it was written everywhere else. */

import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap, type YAMLSeq } from "yaml";
import { parseArray } from "./description.js";
import { expandRange } from "./ranges.js";

/** A target port, or a controller with its server, its processor and its target ports. */
export type MaintenanceSubject = { port: string } | { controller: string };

/** Fields of a port whose ranges count along with the name's. */
const ALONG = ["address", "device"];

/**
 * @param text of an array file without problems
 * @returns the same file with the subject in maintenance, or out of it
 * @throws Error where the text can't say it
 */
export function withMaintenance(text: string, subject: MaintenanceSubject, maintenance: boolean): string {
  const { array } = parseArray(text, "");
  if (array === undefined) throw new Error("the array file has problems");
  const isController = "controller" in subject;
  const ports = array.ports.filter(({ name, controller }) =>
    isController ? controller === subject.controller : name === subject.port,
  );
  const document = parseDocument(text);
  setIn(document, "ports", new Set(ports.map(({ name }) => name)), maintenance);
  if (isController) setIn(document, "controllers", new Set([subject.controller]), maintenance);
  const changed = document.toString({ lineWidth: 0 });
  const meant = parseArray(changed, "").array;
  const things = meant === undefined ? [] : [...meant.ports, ...(isController ? meant.controllers : [])];
  const names = new Set<string>([...ports.map(({ name }) => name), ...(isController ? [subject.controller] : [])]);
  const wrong = things.filter(({ name, maintenance: is = false }) => names.has(name) && is !== maintenance);
  if (meant === undefined || wrong.length > 0)
    throw new Error("the array file can't be changed in place: write it anew");
  return changed;
}

function setIn(document: Document, list: string, names: ReadonlySet<string>, maintenance: boolean): void {
  const entries = document.get(list);
  if (!isSeq(entries)) return;
  const sequence = entries as YAMLSeq;
  sequence.items = sequence.items.flatMap((entry) => {
    const name = isMap(entry) ? entry.get("name") : isScalar(entry) ? entry.value : undefined;
    const expanded = typeof name === "string" && list === "ports" ? expandRange(name) : [name];
    const meant = expanded.filter((each) => names.has(String(each)));
    if (meant.length === 0) return [entry];
    if (meant.length === expanded.length) return [withFlag(document, entry, maintenance)];
    return expanded.map((each, at) => {
      const single = oneOf(document, entry, String(each), at);
      return names.has(String(each)) ? withFlag(document, single, maintenance) : single;
    });
  });
}

function withFlag(document: Document, entry: unknown, maintenance: boolean): unknown {
  if (isMap(entry)) {
    if (maintenance) entry.set("maintenance", true);
    else entry.delete("maintenance");
    return entry;
  }
  if (!maintenance) return entry;
  const name = isScalar(entry) ? entry.value : entry;
  return flowMap(document, { name, maintenance });
}

/** One of the things that an entry with a range stands for. */
function oneOf(document: Document, entry: unknown, name: string, at: number): unknown {
  if (!isMap(entry)) return document.createNode(name);
  const fields = entry.toJS(document) as Record<string, unknown>;
  for (const field of ALONG) {
    const written = fields[field];
    if (typeof written !== "string") continue;
    const texts = expandRange(written);
    fields[field] = texts[at] ?? texts[0];
  }
  return flowMap(document, { ...fields, name });
}

function flowMap(document: Document, fields: Record<string, unknown>): YAMLMap {
  const map = document.createNode(fields) as YAMLMap;
  map.flow = true;
  return map;
}
