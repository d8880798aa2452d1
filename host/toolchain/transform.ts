/**
 * The compiler transform (`asc --transform`). It adds the constants and checks that follow from the row classes,
 * checks the loops of the core, compares each offset with the compiler's own, and writes the directory and the
 * custom section `fairlead.layout` into the module. The same transform runs under `as-pect`.
 */

import { type Class, ElementKind, type Parser, type Program, type PropertyPrototype } from "assemblyscript";
import type { Transform } from "assemblyscript/asc";
import { addDataSegment } from "./data-segment.js";
import { constantBytes, INJECTED_FILE, injectedConstants, injectedSource } from "./inject.js";
import { keepFences } from "./fences.js";
import { LAYOUT_SECTION, layoutSection } from "./layout-section.js";
import { checkLoops } from "./loops.js";
import type { MemoryMap } from "./memory-map.js";
import { buildModel, type Model } from "./model.js";
import { type SourceProblem, SourceProblems } from "./problems.js";

type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

/** asc puts `program`, `binaryen` and `baseDir` on the prototype before it makes the one instance. */
export default class LayoutTransform {
  declare readonly binaryen: Transform["binaryen"];
  declare readonly baseDir: string;
  declare readonly program: Program;
  private model: Model | undefined;
  private map: MemoryMap | undefined;

  afterParse(parser: Parser): void {
    const profile = profileOf(this.program);
    this.model = buildModel(this.baseDir);
    const map = this.model.maps[profile];
    if (map === undefined) throw new Error(`PROFILE is ${profile}: pass --use PROFILE=0, 1 or 2`);
    this.map = map;
    parser.parseFile(injectedSource(this.model, map), INJECTED_FILE, false);
    const sources = parser.sources.filter((source) => isCore(source.normalizedPath));
    const injected = new Map(injectedConstants(map, this.model.layoutHash));
    const problems = sources.flatMap((source) => checkLoops(source, { sources, injected }));
    if (problems.length > 0) throw new SourceProblems(problems);
  }

  afterInitialize(program: Program): void {
    if (this.model !== undefined) checkOffsets(program, this.model);
  }

  afterCompile(module: AscModule): void {
    if (this.model === undefined || this.map === undefined) return;
    addDataSegment(this.binaryen, module, "constants", this.map.directoryAddress, constantBytes(this.model, this.map));
    keepFences(this.binaryen, module);
    module.addCustomSection(LAYOUT_SECTION, layoutSection(this.model, this.map));
  }
}

/** Specs and the compiler's library may loop as they like. */
function isCore(path: string): boolean {
  return path.startsWith("assembly/") && path !== INJECTED_FILE;
}

function profileOf(program: Program): number {
  return Number(program.options.globalAliases?.get("PROFILE") ?? Number.NaN);
}

/** Compares each field's offset and each class's size with the compiler's; a difference is this model's fault. */
function checkOffsets(program: Program, model: Model): void {
  const problems: SourceProblem[] = [];
  for (const row of model.classes) {
    const report = (line: number, message: string, expected: string) => {
      problems.push({ file: row.file, line, message, expected });
    };
    const resolved = resolveClass(program, row.file, row.name);
    if (resolved === undefined) {
      report(row.line, `the compiler doesn't know class ${row.name}`, "an exported class");
      continue;
    }
    for (const field of row.fields) {
      const member = resolved.getMember(field.name);
      const offset =
        member?.kind === ElementKind.PropertyPrototype
          ? (member as PropertyPrototype).instance?.memoryOffset
          : (member as { memoryOffset?: number } | null)?.memoryOffset;
      if (offset === field.offset) continue;
      report(field.line, `${row.name}.${field.name} lies at ${offset} for the compiler`, `${field.offset}`);
    }
    if (resolved.nextMemoryOffset !== row.stride) {
      report(row.line, `${row.name} takes ${resolved.nextMemoryOffset} bytes for the compiler`, `${row.stride}`);
    }
  }
  if (problems.length > 0) throw new SourceProblems(problems);
}

function resolveClass(program: Program, file: string, name: string): Class | undefined {
  const prototype = program.elementsByName.get(`${file.replace(/\.ts$/, "")}/${name}`);
  if (prototype?.kind !== ElementKind.ClassPrototype) return undefined;
  type Prototype = Parameters<typeof program.resolver.resolveClass>[0];
  return program.resolver.resolveClass(prototype as Prototype, null) ?? undefined;
}
