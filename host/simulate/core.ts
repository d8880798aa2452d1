/** Loads the module of the smallest profile that holds a simulation. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { layouts, type ProfileName } from "../shim/generated/layout.js";
import { type Core, instantiate } from "../shim/module.js";
import { OptionError } from "./options.js";

/** Rows that a simulation takes. */
export interface LayoutChoice {
  ports: number;
  targets: number;
  initiators: number;
  sessions: number;
}

/** `build/`, as seen from `build/js/host/simulate/`. */
const buildFolder = new URL("../../../", import.meta.url);

/** @throws OptionError when even the large profile is too small. */
export function profileFor(needs: LayoutChoice): ProfileName {
  const rows: [keyof LayoutChoice, string][] = [
    ["ports", "TARGET_PORT_MAX"],
    ["targets", "TARGET_MAX"],
    ["initiators", "INITIATOR_MAX"],
    ["sessions", "SESSION_MAX"],
  ];
  const lacking = (profile: ProfileName) =>
    rows.find(([need, limit]) => needs[need] > (layouts[profile].limits[limit] ?? 0));
  const fits = (["small", "standard", "large"] as const).find((profile) => lacking(profile) === undefined);
  if (fits !== undefined) return fits;
  const [need, limit] = lacking("large") as [keyof LayoutChoice, string];
  const most = layouts.large.limits[limit];
  const option = need === "sessions" ? "--targets × --initiators" : `--${need}`;
  throw new OptionError(option, String(needs[need]), `at most ${most} ${need}, what the large profile holds`);
}

export async function coreFor(needs: LayoutChoice): Promise<Core> {
  const path = fileURLToPath(new URL(`fairlead-${profileFor(needs)}-plain.wasm`, buildFolder));
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${error.code}; run npm run build first`);
  });
  return instantiate(bytes);
}
