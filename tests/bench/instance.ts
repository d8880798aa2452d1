/** Instances of the built modules, as the bench drives them: raw exports, without the shim's wrappers. */

import { createViews, type ProfileName, type Views } from "../../host/shim/generated/layout.js";
import { type Core, type CoreExports, createMemory } from "../../host/shim/module.js";

export const PROFILES: readonly ProfileName[] = ["small", "standard", "large"];

export interface Instance extends Core {
  readonly profile: ProfileName;
  readonly shared: boolean;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;
  readonly exports: CoreExports;
}

/** A new instance of a compiled module, on a memory of its own, reset. */
export function createInstance(module: WebAssembly.Module, profile: ProfileName, shared: boolean): Instance {
  const memory = createMemory(profile, shared);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as CoreExports;
  exports.reset();
  return { profile, shared, memory, views: createViews(memory.buffer, profile), exports };
}

/** All bytes of the instance's memory, copied. */
export function memoryImage(instance: Instance): Uint8Array {
  return new Uint8Array(instance.memory.buffer).slice();
}
