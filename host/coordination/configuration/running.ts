/** The configuration that a controller runs, over its module: read, checked, adopted, kept in its file. */

import { type ArrayDescription, type Problem, parseArray } from "../../array/description.js";
import { configurationDigest } from "../status/identity.js";
import { hindrances, neededStart } from "./live-change.js";
import type { Checked, RunningConfiguration } from "./running-configuration.js";

export interface RunningParts {
  self: string;
  /** What this controller was started with. */
  started: ArrayDescription;
  controller: {
    adopt(array: ArrayDescription): Problem[];
    takePart(may: boolean): void;
    settled(): Promise<void>;
  };
  /** Whether a module and this machine could take an array, such as by a module of its own; nothing is adopted. */
  tryOut(array: ArrayDescription): Problem[];
  /** A text is in force for good. */
  keep(text: string): void;
}

/** As problems name it: the text has no file yet. */
const FILE = "<configuration>";
/** Texts whose meaning is remembered: the one in force, the one before, the one that is staged. */
const READ_MAX = 3;

interface ReadText {
  text: string;
  array: ArrayDescription | undefined;
  problems: Problem[];
  digest: number;
}

export class ArrayConfiguration implements RunningConfiguration {
  private present: ArrayDescription;
  private readonly known: ReadText[] = [];

  constructor(private readonly parts: RunningParts) {
    this.present = parts.started;
  }

  read(text: string): Checked {
    const { array, problems, digest } = this.meaning(text);
    return array === undefined ? { problems } : { digest, controllers: array.controllers.map(({ name }) => name) };
  }

  check(text: string): Checked {
    const { array } = this.meaning(text);
    if (array === undefined) return this.read(text);
    const { self, started, tryOut } = this.parts;
    const problems = [...neededStart(started, array, self), ...hindrances(this.present, array)];
    // One that the text leaves out has nothing to run of it.
    const isNamed = array.controllers.some(({ name }) => name === self);
    if (problems.length === 0 && isNamed) problems.push(...tryOut(array));
    return problems.length > 0 ? { problems } : this.read(text);
  }

  adopt(text: string): Problem[] {
    const { array, problems } = this.meaning(text);
    if (array === undefined) return problems;
    const { self, started, controller } = this.parts;
    const hindered = neededStart(started, array, self);
    if (hindered.length > 0) return hindered;
    const refused = controller.adopt(array);
    if (refused.length === 0) this.present = array;
    return refused;
  }

  takePart(may: boolean): void {
    this.parts.controller.takePart(may);
  }

  settled(): Promise<void> {
    return this.parts.controller.settled();
  }

  keep(text: string): void {
    this.parts.keep(text);
  }

  digest(): number {
    return configurationDigest(this.present);
  }

  controllers(): readonly string[] {
    return this.present.controllers.map(({ name }) => name);
  }

  private meaning(text: string): ReadText {
    const known = this.known.find((each) => each.text === text);
    if (known !== undefined) return known;
    const { array, problems } = parseArray(text, FILE);
    const read = { text, array, problems, digest: array === undefined ? 0 : configurationDigest(array) };
    this.known.push(read);
    if (this.known.length > READ_MAX) this.known.shift();
    return read;
  }
}
