/**
 * `npm run check:c-header`: build/fairlead.h with the compilers of the machine. A C program, written from the model,
 * sets and reads each field of each row by its accessors and looks at the bytes; it is compiled for every profile as
 * C99, C11 and C++11, with all warnings as errors, and once with the memory in reverse order of bytes.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { snake } from "../../host/toolchain/generate/names.js";
import { buildModel, type Field, type Model, PROFILES, type RowClass } from "../../host/toolchain/model.js";
import { repository } from "./fixture.js";

const ROW_BYTES = 256;
const WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-pedantic"];
const LANGUAGES: readonly [string, string][] = [
  ["gcc", "c99"],
  ["gcc", "c11"],
  ["g++", "c++11"],
];

/** Tests of one field: the bytes that its setter leaves, and what its getter and its struct member read. */
function fieldTest(row: RowClass, field: Field): string[] {
  const prefix = `fairlead_${snake(row.name)}`;
  const name = snake(field.name);
  const bytes = Array.from({ length: field.size }, (_, index) => 0xa1 + index);
  const value = `0x${[...bytes]
    .reverse()
    .map((byte) => byte.toString(16))
    .join("")}u${field.size === 8 ? "ll" : ""}`;
  const at = `${row.name}.${field.name}`;
  const lines = [`  clear();`, `  ${prefix}_set_${name}(row, ${value});`];
  for (const [index, byte] of bytes.entries()) lines.push(`  is_byte("${at}", ${field.offset + index}, ${byte});`);
  lines.push(`  is_sum("${at}", ${bytes.reduce((sum, byte) => sum + byte, 0)});`);
  lines.push(`  is_same("${at}", ${prefix}_${name}(row), ${value});`);
  const struct = [`  { ${prefix}_t copy; memcpy(&copy, row, sizeof copy); is_same("${at}", copy.${name}, ${value}); }`];
  return [...lines, "#if FAIRLEAD_HAS_STRUCTS && !FAIRLEAD_MIRRORED", ...struct, "#endif"];
}

function program(model: Model): string {
  const profile = (select: (index: number) => number | undefined) =>
    `FAIRLEAD_PROFILE == 0 ? ${select(0)}u : FAIRLEAD_PROFILE == 1 ? ${select(1)}u : ${select(2)}u`;
  const memoryBytes = profile((index) => model.maps[index]?.memoryBytes);
  const constants = model.constants.map(({ name, values }) => {
    return `  is_same("${name}", FAIRLEAD_${name}, ${profile((index) => values[index])});`;
  });
  const tables = (model.maps[0]?.tables ?? []).flatMap((table) => {
    const name = table.name.replaceAll("-", "_").toUpperCase();
    const of = (fact: "base" | "capacity") => profile((index) => model.maps[index]?.tables[table.number]?.[fact]);
    return [
      `  is_same("${table.name}", FAIRLEAD_${name}_TABLE, ${table.number});`,
      `  is_same("${table.name}", FAIRLEAD_${name}_BASE, ${of("base")});`,
      `  is_same("${table.name}", FAIRLEAD_${name}_CAPACITY, ${of("capacity")});`,
    ];
  });
  const fields = model.classes.flatMap((row) =>
    row.fields.filter((field) => field.role !== "pad").flatMap((field) => fieldTest(row, field)),
  );
  return [
    '#include <stdio.h>\n#include <string.h>\n#include "fairlead.h"',
    `static uint8_t memory[${ROW_BYTES}];`,
    "static uint8_t *row;",
    "static int failures;",
    'static void fail(const char *what, const char *why) { failures++; fprintf(stderr, "%s: %s\\n", what, why); }',
    `static void clear(void) { memset(memory, 0, sizeof memory); row = fairlead_at(memory, ${ROW_BYTES}u, 0u); }`,
    "static void is_byte(const char *what, uint32_t offset, unsigned byte) {",
    `  if (*fairlead_at(memory, ${ROW_BYTES}u, offset) != byte) fail(what, "the setter left another byte");`,
    "}",
    "static void is_sum(const char *what, unsigned sum) {",
    "  unsigned found = 0;",
    "  for (unsigned at = 0; at < sizeof memory; at++) found += memory[at];",
    '  if (found != sum) fail(what, "the setter wrote elsewhere too");',
    "}",
    "static void is_same(const char *what, uint64_t found, uint64_t expected) {",
    '  if (found != expected) fail(what, "another value");',
    "}",
    "int main(void) {",
    `  is_same("memory", FAIRLEAD_MEMORY_BYTES, ${memoryBytes});`,
    ...constants,
    ...tables,
    ...fields,
    "  return failures != 0;",
    "}",
    "",
  ].join("\n");
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: repository, stdio: "inherit" }).status === 0;
}

function main(): number {
  const missing = ["gcc", "g++"].filter((compiler) => spawnSync(compiler, ["--version"]).status !== 0);
  if (missing.length > 0) {
    process.stderr.write(`check:c-header needs ${missing.join(" and ")}: apt-get install ${missing.join(" ")}\n`);
    return 2;
  }
  const folder = "build/c-header";
  mkdirSync(join(repository, folder), { recursive: true });
  for (const extension of ["c", "cpp"])
    writeFileSync(join(repository, folder, `probe.${extension}`), program(buildModel(repository)));
  let failed = 0;
  for (const [compiler, standard] of LANGUAGES) {
    for (const [profile, name] of PROFILES.entries()) {
      for (const mirrored of [0, 1]) {
        const source = `${folder}/probe.${compiler === "g++" ? "cpp" : "c"}`;
        const defines = [`-DFAIRLEAD_PROFILE=${profile}`, `-DFAIRLEAD_MIRRORED=${mirrored}`, "-Ibuild"];
        const compiled = run(compiler, [`-std=${standard}`, ...WARNINGS, ...defines, source, "-o", `${folder}/probe`]);
        const passed = compiled && run(`${folder}/probe`, []);
        process.stdout.write(`${passed ? "ok" : "FAILED"}  ${standard}, ${name}${mirrored ? ", mirrored" : ""}\n`);
        if (!passed) failed++;
      }
    }
  }
  process.stdout.write(`${LANGUAGES.length * PROFILES.length * 2 - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
