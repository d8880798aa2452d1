/** Loads the module of the smallest profile that holds a simulation. */

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

/** Gives the bytes of the module of a profile, the plain build. */
export type ModuleReader = (profile: ProfileName) => Uint8Array;

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

/** An instance of its own. @throws ModuleError for bytes that are no such module. */
export function coreFor(needs: LayoutChoice, readModule: ModuleReader): Core {
  return instantiate(readModule(profileFor(needs)));
}
