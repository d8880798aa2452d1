/** What an end-to-end run needs of the machine. */

import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

export interface Requirements {
  /** Name of the npm script. */
  run: string;
  /** What it does that needs Linux and root. */
  does: string;
  /** Debian package of each command. */
  commands: Readonly<Record<string, string>>;
  /** Debian package of each file. */
  files: Readonly<Record<string, string>>;
}

function isInPath(name: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingOf({ run, does, commands, files }: Requirements): string | undefined {
  if (process.platform !== "linux") return `${run} needs Linux: it ${does}`;
  const absent = [
    ...Object.entries(commands).filter(([name]) => !isInPath(name)),
    ...Object.entries(files).filter(([file]) => !existsSync(file)),
  ];
  const names = [...new Set(absent.map(([, from]) => from))].join(" ");
  if (names !== "") {
    return `${run} lacks Debian packages: ${names} (get them with: apt-get update && apt-get install -y ${names})`;
  }
  return process.getuid?.() === 0 ? undefined : `${run} needs root: it ${does}`;
}
