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

/** Refuses knobs of the port policy that don't exist or are out of range; a row's field may be too narrow to hold those. */
export function checkKnobs(knobs: Record<string, number>): void {
  const fields = layouts.small.tables.find((table) => table.name === "port-policy")?.fields ?? [];
  const known = fields.filter((field) => field.knob !== undefined);
  for (const [name, value] of Object.entries(knobs)) {
    const knob = known.find((field) => field.name === name)?.knob;
    if (knob === undefined) {
      throw new OptionError(
        "--knob",
        name,
        `a knob of the port policy: ${known.map((field) => field.name).join(", ")}`,
      );
    }
    if (value >= knob.min && value <= knob.max) continue;
    throw new OptionError("--knob", `${name}=${value}`, `${knob.min} to ${knob.max} ${knob.unit}`);
  }
}
