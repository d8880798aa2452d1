/**
 * Every command of the management interface. Both servers, the OpenAPI description and the tests that try each command
 * on each server in each role follow from this table; nothing is said of a command anywhere else.
 */

import { arrayCommands } from "./array.js";
import { type Command, matchPath } from "./command.js";
import { auditCommands, bundleCommands, configurationCommands, operationCommands } from "./operations.js";
import { peerCommands, processorCommands } from "./processors.js";
import { sessionCommands } from "./session.js";

export const commands: readonly Command[] = [
  ...sessionCommands,
  ...processorCommands,
  ...arrayCommands,
  ...operationCommands,
  ...configurationCommands,
  ...bundleCommands,
  ...auditCommands,
  ...peerCommands,
];

/** Largest body of a command that says nothing else, in bytes. */
export const BODY_BYTES_MAX = 16 * 1024;

export interface Found {
  command: Command;
  parameters: Record<string, string>;
}

/** The command of a method and a path; the methods that the path has where it is another; undefined for no such path. */
export function findCommand(method: string, path: string): Found | { allowed: string[] } | undefined {
  const allowed: string[] = [];
  for (const command of commands) {
    const parameters = matchPath(command.path, path);
    if (parameters === undefined) continue;
    if (command.method === method) return { command, parameters };
    allowed.push(command.method);
  }
  return allowed.length === 0 ? undefined : { allowed };
}

export function commandNamed(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new RangeError(`no command ${name}`);
  return command;
}
