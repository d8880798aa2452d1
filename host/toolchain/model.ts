/** The model that everything else is written from: row classes, enums and constants of the core. */

import { ConstantScope, type EnumModel } from "./constants.js";
import { evaluateOr } from "./evaluate.js";
import { layoutHash } from "./layout-hash.js";
import { buildMemoryMap, type MemoryMap } from "./memory-map.js";
import { type SourceProblem, SourceProblems } from "./problems.js";
import type { FieldType } from "./roles.js";
import { readRowClasses } from "./row-classes.js";
import { layoutFiles, parseSource } from "./source.js";

export const PROFILES = ["small", "standard", "large"] as const;
export type ProfileName = (typeof PROFILES)[number];

export const CLASS_KINDS = ["header", "input", "latched", "configuration", "state", "decision"] as const;
export type ClassKind = (typeof CLASS_KINDS)[number];

export interface Knob {
  unit: string;
  min: number;
  max: number;
  default: number;
}

export interface Field {
  name: string;
  type: FieldType;
  size: 1 | 2 | 4 | 8;
  offset: number;
  role: string;
  reference?: string;
  knob?: Knob;
  doc: string;
  line: number;
}

export interface RowClass {
  /** Name in the source: `TargetPortState`. */
  name: string;
  /** Row type number of the directory: place among all row classes, from 0. */
  number: number;
  /** Name of its table: `target-port-state`. */
  tableName: string;
  kind: ClassKind;
  /** Constant that gives its rows; "" for a literal. */
  capacityName: string;
  /** Rows per profile. */
  capacities: readonly number[];
  deadlines: boolean;
  /** A state table with changed bits of the module's own. */
  changed: boolean;
  /** Policy that the rows are planned for. */
  planned?: string;
  doc: string;
  fields: readonly Field[];
  /** Bytes from row to row: end of the last field, not rounded up. */
  stride: number;
  file: string;
  line: number;
}

export interface Constant {
  name: string;
  doc: string;
  file: string;
  /** Value per profile. */
  values: readonly number[];
}

export interface Model {
  classes: readonly RowClass[];
  enums: readonly EnumModel[];
  constants: readonly Constant[];
  layoutVersion: number;
  /** The same for all profiles: 16 hex digits. */
  layoutHash: string;
  /** One per profile. */
  maps: readonly MemoryMap[];
}

/** Builds the model of a tree; throws `SourceProblems` with everything that is wrong in its marks. */
export function buildModel(root: string): Model {
  const problems: SourceProblem[] = [];
  const sources = layoutFiles(root).map((file) => parseSource(root, file));
  const scope = new ConstantScope(problems);
  for (const source of sources) scope.addSource(source);
  const classes = readRowClasses(sources, scope, problems);
  const constants = [...scope.declarations.values()].map((declaration) => {
    const values = PROFILES.map((_, profile) => evaluateOr(scope, declaration.initializer, profile, problems));
    return { name: declaration.name, doc: declaration.doc, file: declaration.file, values };
  });
  // A wrong mark spoils the map that follows from it: name the cause alone.
  if (problems.length > 0) throw new SourceProblems(dropRepeated(problems));
  const model = { classes, enums: [...scope.enums.values()], constants };
  const maps = PROFILES.map((_, profile) => buildMemoryMap(model, profile, problems));
  if (problems.length > 0) throw new SourceProblems(dropRepeated(problems));
  const hash = layoutHash(
    model,
    maps.map((map) => map.tables),
  );
  return { ...model, maps, layoutVersion: constantOf(model, "LAYOUT_VERSION", 0), layoutHash: hash };
}

/** Value of a constant that the toolchain itself depends on. */
export function constantOf(model: Pick<Model, "constants">, name: string, profile: number): number {
  const value = model.constants.find((constant) => constant.name === name)?.values[profile];
  if (value === undefined) throw new Error(`assembly/memory/header.ts or assembly/limits.ts must define ${name}`);
  return value;
}

/** `TargetPortState` → `TARGET_PORT_STATE`. */
export function upperSnake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
}

/** `target-port-state` → `targetPortState`. */
export function camelOfKebab(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function dropRepeated(problems: readonly SourceProblem[]): SourceProblem[] {
  const seen = new Map(problems.map((problem) => [`${problem.file}:${problem.line}:${problem.message}`, problem]));
  return [...seen.values()];
}
