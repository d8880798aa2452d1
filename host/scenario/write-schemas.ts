/** Writes the JSON Schemas of array and scenario files into `build/`; the last step of `npm run build`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { arraySchema } from "../array/schema.js";
import { scenarioSchema } from "./schema.js";

/** Texts of the schema files by their path from the top folder. */
export function schemaFiles(): Record<string, string> {
  const text = (schema: object) => `${JSON.stringify(schema, undefined, 2)}\n`;
  return { "build/array.schema.json": text(arraySchema()), "build/scenario.schema.json": text(scenarioSchema()) };
}

/** Writes the files that differ; returns their paths. */
export function writeSchemas(top: string): string[] {
  return Object.entries(schemaFiles()).flatMap(([path, text]) => {
    const file = join(top, path);
    if (textOf(file) === text) return [];
    writeFileSync(file, text);
    return [path];
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const top = join(fileURLToPath(import.meta.url), "../../../../..");
  for (const path of writeSchemas(top)) process.stdout.write(`wrote ${path}\n`);
}
