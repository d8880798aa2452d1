/** `fairlead audit`: whether an audit log is as it was written. */

import type { Command } from "commander";
import { verifyChain } from "../management/access/audit.js";
import { EXIT_FAILED, guarded, print, readInput } from "./exit.js";

const HELP = `
Give the files of one log from the oldest to the newest (audit.jsonl.2 audit.jsonl.1 audit.jsonl). An end that was cut
off shows only against a head that was noted elsewhere: it is printed here, and with each answer of the audit command.

Exit codes: 0 the chain holds, 1 it is broken, 2 wrong usage or input.`;

export function register(program: Command): void {
  program
    .command("audit")
    .summary("verify the chain of hashes of an audit log")
    .description("Verifies that no entry of an audit log was changed, taken out or exchanged.")
    .argument("<file...>", "files of one log, the oldest first")
    .option("--head <hash>", "hash that the last entry must have")
    .option("--json", "print an object for programs")
    .addHelpText("after", HELP)
    .action((files: string[], words: { head?: string; json?: boolean }) => guarded(() => verify(files, words)));
}

function verify(files: readonly string[], words: { head?: string; json?: boolean }): void {
  let head: string | undefined;
  let entries = 0;
  let problem: string | undefined;
  for (const file of files) {
    const chain = verifyChain(readInput(file).toString("utf8"), head);
    entries += chain.entries;
    if (chain.entries > 0) ({ head } = chain);
    if (!chain.intact) {
      problem = `${file}: ${chain.problem}`;
      break;
    }
  }
  if (problem === undefined && words.head !== undefined && words.head !== head) {
    problem = "the last entry has another hash than --head: the end is missing, or it is another log";
  }
  const intact = problem === undefined;
  if (words.json === true) print(JSON.stringify({ intact, entries, head: head ?? null, problem: problem ?? null }));
  else print(intact ? `${entries} entries, the chain holds; head ${head ?? "none"}` : `broken: ${problem}`);
  if (!intact) process.exitCode = EXIT_FAILED;
}
