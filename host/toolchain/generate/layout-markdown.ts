/** Writes `build/layout.md`: the memory map of each profile with its sums, and every byte of every row. */

import { DIRECTORY_ENTRY_BYTES, type MemoryMap, type TableMap } from "../memory-map.js";
import { constantOf, type Model, PROFILES, type RowClass } from "../model.js";
import { GENERATED_MARKDOWN, markdownTable } from "./markdown.js";
import { meaningOf } from "./names.js";

const PAGE_BYTES = 65536;

export function layoutMarkdown(model: Model): string {
  return [
    GENERATED_MARKDOWN,
    "",
    "# Memory layout",
    "",
    `Layout version ${model.layoutVersion}, hash \`${model.layoutHash}\`. All numbers are little-endian. A 64-bit field is a`,
    "low and a high word of 32 bits. Addresses and sizes are in bytes.",
    "",
    ...sums(model),
    ...directory(),
    ...model.maps.flatMap((map) => mapOf(model, map)),
    "## Rows",
    "",
    ...model.classes.flatMap(rowOf),
    "## Enums and flags",
    "",
    ...model.enums.flatMap((entry) => [
      `### ${entry.name}${entry.flags ? " (flags)" : ""}`,
      "",
      ...(entry.doc === "" ? [] : [entry.doc, ""]),
      ...markdownTable(
        ["value", "name", "meaning"],
        entry.members.map((member) => [member.value, `\`${member.name}\``, member.doc]),
      ),
    ]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

/** What the policies take in each profile, tables planned for later ones included. */
function sums(model: Model): string[] {
  const policies = [...new Set(model.classes.map((row) => row.planned ?? ""))].sort();
  const rows: (string | number)[][] = [
    ["header, changed summaries, table deadlines", ...model.maps.map((map) => map.directoryAddress)],
    ["constants", ...model.maps.map((map) => constantOf(model, "CONSTANTS_BYTES", map.profile))],
    ...policies.map((policy) => [
      policy === "" ? "tables in use" : `tables planned for ${policy}`,
      ...model.maps.map((map) => bytesOf(map.tables.filter((table) => (table.row.planned ?? "") === policy))),
    ]),
    ["alignment between tables", ...model.maps.map(alignmentBytes)],
    ["**sum**", ...model.maps.map((map) => map.end)],
    ["**memory**", ...model.maps.map((map) => map.memoryBytes)],
    ["free", ...model.maps.map((map) => map.memoryBytes - map.end)],
  ];
  const [small] = model.maps;
  const pages = small === undefined ? 0 : Math.ceil(small.end / PAGE_BYTES);
  return [
    "## Sums",
    "",
    `The small profile takes ${small?.end} of the ${PAGE_BYTES} bytes of one page (${pages} page), the tables of all`,
    "five policies included; what of them is planned is in the map already, so that these sums are right.",
    "",
    ...markdownTable(["part", ...PROFILES], rows),
  ];
}

function bytesOf(tables: readonly TableMap[]): number {
  return tables.filter((table) => table.kind !== "header").reduce((sum, table) => sum + table.end - table.base, 0);
}

function alignmentBytes(map: MemoryMap): number {
  const tables = map.tables.filter((table) => table.kind !== "header");
  const first = tables[0]?.base ?? 0;
  return map.end - first - bytesOf(tables);
}

function directory(): string[] {
  return [
    "## Directory",
    "",
    `One entry of ${DIRECTORY_ENTRY_BYTES} bytes a table, at \`CONSTANTS_ADDRESS\`, in the order of the tables' numbers.`,
    "",
    ...markdownTable(
      ["offset", "size", "what"],
      [
        [0, 4, "address of row 0"],
        [4, 4, "bytes from row to row"],
        [8, 4, "rows"],
        [12, 2, "number of the row class"],
        [
          14,
          2,
          "kind: 0 header, 1 input, 2 latched as written, 3 the latch's copy, 4 configuration, 5 staged, 6 state, 7 decision",
        ],
        [16, 4, "address of the leaf words of changed bits, or 0"],
        [20, 4, "address of the block deadlines, or 0"],
        [24, 4, "bit `n`: the 16-bit word at byte `2n` of a row is an index, which resets to `NONE`"],
        [28, 1, "offset of the check word in a row, or 255"],
        [29, 1, "offset of `deadlineMs` in a row, or 255"],
        [30, 1, "leaf words per summary bit: 1 << this"],
        [31, 1, "0"],
      ],
    ),
  ];
}

function mapOf(model: Model, map: MemoryMap): string[] {
  const place = (from: string) => constantOf(model, from, map.profile);
  const fixed: [string, number, number][] = [
    ["header", 0, place("HEADER_BYTES")],
    ["changed summaries", place("CHANGED_SUMMARIES_ADDRESS"), 4 * place("TABLE_MAX")],
    ["table deadlines", place("TABLE_DEADLINES_ADDRESS"), 8 * place("TABLE_MAX")],
    ["constants", place("CONSTANTS_ADDRESS"), place("CONSTANTS_BYTES")],
  ];
  const tables = map.tables.filter((table) => table.kind !== "header");
  return [
    `## Map of the ${PROFILES[map.profile]} profile`,
    "",
    ...markdownTable(["place", "address", "bytes"], fixed),
    ...markdownTable(
      [
        "no.",
        "table",
        "kind",
        "address",
        "rows",
        "stride",
        "row bytes",
        "changed bits",
        "deadlines",
        "end",
        "planned for",
      ],
      tables.map((table) => [
        table.number,
        table.name,
        table.kind,
        table.base,
        table.capacity,
        table.row.stride,
        table.capacity * table.row.stride,
        table.changedAddress === 0 ? "" : `${table.changedAddress} (${table.leafWords} words)`,
        table.deadlinesAddress === 0 ? "" : `${table.deadlinesAddress} (${table.deadlineWords} of 8 bytes)`,
        table.end,
        table.row.planned ?? "",
      ]),
    ),
  ];
}

function rowOf(row: RowClass): string[] {
  const facts = [`Table \`${row.tableName}\``, row.kind, `${row.stride} bytes`, `row type ${row.number}`];
  facts.push(row.capacityName === "" ? `${row.capacities[0]} row` : `\`${row.capacityName}\` rows`);
  if (row.changed) facts.push("changed bits of the module's own");
  if (row.deadlines) facts.push("block deadlines");
  return [
    `### ${row.name}`,
    "",
    ...(row.doc === "" ? [] : [row.doc, ""]),
    `${facts.join(", ")}.${row.planned === undefined ? "" : ` Planned for ${row.planned}.`}`,
    "",
    ...markdownTable(
      ["offset", "size", "field", "role", "meaning"],
      row.fields.map((field) => [field.offset, field.size, `\`${field.name}\``, meaningOf(field), field.doc]),
    ),
  ];
}
