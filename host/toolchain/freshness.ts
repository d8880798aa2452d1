/** Whether the committed generated files are what the sources give now. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { staleGenerated } from "./generate/index.js";
import { buildModel } from "./model.js";
import { printError } from "./output.js";
import { SourceProblems } from "./problems.js";

interface SchemaWriter {
  schemaFiles(): Record<string, string>;
}

/** Prints every stale generated file; true if there is none. The host must be compiled. */
export async function reportStale(root: string): Promise<boolean> {
  try {
    const stale = [...staleGenerated(root, buildModel(root)), ...(await staleSchemas(root))];
    for (const file of stale) printError(`${file} is stale: run \`npm run build\` and commit it`);
    return stale.length === 0;
  } catch (error) {
    if (!(error instanceof SourceProblems)) throw error;
    printError(error.message);
    return false;
  }
}

/** Schemas that the host's own code writes. */
async function staleSchemas(root: string): Promise<string[]> {
  const writer = pathToFileURL(join(root, "build/js/host/scenario/write-schemas.js")).href;
  const { schemaFiles } = (await import(writer)) as SchemaWriter;
  return Object.entries(schemaFiles())
    .filter(([file, text]) => textOf(join(root, file)) !== text)
    .map(([file]) => file);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
