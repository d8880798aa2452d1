/** What the page talks to: `fairlead run --page`, and a supervised processor with its restricted server. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { freePort } from "../../free-ports.js";

const entry = join(topFolder(), "host/cli/fairlead.js");
const START_MS = 60_000;
export const USER = "olivia";
export const PASSWORD = "a horse and a battery";

export interface Service {
  /** Address to open. */
  url: string;
  /** Process id of the service itself. */
  serviceId(): number;
  log: string[];
  close(): Promise<void>;
}

function start(args: readonly string[], log: string[]): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.push(...text.split("\n").filter(Boolean)));
  return child;
}

async function line(child: ChildProcess, log: readonly string[], pattern: RegExp): Promise<RegExpExecArray> {
  for (const untilMs = Date.now() + START_MS; Date.now() < untilMs; ) {
    for (const each of log) {
      const match = pattern.exec(each);
      if (match !== null) return match;
    }
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no line like ${pattern}:\n${log.join("\n")}`);
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

/** The embedded array, as `npm start` runs it. */
export async function startEmbedded(port: number): Promise<Service> {
  const log: string[] = [];
  const child = start(["run", "--page", `127.0.0.1:${port}`], log);
  const [, url = ""] = await line(child, log, /^page: open (\S+)$/);
  const close = async () => {
    child.kill("SIGCONT");
    await ended(child, "SIGTERM");
  };
  return { url, serviceId: () => child.pid ?? 0, log, close };
}

/** A processor under its supervisor, with users. */
export async function startSupervised(): Promise<Service & { port: number }> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-page-"));
  const fairlead = (args: string[], input = "") =>
    execFileSync(process.execPath, [entry, ...args], { input, cwd: folder });
  fairlead(["user", "key", "token.key"]);
  fairlead(["user", "set", USER, "--role", "administrator", "--users", "users.json"], `${PASSWORD}\n`);
  const [port, restricted] = [await freePort(), await freePort()];
  const file = join(folder, "management.yaml");
  const addresses = `listen: 127.0.0.1:${port}\nrestricted: 127.0.0.1:${restricted}\n`;
  writeFileSync(file, `${addresses}users: users.json\ntokenKey: token.key\naudit: audit.jsonl\nfolder: .\n`);
  const log: string[] = [];
  const child = start(["supervise", "--management", file, "--controller", "controller"], log);
  await line(child, log, /^management: http/);
  const serviceId = () => {
    const children = execFileSync("pgrep", ["-P", String(child.pid), "-f", "fairlead.js run"], { encoding: "utf8" });
    return Number(children.trim().split("\n")[0]);
  };
  const close = async () => {
    await ended(child, "SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}/`, serviceId, log, port, close };
}
