/** Writes `build/fairlead-layout.json`: the whole layout as data, for tools that are neither C nor TypeScript. */

import type { MemoryMap } from "../memory-map.js";
import { type Model, PROFILES } from "../model.js";
import { profiles } from "./names.js";

export function layoutJson(model: Model): string {
  const layout = {
    generated: "by `npm run build` from the row classes in assembly/; do not edit",
    layoutVersion: model.layoutVersion,
    layoutHash: model.layoutHash,
    enums: model.enums.map(({ name, doc, flags, members }) => ({ name, doc, flags, members })),
    rowTypes: model.classes.map(({ name, number, stride, kind, planned, doc, fields }) => ({
      name,
      number,
      kind,
      stride,
      planned,
      doc,
      fields: fields.map(({ line: _, ...field }) => field),
    })),
    profiles: Object.fromEntries(profiles().map(([name, profile]) => [name, profileJson(model, model.maps[profile])])),
  };
  return `${JSON.stringify(layout, null, 2)}\n`;
}

function profileJson(model: Model, map: MemoryMap | undefined): object {
  if (map === undefined) throw new Error(`a memory map is missing for one of ${PROFILES.join(", ")}`);
  const { profile, memoryBytes, memoryPages, directoryAddress, end } = map;
  const limits = Object.fromEntries(model.constants.map(({ name, values }) => [name, values[profile]]));
  const tables = map.tables.map(({ row, ...table }) => ({ ...table, rowType: row.name, stride: row.stride }));
  return { profile, memoryBytes, memoryPages, usedBytes: end, directoryAddress, limits, tables };
}
