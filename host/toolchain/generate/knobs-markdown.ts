/** Writes `build/knobs.md`: range, default and effect of every knob. */

import type { Model, RowClass } from "../model.js";
import { GENERATED_MARKDOWN, markdownTable } from "./markdown.js";
import { configurationClasses } from "./names.js";

export function knobsMarkdown(model: Model): string {
  const classes = configurationClasses(model);
  const inUse = classes.filter((row) => row.planned === undefined);
  const planned = classes.filter((row) => row.planned !== undefined);
  return [
    GENERATED_MARKDOWN,
    "",
    "# Knobs",
    "",
    "`configure()` refuses a value outside its range and names table, row and field. A knob that a description leaves",
    "out has its default.",
    "",
    ...inUse.flatMap(section),
    ...(planned.length === 0 ? [] : ["# Knobs of policies that are planned", "", ...planned.flatMap(section)]),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function section(row: RowClass): string[] {
  const knobs = row.fields.flatMap(({ name, doc, knob }) => {
    return knob === undefined ? [] : [[`\`${name}\``, knob.unit, knob.min, knob.max, knob.default, doc]];
  });
  return [
    `## ${row.name}`,
    "",
    ...(row.doc === "" ? [] : [row.doc, ""]),
    `Table \`${row.tableName}\`.${row.planned === undefined ? "" : ` Planned for ${row.planned}.`}`,
    "",
    ...markdownTable(["knob", "unit", "least", "largest", "default", "effect"], knobs),
  ];
}
