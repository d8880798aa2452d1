/** The model's offsets against those of the compiler, which is the one that reads and writes the rows. */

import { type Class, ElementKind, type Program, type PropertyPrototype } from "assemblyscript";
import type { Model } from "./model.js";
import { type SourceProblem, SourceProblems } from "./problems.js";

/** Compares each field's offset and each class's size with the compiler's; a difference is this model's fault. */
export function checkOffsets(program: Program, model: Model): void {
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
