/** `fairlead shelf`: the agent beside the target server that has the blocks of all units. */

import { isDeepStrictEqual } from "node:util";
import type { Command } from "commander";
import { type ArrayDescription, parseArray } from "../array/description.js";
import { TcpLink } from "../coordination/commands/tcp-link.js";
import { DurableFile } from "../coordination/durable.js";
import { type Endpoint, parseEndpoint } from "../coordination/endpoint.js";
import { coordinationSection } from "../coordination/section.js";
import { deriveKey, KeyFileError, readKeyFile } from "../coordination/status/key-file.js";
import { SHELF } from "../effectors/hosting.js";
import { type ShelfSection, shelfSection } from "../effectors/units/section.js";
import { ShelfAgent } from "../effectors/units/shelf/agent.js";
import { serveShelf } from "../effectors/units/shelf/service.js";
import { TgtShelf } from "../effectors/units/shelf/tgt-shelf.js";
import { CommandQueue, runCommand } from "../sources/command.js";
import { Repeat } from "../sources/repeat.js";
import { Tgtadm } from "../sources/tgt/tgtadm.js";
import { guarded, InputError, readInput, UsageError } from "./exit.js";

const HELP = `
Runs where the shelf's tgtd runs, as root. Admits to each unit the server that the controllers say, one at a
time, and nobody whose epoch is lower than the highest it has seen. The array file says where (sources.shelf).

Example:
  fairlead shelf --config array.yaml

SIGHUP: reads the array file again, for controllers that have come or gone. All else of it is read at the start only.
Ends with SIGTERM or SIGINT. Exit codes: 0 ended, 1 failed, 2 wrong usage or input.`;

/** Between two looks whether tgtd still admits whom it should. */
const INSPECT_MS = 1000;

export function register(program: Command): void {
  program
    .command("shelf")
    .summary("admit one server a unit at the shelf")
    .description("The agent of the shelf that has the units' blocks.")
    .requiredOption("--config <file>", "the array file, the same as the controllers'")
    .addHelpText("after", HELP)
    .action((options: { config: string }) => guarded(() => serve(options.config)));
}

async function serve(file: string): Promise<void> {
  const array = readArray(file);
  const section = shelfSection(array);
  if (section === undefined) throw new UsageError(`${file}: no section sources.shelf`);
  const report = (line: string) => process.stderr.write(`shelf: ${line}\n`);
  const agent = agentOf(section);
  const link = new TcpLink({
    self: SHELF,
    listen: parseEndpoint(section.command),
    peers: commandEndpoints(array),
    key: keyOf(array, file),
    report,
  });
  await agent.load();
  serveShelf(agent, link, report);
  await link.open();
  const inspection = new Repeat(() => inspect(agent, report), { intervalMs: INSPECT_MS });
  inspection.start();
  report(`takes commands on ${section.command} for ${Object.keys(section.units).join(", ")}`);
  const readAgain = () => follow(file, section, link, report);
  process.on("SIGHUP", readAgain);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  process.off("SIGHUP", readAgain);
  await inspection.close();
  await link.close();
}

function readArray(file: string): ArrayDescription {
  const { array, problems } = parseArray(readInput(file).toString("utf8"), file);
  if (array === undefined || problems.length > 0) throw new InputError(problems);
  return array;
}

/** Controllers of the file as it is now; those of before stay in force where it is wrong. */
function follow(file: string, section: ShelfSection, link: TcpLink, report: (line: string) => void): void {
  try {
    const array = readArray(file);
    const endpoints = commandEndpoints(array);
    link.follow(endpoints);
    report(`takes commands of ${[...endpoints.keys()].join(", ")}`);
    const isSame = isDeepStrictEqual(shelfSection(array), section);
    if (!isSame) report(`${file}: sources.shelf is another one: it counts from the next start on`);
  } catch (error) {
    report(`${(error as Error).message}; the controllers of before stay`);
  }
}

/** A target server that isn't there is waited for, and told of once. */
async function inspect(agent: ShelfAgent, report: (line: string) => void): Promise<void> {
  let trouble = "";
  try {
    await agent.inspect();
  } catch (error) {
    trouble = (error as Error).message;
  }
  if (trouble !== "" && trouble !== lastTrouble) report(`${trouble}; looking again each second`);
  lastTrouble = trouble;
}

let lastTrouble = "";

function agentOf(section: ShelfSection): ShelfAgent {
  const tgtadm = new Tgtadm(new CommandQueue(runCommand, 1), section.controlPort, section.timeoutMs);
  const names = Object.keys(section.units);
  const targets = new Map(Object.entries(section.units).map(([name, { target }]) => [name, target]));
  const shelf = new TgtShelf(tgtadm, { targets, timeoutMs: section.timeoutMs });
  return new ShelfAgent(names, shelf, new DurableFile(section.record));
}

/** Who may ask: all controllers. */
function commandEndpoints(array: ArrayDescription): Map<string, Endpoint> {
  const endpoints = array.controllers.map(({ name, command }) => [name, parseEndpoint(command ?? "")] as const);
  return new Map(endpoints.filter((each): each is [string, Endpoint] => each[1] !== undefined));
}

function keyOf(array: ArrayDescription, file: string): Uint8Array {
  const keyFile = coordinationSection(array)?.keyFile;
  if (keyFile === undefined) throw new UsageError(`${file}: coordination.keyFile names no key to know controllers by`);
  try {
    return deriveKey(readKeyFile(keyFile), array.name, "command");
  } catch (error) {
    throw error instanceof KeyFileError ? new UsageError(error.message) : error;
  }
}
