/** How an end-to-end run begins and ends: its words, what it needs of the machine, exit codes, cleaning up. */

import { Undo } from "./undo.js";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

export interface EndToEnd<Options> {
  /** Name of the npm script. */
  name: string;
  usage: string;
  /** Undefined where a word is not known. */
  readOptions(words: readonly string[]): Options | undefined;
  /** One line that says what is missing of the machine; undefined where nothing is. */
  missing(): string | undefined;
  /** @returns how many checks failed */
  run(options: Options, undo: Undo): Promise<number>;
}

/** A line for whoever looks on. */
export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** @returns the exit code: 0 where all was shown, 1 where something was not, 2 for words and machines that don't do */
export async function runToEnd<Options>(words: readonly string[], end: EndToEnd<Options>): Promise<number> {
  if (words.includes("--help")) {
    tell(end.usage);
    return 0;
  }
  const options = end.readOptions(words);
  const trouble = options === undefined ? `${end.name}: ${words.join(" ")}?\n${end.usage}` : end.missing();
  if (options === undefined || trouble !== undefined) {
    process.stderr.write(`${trouble}\n`);
    return EXIT_USAGE;
  }
  const undo = new Undo();
  const interrupt = () => {
    tell("interrupted: cleaning up");
    undo.run(tell);
    process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  try {
    return (await end.run(options, undo)) === 0 ? 0 : EXIT_FAILED;
  } catch (error) {
    tell(`FAIL ${(error as Error).message}`);
    return EXIT_FAILED;
  } finally {
    undo.run(tell);
  }
}
