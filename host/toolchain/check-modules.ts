/** Checks the final modules, prints a table and writes `build/reports/modules.json`. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkModule, type ExpectedModule, type ModuleReport } from "./check-module.js";
import { debugFileOf, type Target } from "./compile.js";
import { constantBytes } from "./inject.js";
import { layoutSection } from "./layout-section.js";
import { constantOf, type Model, PROFILES } from "./model.js";
import { functionNames } from "./module-facts.js";
import { print, printError } from "./output.js";

/** What a target's module must look like. */
export function expectedModule(model: Model, target: Target): ExpectedModule {
  const profile = PROFILES.indexOf(target.profile);
  const map = model.maps[profile];
  if (map === undefined) throw new Error(`no memory map for profile ${target.profile}`);
  return {
    shared: target.shared,
    memoryPages: map.memoryPages,
    constantsFrom: map.directoryAddress,
    constantsTo: map.directoryAddress + constantOf(model, "CONSTANTS_BYTES", profile),
    constants: constantBytes(model, map),
    layoutSection: layoutSection(model, map),
  };
}

/** False if any module breaks a rule; each violation is printed with its module and function. */
export function checkModules(root: string, model: Model, targets: readonly Target[]): boolean {
  const reports = targets.map((target) => {
    const bytes = readFileSync(join(root, target.file));
    const names = functionNames(readFileSync(join(root, debugFileOf(target.file))));
    const report = checkModule(bytes, names, expectedModule(model, target));
    return { file: target.file, bytes: bytes.length, ...report };
  });
  mkdirSync(join(root, "build/reports"), { recursive: true });
  writeFileSync(join(root, "build/reports/modules.json"), `${JSON.stringify(reports, null, 2)}\n`);
  print(tableOf(reports));
  for (const { file, violations } of reports) {
    for (const { rule, where, message } of violations) printError(`${file}: ${rule}: ${where}: ${message}`);
  }
  return reports.every((report) => report.violations.length === 0);
}

function tableOf(reports: readonly (ModuleReport & { file: string; bytes: number })[]): string {
  const rows = reports.map((report) => {
    const deepest = report.exports.reduce((a, b) => (b.callDepth > a.callDepth ? b : a), { name: "", callDepth: 0 });
    const [largest] = report.functions;
    return [
      report.file,
      String(report.bytes),
      String(report.codeBytes),
      String(report.functions.length),
      `${deepest.callDepth} (${deepest.name})`,
      `${largest?.bytes ?? 0} ${largest?.name.replace(/^assembly\//, "") ?? ""}`,
      report.violations.length === 0 ? "ok" : `${report.violations.length} violations`,
    ];
  });
  const head = ["module", "bytes", "code", "functions", "call depth", "largest function", "rules"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
