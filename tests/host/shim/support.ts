/** What tests of the shim share: built modules, a small array, shims on them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ArrayDescription, parseArray } from "../../../host/array/description.js";
import { topFolder } from "../../../host/cli/exit.js";
import { LinkState, type ProfileName } from "../../../host/shim/generated/layout.js";
import { type Core, instantiate } from "../../../host/shim/module.js";
import { Shim, type ShimOptions } from "../../../host/shim/shim.js";

export const PROFILES: readonly ProfileName[] = ["small", "standard", "large"];
export type Kind = "plain" | "shared";

/** Bytes of a module that the build made, in a buffer of their own. */
export function moduleBytes(profile: ProfileName = "small", kind: Kind = "plain"): Uint8Array {
  return new Uint8Array(readFileSync(join(topFolder(), `build/fairlead-${profile}-${kind}.wasm`)));
}

export function newCore(profile: ProfileName = "small", kind: Kind = "plain"): Core {
  return instantiate(moduleBytes(profile, kind));
}

/** The array of a text. @throws Error with the problems of one that has any. */
export function arrayOf(text: string): ArrayDescription {
  const { array, problems } = parseArray(text, "array.yaml");
  if (array === undefined) throw new Error(JSON.stringify(problems));
  return array;
}

/** The seed's example: three logins overload a port, two relieve it. */
export const SEED_TEXT = `
name: seed
profile: small
portDefaults: {capacity: {processor: 0, sessions: 4}}
ports: [41a, 41b]
targets: [eui.0001, eui.0002, eui.0003]
policy: {ports: {highWatermarkPermille: 750, lowWatermarkPermille: 500}}
`;

/** A shim that runs an array whose links are up and whose targets are registered on all their ports. */
export function startedShim(text = SEED_TEXT, options: Partial<ShimOptions> = {}, core: Core = newCore()): Shim {
  const shim = new Shim(core, { incarnation: 1, ...options });
  const problems = shim.configure(arrayOf(text));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  shim.start(1000);
  observeAll(shim);
  return shim;
}

/** All links up, all targets registered as configured. */
export function observeAll(shim: Shim): void {
  for (const row of shim.names.ports.rows()) shim.setLink(row, LinkState.UP);
  for (const target of shim.array?.targets ?? []) {
    const ports = target.ports.map((port) => shim.names.ports.row(port));
    shim.setRegistrations(shim.names.targets.row(target.name), ports);
  }
}

/** Ticks every 100 ms from the shim's latest time on, with counters of all ports. */
export function runTicks(
  shim: Shim,
  ticks: number,
  fromMs: number,
  handler: Parameters<Shim["tick"]>[1] = () => {},
): number {
  let hostMs = fromMs;
  for (let tick = 0; tick < ticks; tick++) {
    hostMs += 100;
    for (const row of shim.names.ports.rows()) shim.portCounters(row, hostMs, 0, 0, 0, 0);
    shim.tick(hostMs, handler);
  }
  return hostMs;
}
