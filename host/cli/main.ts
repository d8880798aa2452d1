/** The `fairlead` command: one subcommand a file, each registered by its own `register(program)`. */

import { Command, CommanderError } from "commander";
import { EXIT_BAD_INPUT, fail, topFolder, version } from "./exit.js";

/** Files beside this one, in the order of the help. */
const COMMANDS = [
  "run",
  "scenario",
  "replay",
  "simulate",
  "inspect",
  "validate",
  "shelf",
  "bundle",
  "sign",
  "trust",
  "supervise",
  "user",
  "audit",
] as const;

interface CommandFile {
  register(program: Command): void;
}

/** The program with all its subcommands, or with the one that the arguments name: others need not be loaded then. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command("fairlead")
    .description("Decides, for a storage array, who serves what.")
    .version(version(topFolder()))
    .showHelpAfterError("(see --help)")
    .addHelpText(
      "after",
      "\nExit codes: 0 ok, 1 failed, 2 wrong usage or input.\n\nExample: fairlead run --duration 20s",
    );
  program.exitOverride();
  const wanted = COMMANDS.find((name) => name === argv[2]);
  for (const name of wanted === undefined ? COMMANDS : [wanted]) {
    const file = (await import(`./${name}.js`)) as CommandFile;
    file.register(program);
  }
  for (const command of program.commands) overrideExit(command);
  return program;
}

function overrideExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExit(inner);
}

/** Runs the command line; sets `process.exitCode`. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  try {
    const program = await createProgram(argv);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
    else fail(error);
  }
}
