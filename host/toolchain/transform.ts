/**
 * The compiler transform (`asc --transform`). It adds the constants and checks that follow from the row classes,
 * checks the loops of the core, compares each offset with the compiler's own, and writes the directory and the
 * custom section `fairlead.layout` into the module. The same transform runs under `as-pect`.
 */

import type { Parser, Program } from "assemblyscript";
import type { Transform } from "assemblyscript/asc";
import { addDataSegment } from "./data-segment.js";
import { constantBytes, INJECTED_FILE, injectedConstants, injectedSource } from "./inject.js";
import { keepFences } from "./fences.js";
import { inlineHot, inlineOneCallers } from "./inlining.js";
import { LAYOUT_SECTION, layoutSection } from "./layout-section.js";
import { checkLoops } from "./loops.js";
import type { MemoryMap } from "./memory-map.js";
import { buildModel, type Model } from "./model.js";
import { checkOffsets } from "./offsets.js";
import { SourceProblems } from "./problems.js";

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
    for (const source of sources) inlineHot(source, profile);
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
    inlineOneCallers(this.binaryen, module);
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
