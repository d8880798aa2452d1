/** Names of the layout in the forms that each generated file wants, and pieces that several of them share. */

import { capacityOfReference } from "../roles.js";
import { type Field, type Model, PROFILES, type ProfileName, type RowClass } from "../model.js";

/** `TargetPortState`, `busyUs` → `target_port_state`, `busy_us`. */
export function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** `target-port-config-staged` → `TARGET_PORT_CONFIG_STAGED`. */
export function upperOfKebab(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** `TARGET_PORT` → `targetPort`. */
export function camelOfUpper(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Knobs that a host sets: those of configuration tables in use, planned ones left out. */
export function configurationClasses(model: Model): RowClass[] {
  return model.classes.filter((row) => row.kind === "configuration" && row.fields.some((field) => field.knob));
}

/** What a field refers to, in words: an enum, rows of a table, a range. */
export function meaningOf(field: Field): string {
  const { role, reference, knob } = field;
  if (knob !== undefined) return `knob, ${knob.min} to ${knob.max} ${knob.unit}`;
  if (reference === undefined) return role;
  if (role === "enum" || role === "flags") return `${role} \`${reference}\``;
  return `${role} of ${reference} (\`${capacityOfReference(reference)}\`)`;
}

/** `[...]` of the profiles with their numbers. */
export function profiles(): [ProfileName, number][] {
  return PROFILES.map((name, profile) => [name, profile]);
}
