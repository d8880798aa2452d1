/** `fairlead supervise`: the service of one processor and its restricted server, each started again when it ends. */

import type { Command } from "commander";
import { readManagementFile } from "../management/run/settings.js";
import { Supervisor } from "../management/restricted/supervisor.js";
import { guarded, topFolder, UsageError, version } from "./exit.js";

const HELP = `
What stands behind \`--\` is given to \`fairlead run\`; \`--management\` and \`--controller\` are added by themselves.

Example:
  fairlead supervise --management a.management.yaml --controller a -- --config array.yaml

Exit codes: 0 ended by a signal, 2 wrong usage or input.`;

export function register(program: Command): void {
  program
    .command("supervise")
    .summary("run the service of a processor and its restricted web server, and start again what ends")
    .description("Runs `fairlead run` and the restricted web server, each in a process of its own.")
    .requiredOption("--management <file>", "where the servers listen, keys, users, other processors")
    .requiredOption("--controller <name>", "controller of the array that this processor is")
    .argument("[run...]", "options of `fairlead run`, behind --")
    .addHelpText("after", HELP)
    .action((run: string[], words: { management: string; controller: string }) => guarded(() => supervise(words, run)));
}

async function supervise(words: { management: string; controller: string }, run: readonly string[]): Promise<void> {
  const settings = readManagementFile(words.management);
  if (run.some((word) => word === "--page" || word === "--management" || word === "--controller")) {
    throw new UsageError("--page, --management and --controller are not for the part behind --");
  }
  const program = process.execPath;
  const entry = `${topFolder()}/host/cli/fairlead.js`;
  const supervisor = new Supervisor({
    settings,
    own: words.controller,
    version: version(topFolder()),
    command: [program, entry, "run", ...run, "--management", words.management, "--controller", words.controller],
    report: (line) => process.stderr.write(`${line}\n`),
  });
  supervisor.start();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  await supervisor.close();
}
