/** The custom section that says which layout a module is built for. */

import type { MemoryMap } from "./memory-map.js";
import type { Model } from "./model.js";

export const LAYOUT_SECTION = "fairlead.layout";

/** Contents of the section: layout version, profile and layout hash, as JSON. */
export function layoutSection(model: Model, map: MemoryMap): Uint8Array {
  const facts = { version: model.layoutVersion, profile: map.profile, hash: model.layoutHash };
  return new TextEncoder().encode(JSON.stringify(facts));
}
