/** Makes a run of what the command line names: array file, module, snapshot, recorder, sources and effectors. */

import { type ArrayDescription, type Problem, parseArray } from "../../array/description.js";
import type { Revisions } from "../../coordination/configuration/revisions.js";
import type { Controller } from "../../coordination/controller.js";
import type { SelfWatch } from "../../management/processors/self-watch.js";
import type { Effector, Source } from "../../shim/actor.js";
import { fileSink, Recorder } from "../../shim/recorder.js";
import { instantiate } from "../../shim/module.js";
import { Shim } from "../../shim/shim.js";
import { snapshotForStart, startShim } from "../../shim/start.js";
import { SimulatedArray } from "../../sources/simulated/array.js";
import { DEMO_FILE, demoText } from "../../sources/simulated/demo.js";
import { simulatedSettings } from "../../sources/simulated/section.js";
import { World } from "../../sources/simulated/world.js";
import { InputError, readInput, UsageError } from "../exit.js";
import { Engine } from "./engine.js";
import { chooseModule, type ModuleChoice } from "./module-choice.js";
import type { RunOptions, RunWords } from "./options.js";

export interface SetUp {
  array: ArrayDescription;
  /** The array file as it was read. */
  text: string;
  controller: string;
  engine: Engine;
  recorder: Recorder | undefined;
  module: ModuleChoice;
  /** Status, lease and orders, where the array has several controllers. */
  coordination: Controller | undefined;
  /** The configuration of all controllers, where they have a lease service. */
  revisions: Revisions | undefined;
  /** Self-tests of the own processor, and the server that it is to run; with coordination only. */
  selfWatch: SelfWatch | undefined;
  /** Whoever runs it puts its own there: called when a tick is wanted at once. */
  waker: { wake(): void };
}

/**
 * @param report lines for the operator
 * @throws InputError, UsageError, ModuleError
 */
export async function setUp(words: RunWords, options: RunOptions, report: (line: string) => void): Promise<SetUp> {
  const text = words.config === undefined ? demoText : readInput(words.config).toString("utf8");
  const array = readArrayFile(text, words.config);
  const controller = controllerOf(array, words.controller);
  const waker = { wake: () => undefined };
  const trial: Trial = { tryOut: () => [] };
  const actors = await makeActors(array, controller, options, report, { waker, text, file: words.config, trial });
  const module = await chosenOrClosed(actors, () => chooseModule(words, array, performance.now()));
  const recorder = words.record === undefined ? undefined : new Recorder(fileSink(words.record));
  if (module.watch !== undefined) report(`module: ${module.origin}`);
  const shim = startChosen(module, () => {
    const started = startOn(module.bytes, controller, recorder, words, options, report);
    adopt(started, array, words);
    return started;
  });
  if (shim === undefined) {
    recorder?.close();
    await closeActors(actors);
    return setUp(words, options, report);
  }
  const { coordination, revisions, selfWatch } = actors;
  trial.tryOut = (next) => tryOut(module.bytes, controller, next);
  const engine = new Engine({ shim, ...actors });
  return { array, text, controller, engine, recorder, module, coordination, revisions, selfWatch, waker };
}

/** A module that is refused leaves nothing open: sockets, or addresses in the kernel. */
async function chosenOrClosed<T>(actors: Actors, choose: () => T): Promise<T> {
  try {
    return choose();
  } catch (error) {
    await closeActors(actors);
    throw error;
  }
}

async function closeActors({ sources, effectors }: Actors): Promise<void> {
  for (const part of new Set<Source | Effector>([...sources, ...effectors])) await part.close();
}

/** @throws InputError where the module refuses the array */
function adopt(shim: Shim, array: ArrayDescription, words: RunWords): void {
  const problems = shim.configure(array);
  if (problems.length === 0) return;
  const file = words.config ?? DEMO_FILE;
  throw new InputError(problems.map((problem) => ({ ...problem, file })));
}

/** Undefined when a module on trial failed at its start and the old one has been put back in service. */
function startChosen(module: ModuleChoice, start: () => Shim): Shim | undefined {
  try {
    return start();
  } catch (error) {
    if (module.watch?.trapped() !== true) throw error;
    return undefined;
  }
}

function readArrayFile(text: string, file: string | undefined): ArrayDescription {
  const { array, problems } = parseArray(text, file ?? DEMO_FILE);
  if (array === undefined) throw new InputError(problems);
  return array;
}

function controllerOf(array: ArrayDescription, name: string | undefined): string {
  const names = array.controllers.map((controller) => controller.name);
  if (name === undefined) return names[0] ?? "";
  if (names.includes(name)) return name;
  throw new UsageError(`--controller ${name}: one of ${names.join(", ")}`);
}

/** Filled once the module is chosen. */
interface Trial {
  tryOut(array: ArrayDescription): Problem[];
}

/** What a module of this run would say of an array: asked of one with a memory of its own. */
function tryOut(module: Uint8Array, controller: string, array: ArrayDescription): Problem[] {
  return new Shim(instantiate(module), { incarnation: 1, controller }).configure(array);
}

interface Actors {
  sources: Source[];
  effectors: Effector[];
  world?: World;
  coordination?: Controller;
  revisions?: Revisions | undefined;
  selfWatch?: SelfWatch;
}

async function makeActors(
  array: ArrayDescription,
  controller: string,
  options: RunOptions,
  report: (line: string) => void,
  { waker, text, file, trial }: { waker: { wake(): void }; text: string; file: string | undefined; trial: Trial },
): Promise<Actors> {
  if (array.sources.simulated !== undefined) {
    const settings = simulatedSettings(array);
    const world = new World(array, options.seed === undefined ? settings : { ...settings, seed: options.seed });
    const simulated = new SimulatedArray(world);
    return { sources: [simulated], effectors: [simulated], world };
  }
  const { hasRealSections, realActors } = await import("../../sources/registry.js");
  if (!hasRealSections(array) && array.coordination === undefined) {
    throw new UsageError("the array file has no sources: a section `simulated`, or `kernel`, `tgt` and `isns`");
  }
  if (options.speed !== 1) throw new UsageError("--speed: only a simulated array runs at another pace than real time");
  if (options.seed !== undefined) throw new UsageError("--seed: only a simulated array has one");
  const actors = realActors(array, { controller, report, wake: () => waker.wake() });
  if (array.coordination === undefined) return actors;
  const { openController } = await import("../../coordination/open-controller.js");
  const selfWatch = await watchSelf(array, report);
  const opened = await openController(array, {
    controller,
    report,
    text,
    file,
    tryOut: (next) => trial.tryOut(next),
    wake: () => waker.wake(),
    selfTests: () => selfWatch.selfTests(),
    setWebServer: (kind) => selfWatch.setWebServer(kind),
  });
  return {
    sources: [...actors.sources, selfWatch, ...opened.sources],
    effectors: [...actors.effectors, ...opened.effectors],
    coordination: opened.controller,
    revisions: opened.revisions,
    selfWatch,
  };
}

async function watchSelf(array: ArrayDescription, report: (line: string) => void): Promise<SelfWatch> {
  const { SelfWatch } = await import("../../management/processors/self-watch.js");
  const { coordinationSection } = await import("../../coordination/section.js");
  const device = coordinationSection(array)?.management?.device;
  return new SelfWatch({ ...(device === undefined ? {} : { device }), report });
}

function startOn(
  module: Uint8Array,
  controller: string,
  recorder: Recorder | undefined,
  words: RunWords,
  options: RunOptions,
  report: (line: string) => void,
): Shim {
  const snapshot = words.snapshot === undefined ? undefined : snapshotForStart(words.snapshot, report);
  const { shim, reason } = startShim({
    module,
    controller,
    snapshot,
    nowMs: Date.now(),
    maxAgeMs: options.snapshotAgeMs,
    ...(recorder === undefined ? {} : { recorder }),
  });
  if (snapshot !== undefined && reason !== "") report(`${words.snapshot}: not gone on with: ${reason}`);
  return shim;
}
