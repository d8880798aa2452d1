/** Names and configurations as numbers that all controllers find alike. */

import { createHash } from "node:crypto";
import type { ArrayDescription } from "../../array/description.js";

function firstWord(text: string): number {
  return createHash("sha256").update(text, "utf8").digest().readUInt32LE(0);
}

/** The id under which a controller sends: it stays the same whatever the configuration's order of controllers. */
export function controllerId(name: string): number {
  return firstWord(name);
}

/** Digest of an array description: of all that the file means, not of how it is written. */
export function configurationDigest(array: ArrayDescription): number {
  return firstWord(stableText(array));
}

/** JSON with the keys of each object in order; what is undefined is left out. */
function stableText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => stableText(each)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${stableText(each)}`).join(",")}}`;
}
