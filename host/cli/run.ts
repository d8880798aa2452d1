/** `fairlead run`: the shim drives the module against a simulated or a real array. */

import type { Command } from "commander";
import { writeSnapshot } from "../shim/snapshot.js";
import { demoText } from "../sources/simulated/demo.js";
import { guarded, print } from "./exit.js";
import type { Engine } from "./run/engine.js";
import { JsonLines } from "./run/lines.js";
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
  const made = await setUp(words, options, report);
  await new Run(made, words, options, live, notes).run();
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
    private readonly made: SetUp,
    private readonly words: RunWords,
    options: RunOptions,
    private readonly live: boolean,
    private readonly notes: readonly string[],
  ) {
    this.engine = made.engine;
    this.pace = new Pace(options);
    this.output = new Output(process.stdout, () => this.pace.stop());
  }

  async run(): Promise<void> {
    const stop = () => this.stop("signal");
    process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
    try {
      this.engine.listen(this.statistics);
      if (this.live) await this.runLive();
      else await this.runLines();
    } finally {
      process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGHUP", stop);
      await this.engine.close();
      this.made.recorder?.close();
    }
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
    const view = new View(this.engine, this.made.array, this.notes, () => this.stop("quit"));
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
    for (const note of this.notes) process.stderr.write(`${note}\n`);
  }

  private step(hostMs: number): void {
    this.engine.step(hostMs);
    if (this.words.snapshot === undefined || this.engine.elapsedMs < this.snapshotDueMs) return;
    this.snapshotDueMs = this.engine.elapsedMs + SNAPSHOT_EVERY_MS;
    writeSnapshot(this.words.snapshot, this.engine.shim, Date.now());
  }

  private finish() {
    if (this.words.snapshot !== undefined) writeSnapshot(this.words.snapshot, this.engine.shim, Date.now());
    return this.statistics.summary(this.engine, this.ended);
  }
}
