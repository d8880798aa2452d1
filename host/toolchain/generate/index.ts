/** Writes all generated files; each says that it is generated. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Model } from "../model.js";
import { cHeader } from "./c-header.js";
import { knobsMarkdown } from "./knobs-markdown.js";
import { layoutJson } from "./layout-json.js";
import { layoutMarkdown } from "./layout-markdown.js";
import { policySchema } from "./policy-schema.js";
import { viewsSource } from "./views.js";

/** Path from the root → contents, for every generated file. */
export function generatedFiles(model: Model): Map<string, string> {
  return new Map([
    ["build/fairlead-layout.json", layoutJson(model)],
    ["build/fairlead.h", cHeader(model)],
    ["build/layout.md", layoutMarkdown(model)],
    ["build/knobs.md", knobsMarkdown(model)],
    ["build/array-policy.schema.json", policySchema(model)],
    ["host/shim/generated/layout.ts", viewsSource(model)],
  ]);
}

/** Writes what differs; returns the paths written. */
export function writeGenerated(root: string, model: Model): string[] {
  const written: string[] = [];
  for (const [file, contents] of generatedFiles(model)) {
    if (readIfThere(join(root, file)) === contents) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), contents);
    written.push(file);
  }
  return written;
}

/** Generated files whose contents in the tree differ from what they would be now. */
export function staleGenerated(root: string, model: Model): string[] {
  return [...generatedFiles(model)]
    .filter(([file, contents]) => readIfThere(join(root, file)) !== contents)
    .map(([file]) => file);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
