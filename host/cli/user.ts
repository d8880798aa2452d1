/** `fairlead user`: who may log in to the management interface, and the key of the tokens. */

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Command } from "commander";
import { UnsafeFile } from "../management/access/safe-file.js";
import { makeTokenKey, readTokenKeys, Tokens } from "../management/access/tokens.js";
import { UserError, UserFile } from "../management/access/users.js";
import { ROLES, type Role } from "../management/commands/command.js";
import { guarded, print, UsageError } from "./exit.js";

const DAY_MS = 86_400_000;
const DAYS_MAX = 3650;

const HELP = `
Passwords are asked for, or read as the first line of standard input; there is none by default. Roles: ${ROLES.join(", ")}.

Examples:
  fairlead user key token.key                                make the key that all processors of the array share
  fairlead user set alice --role operator --users users.json
  fairlead user list --users users.json
  fairlead user token prometheus --key token.key --days 90   a token for a program that only reads

Exit codes: 0 ok, 2 wrong usage or input.`;

export function register(program: Command): void {
  const user = program
    .command("user")
    .summary("who may log in to the management interface")
    .description("Keeps the file of users, and the key of the tokens.")
    .addHelpText("after", HELP);
  user
    .command("set")
    .description("Add a user, or give one another password and role.")
    .argument("<name>")
    .requiredOption("--users <file>", "file of users; made when it is not there")
    .option("--role <role>", ROLES.join(", "), "monitor")
    .action((name: string, words: { users: string; role: string }) => told(() => set(name, words)));
  user
    .command("remove")
    .description("Take a user out; its sessions end at once.")
    .argument("<name>")
    .requiredOption("--users <file>", "file of users")
    .action((name: string, words: { users: string }) =>
      told(() => {
        if (!new UserFile(words.users).remove(name)) throw new UsageError(`no user ${name} in ${words.users}`);
        print(`removed ${name}`);
      }),
    );
  user
    .command("list")
    .description("Names and roles.")
    .requiredOption("--users <file>", "file of users")
    .action((words: { users: string }) =>
      told(() => {
        for (const each of new UserFile(words.users).list()) print(`${each.name}\t${each.role}`);
      }),
    );
  registerKeys(user);
}

function registerKeys(user: Command): void {
  user
    .command("key")
    .description("Make the key of the tokens; an earlier one is accepted further on.")
    .argument("<file>")
    .action((file: string) =>
      told(() => {
        makeTokenKey(file);
        print(`made ${file}; all processors of the array need the same file`);
      }),
    );
  user
    .command("token")
    .description("Print a token for a program, such as one that reads metrics.")
    .argument("<name>", "small letters, digits, . _ -")
    .requiredOption("--key <file>", "key of the tokens")
    .option("--role <role>", ROLES.join(", "), "monitor")
    .option("--days <number>", `1 to ${DAYS_MAX}`, "90")
    .action((name: string, words: { key: string; role: string; days: string }) => told(() => token(name, words)));
}

async function told(work: () => void | Promise<void>): Promise<void> {
  await guarded(async () => {
    try {
      await work();
    } catch (error) {
      if (error instanceof UserError || error instanceof UnsafeFile) throw new UsageError(error.message);
      throw error;
    }
  });
}

function roleOf(word: string): Role {
  const role = ROLES.find((each) => each === word);
  if (role === undefined) throw new UsageError(`--role ${word}: ${ROLES.join(", ")}`);
  return role;
}

async function set(name: string, words: { users: string; role: string }): Promise<void> {
  const role = roleOf(words.role);
  const users = new UserFile(words.users);
  await users.set(name, role, await readPassword(name));
  print(`${name} is ${role}`);
}

function token(name: string, words: { key: string; role: string; days: string }): void {
  if (!/^[a-z][a-z0-9._-]{0,31}$/.test(name))
    throw new UsageError(`${name}: small letters, digits, . _ -, a letter first`);
  const days = Number(words.days);
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX)
    throw new UsageError(`--days ${words.days}: 1 to ${DAYS_MAX}`);
  const tokens = new Tokens(readTokenKeys(words.key));
  print(tokens.issue(`token:${name}`, roleOf(words.role), days * DAY_MS).token);
}

/** Asked for twice on a terminal, without showing it; else the first line of standard input. */
async function readPassword(name: string): Promise<string> {
  if (!process.stdin.isTTY) {
    for await (const line of createInterface({ input: process.stdin })) return line;
    throw new UsageError("no password: give it as the first line of standard input, or run it on a terminal");
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    process.stderr.write(`password of ${name}: `);
    const first = await terminal.question("");
    process.stderr.write("\nonce more: ");
    const second = await terminal.question("");
    process.stderr.write("\n");
    if (first !== second) throw new UsageError("the two are not the same");
    return first;
  } finally {
    terminal.close();
  }
}
