/** `fairlead inspect`: what a module file says of itself, and whether this host would load it; what a snapshot holds. */

import type { Command } from "commander";
import { layouts } from "../shim/generated/layout.js";
import { instantiate, type ModuleFacts, verifyModule } from "../shim/module.js";
import { guarded, print, readInput } from "./exit.js";
import { inspectSnapshot, isSnapshot } from "./inspect-snapshot.js";

const HELP = `
Checks the file as the shim does before it loads it: sections, the one import, exports, memory limits, the place of
its data, the layout. Then runs it on an empty memory and compares its header and directory with the layout.
Of a snapshot (fairlead run --snapshot) it shows where interfaces, units and roles were when it was written.

Examples:
  fairlead inspect build/fairlead-small-plain.wasm
  fairlead inspect build/fairlead-large-shared.wasm --json
  fairlead inspect /var/lib/fairlead/a.snapshot

Exit codes: 0 would be loaded, 1 it misbehaves when run, 2 would not be loaded or can't be read.`;

interface TableFacts {
  name: string;
  kind: string;
  base: number;
  rowBytes: number;
  rows: number;
  /** Rows alone, without changed bits and deadlines. */
  bytes: number;
  planned?: string;
}

interface Check {
  check: string;
  ok: boolean;
  detail: string;
}

interface Inspection {
  file: string;
  abi: number;
  facts: ModuleFacts;
  checks: Check[];
  tables: TableFacts[];
}

function tablesOf(facts: ModuleFacts): TableFacts[] {
  return layouts[facts.profile].tables.map((table) => ({
    name: table.name,
    kind: table.kind,
    base: table.base,
    rowBytes: table.stride,
    rows: table.capacity,
    bytes: table.stride * table.capacity,
    ...(table.planned === undefined ? {} : { planned: table.planned }),
  }));
}

function compare(check: string, found: number | string, expected: number | string): Check {
  const ok = found === expected;
  return { check, ok, detail: ok ? String(found) : `${found}, ${expected} expected` };
}

/** Runs the module on an empty memory: does it say of itself what its file says? */
function runChecks(bytes: Uint8Array, facts: ModuleFacts): { abi: number; checks: Check[] } {
  const core = instantiate(bytes);
  const abi = core.exports.abiVersion();
  core.exports.reset();
  const { header } = core.views;
  const hex = (word: number) => word.toString(16).padStart(8, "0");
  const { tables, profile } = layouts[facts.profile];
  const checks = [
    compare("abiVersion() is the layout version", abi, facts.layoutVersion),
    compare("header: layout version", header.layoutVersion(0), facts.layoutVersion),
    compare("header: layout hash", hex(header.layoutHashHigh(0)) + hex(header.layoutHashLow(0)), facts.layoutHash),
    compare("header: profile", header.profile(0), profile),
    compare("header: memory bytes", header.memoryBytes(0), facts.memoryBytes),
    compare("header: tables in the directory", header.tableCount(0), tables.length),
    compare("header: no call under way", header.callUnderWay(0), 0),
    directoryCheck(core.memory, header.directoryAddress(0), facts),
    compare("attach() takes an array that was reset", core.exports.attach(), 0),
  ];
  return { abi, checks };
}

const DIRECTORY_ENTRY_BYTES = 32;

function directoryCheck(memory: WebAssembly.Memory, address: number, facts: ModuleFacts): Check {
  const view = new DataView(memory.buffer);
  for (const table of layouts[facts.profile].tables) {
    const at = address + table.number * DIRECTORY_ENTRY_BYTES;
    const found = [0, 4, 8, 16, 20].map((offset) => view.getUint32(at + offset, true)).join(" ");
    const { base, stride, capacity, changedAddress, deadlinesAddress } = table;
    const expected = [base, stride, capacity, changedAddress, deadlinesAddress].join(" ");
    if (found !== expected) return { ...compare("directory", found, expected), check: `directory: ${table.name}` };
  }
  return {
    check: "directory: base, stride, rows, changed bits and deadlines of each table",
    ok: true,
    detail: "equal",
  };
}

function inspect(file: string, bytes: Uint8Array): Inspection {
  const facts = verifyModule(bytes);
  const passed = [
    { check: "one import: memory env.memory", ok: true, detail: facts.shared ? "shared" : "not shared" },
    { check: "exports", ok: true, detail: facts.exports.join(", ") },
    { check: "memory minimum = maximum", ok: true, detail: `${facts.memoryBytes} bytes` },
    { check: "data in the constants only", ok: true, detail: `${facts.dataBytes} bytes` },
    { check: "no start function, no table", ok: true, detail: "" },
    { check: "layout", ok: true, detail: `version ${facts.layoutVersion}, hash ${facts.layoutHash}` },
  ];
  const { abi, checks } = runChecks(bytes, facts);
  return { file, abi, facts, checks: [...passed, ...checks], tables: tablesOf(facts) };
}

function printInspection({ file, abi, facts, checks, tables }: Inspection): void {
  print(`${file}: fairlead module, ABI ${abi}, profile ${facts.profile}, ${facts.shared ? "shared" : "plain"}`);
  print(`layout    version ${facts.layoutVersion}, hash ${facts.layoutHash}`);
  print(
    `file      ${facts.bytes} bytes: code ${facts.codeBytes}, data ${facts.dataBytes}, ${facts.functions} functions`,
  );
  const sections = Object.entries(facts.sectionBytes).map(([name, bytes]) => `${name} ${bytes}`);
  print(`sections  ${sections.join(", ")}`);
  print(`memory    ${facts.memoryBytes} bytes`);
  print("\nchecks");
  for (const { check, ok, detail } of checks) print(`  ${ok ? "ok    " : "NOT OK"} ${check}${detail && `: ${detail}`}`);
  print("\ntable                             kind               base row bytes   rows     bytes");
  for (const table of tables) {
    const { name, kind, base, rowBytes, rows, bytes, planned } = table;
    const columns = [
      String(base).padStart(9),
      String(rowBytes).padStart(9),
      String(rows).padStart(6),
      String(bytes).padStart(9),
    ];
    print(
      `${name.padEnd(33)} ${kind.padEnd(15)}${columns.join(" ")}${planned === undefined ? "" : `  (for ${planned})`}`,
    );
  }
  const sum = tables.reduce((total, table) => total + table.bytes, 0);
  print(`${"all rows".padEnd(33)} ${" ".repeat(15)}${" ".repeat(9 + 1 + 9 + 1 + 6 + 1)}${String(sum).padStart(9)}`);
}

export function register(program: Command): void {
  program
    .command("inspect")
    .summary("say what a module file is, or what a snapshot holds")
    .description(
      "Says what a module file is, and checks it as the shim does before it loads it; or what a snapshot holds.",
    )
    .argument("<file>", "a fairlead module (.wasm), or a snapshot")
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .action((file: string, options: { json?: boolean }) =>
      guarded(() => {
        const bytes = readInput(file);
        if (isSnapshot(bytes)) return inspectSnapshot(file, bytes, options.json === true);
        const inspection = inspect(file, bytes);
        if (options.json === true) print(JSON.stringify(inspection));
        else printInspection(inspection);
        if (inspection.checks.some(({ ok }) => !ok)) process.exitCode = 1;
      }),
    );
}
