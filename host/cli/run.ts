/** `fairlead run`: the shim drives the module against a simulated or a real array. */

import type { Command } from "commander";
import { writeSnapshot } from "../shim/snapshot.js";
import { demoText } from "../sources/simulated/demo.js";
import { guarded, print } from "./exit.js";
import type { Engine } from "./run/engine.js";
import { JsonLines } from "./run/lines.js";
import type { EngineArray } from "../management/array/engine-array.js";
import { commandedArray, type Managed, startManaged } from "./run/managed.js";
import { parseRunOptions, type RunOptions, type RunWords } from "./run/options.js";
import { Output } from "./run/output.js";
import { Pace } from "./run/pace.js";
import { type SetUp, setUp } from "./run/set-up.js";
import { type RunEnd, Statistics } from "./run/statistics.js";
import { summaryText } from "./run/wording.js";
import { View } from "./view/view.js";

/** Between two writings of the snapshot, in milliseconds of the run. */
const SNAPSHOT_EVERY_MS = 5000;

const HELP = `
Without --config it runs the embedded simulated array: 8 ports, 24 targets, 200 sessions; one port is driven into
overload after three seconds. On a terminal it shows a live view, otherwise one JSON line per decision and a last one
with the summary.

Examples:
  fairlead run
  fairlead run --duration 20s --json --events | jq -c .
  fairlead run --duration 5min --speed max --seed 7      a simulated array, as fast as the machine can
  fairlead run --print-config > array.yaml               an array file to begin with
  fairlead run --config array.yaml --controller a --snapshot /var/lib/fairlead/a.snapshot
  fairlead run --page                                    and open the address that it prints in a browser

Exit codes: 0 ended by its duration, by q or by a signal, 1 failed, 2 wrong usage or input.`;

export function register(program: Command): void {
  program
    .command("run")
    .summary("run the module against an array: the embedded simulated one, or a described one")
    .description("Runs the module against an array and shows what it decides.")
    .option("--config <file>", "array file; its section `sources` says what the array really is")
    .option("--print-config", "print the embedded array's file and end")
    .option("--module <file>", "module to run (default: the built one of the array's profile)")
    .option("--shared", "run the build for shared memory")
    .option("--bundle <directory>", "run the module of this signed bundle")
    .option("--slots <directory>", "run what the slots say: the active bundle, or one on trial (fairlead slots)")
    .option("--trust <file>", "trust store that the bundle or the slots are verified by")
    .option(
      "--confirm-after <time>",
      "confirm a trial by itself after this time without a trap (default: an operator does)",
    )
    .option("--unsigned-development-module", "run a module without a signature on a real array of one controller")
    .option("--controller <name>", "controller of the array that this process is (default: the first)")
    .option("--duration <time>", "end after this time, such as 20s or 5min (default: never)")
    .option("--json", "JSON lines also on a terminal")
    .option("--events", "JSON lines of events too: logins, overload and relief, moves, links, the server")
    .option("--record <file>", "record every input and decision, for `fairlead replay`")
    .option("--snapshot <file>", "go on with what an earlier run kept, and keep it")
    .option("--snapshot-age <time>", "older snapshots are not gone on with", "10min")
    .option("--seed <number>", "seed of the simulated array")
    .option("--speed <factor>", "pace of a simulated array: a factor, or max for no waiting", "1")
    .option("--tick <time>", "time between ticks", "100ms")
    .option("--page [address]", "serve the page on loopback (default: 127.0.0.1:8420) and print its address")
    .option("--management <file>", "serve management as this file says: addresses, keys, users, other processors")
    .addHelpText("after", HELP)
    .action((words: RunWords) => guarded(() => run(words)));
}

async function run(words: RunWords): Promise<void> {
  if (words.printConfig === true) {
    print(demoText.trimEnd());
    return;
  }
  const options = parseRunOptions(words);
  const live = process.stdout.isTTY && words.json !== true;
  const notes: string[] = [];
  const report = (line: string) => {
    if (live) notes.push(line);
    else process.stderr.write(`${line}\n`);
  };
  for (let attempt = 1; ; attempt++) {
    const record = attempt === 1 || words.record === undefined ? {} : { record: `${words.record}.${attempt}` };
    const made = await setUp({ ...words, ...record }, options, report);
    const array = commandedArray(made, words, report);
    const managed = await startManaged(made, words, array, report).catch(async (error: unknown) => {
      // Without it the lease and all that hangs on it would stay, with nobody to tick.
      made.revisions?.close();
      await made.engine.close();
      made.recorder?.close();
      throw error;
    });
    const ended = await new Run({ made, array, managed, notes }, words, options, live).run();
    if (ended !== "returned") return;
    report("module: the trial failed, the old module is put back in service");
  }
}

interface RunParts {
  made: SetUp;
  array: EngineArray;
  managed: Managed | undefined;
  /** Lines for the operator that the view shows. */
  notes: readonly string[];
}

/** One run from its first tick to its summary. */
class Run {
  private readonly engine: Engine;
  private readonly statistics = new Statistics();
  private readonly pace: Pace;
  private readonly output: Output;
  private ended: RunEnd = "duration";
  private snapshotDueMs = SNAPSHOT_EVERY_MS;

  constructor(
    private readonly parts: RunParts,
    private readonly words: RunWords,
    private readonly options: RunOptions,
    private readonly live: boolean,
  ) {
    const { made } = parts;
    this.engine = made.engine;
    this.pace = new Pace(options);
    this.output = new Output(process.stdout, () => this.pace.stop());
    made.waker.wake = () => this.pace.soon();
  }

  async run(): Promise<RunEnd> {
    const stop = () => this.stop("signal");
    process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
    try {
      this.engine.listen(this.statistics);
      if (this.live) await this.runLive();
      else await this.runLines();
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGHUP", stop);
      await this.parts.managed?.close();
      this.parts.made.revisions?.close();
      await this.engine.close();
      this.parts.made.recorder?.close();
    }
    return this.ended;
  }

  private stop(why: RunEnd): void {
    this.ended = why;
    this.pace.stop();
  }

  private async runLines(): Promise<void> {
    const lines = new JsonLines(this.output.write, this.words.events === true);
    this.engine.listen(lines);
    await this.pace.run((hostMs) => this.step(hostMs));
    lines.summary(this.finish());
  }

  private async runLive(): Promise<void> {
    const { made, array, notes } = this.parts;
    const view = new View(this.engine, made.array, notes, {
      quit: () => this.stop("quit"),
      maintain: (port, maintenance) => array.perform({ kind: "port-maintenance", port, maintenance }, undefined),
    });
    view.open();
    try {
      await this.pace.run((hostMs) => {
        this.step(hostMs);
        view.refresh();
      });
    } finally {
      view.close();
    }
    this.output.write(summaryText(this.finish(), process.stdout.columns));
    for (const note of notes) process.stderr.write(`${note}\n`);
  }

  private step(hostMs: number): void {
    if (!this.stepTrial(hostMs)) return;
    this.parts.array.afterTick();
    this.parts.managed?.afterTick();
    if (this.words.snapshot === undefined || this.engine.elapsedMs < this.snapshotDueMs) return;
    this.snapshotDueMs = this.engine.elapsedMs + SNAPSHOT_EVERY_MS;
    writeSnapshot(this.words.snapshot, this.engine.shim, Date.now());
  }

  /** One tick; false when a trial ended with it and the old module is to be started. */
  private stepTrial(hostMs: number): boolean {
    const { watch } = this.parts.made.module;
    try {
      this.engine.step(hostMs);
    } catch (error) {
      if (watch?.trapped() !== true) throw error;
      this.stop("returned");
      return false;
    }
    if (this.engine.elapsedMs >= this.options.confirmAfterMs) watch?.confirm();
    else if (watch?.expired(performance.now()) === true) this.stop("returned");
    return this.ended !== "returned";
  }

  private finish() {
    if (this.words.snapshot !== undefined) writeSnapshot(this.words.snapshot, this.engine.shim, Date.now());
    return this.statistics.summary(this.engine, this.ended);
  }
}
