/** An iSNS server, spoken to through `isnsadm`: over its Unix socket where it runs here, over TCP elsewhere. */

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, type CommandQueue, failureText } from "../command.js";
import { parsePortalGroups, type PortalGroup } from "./parse.js";

export interface IsnsServer {
  /** Path of isnsd's control socket; its owner alone may write to it. Either this or `address`. */
  socket?: string;
  /** `host` or `host:port` of the server. */
  address?: string;
  /** Name under which the server knows the client: the array's, one for all its controllers. */
  sourceName: string;
  /** A configuration of isnsadm to use instead, such as one with keys; `address` and `sourceName` are then unused. */
  configuration?: string;
}

export type IsnsFault = "timeout" | "refused" | "unreachable";

export class IsnsError extends Error {
  constructor(
    readonly fault: IsnsFault,
    message: string,
  ) {
    super(message);
    this.name = "IsnsError";
  }
}

/** A portal of a target with its portal group tag, 0 for NULL. */
export interface TaggedPortal {
  /** `address:port`. */
  portal: string;
  tag: number;
}

/** All methods reject with `IsnsError`, or `OutputError` for an output that is not as known. */
export class Isnsadm {
  private readonly options: readonly string[];
  private readonly commandOptions: CommandOptions;
  private readonly descriptor: number;

  constructor(
    private readonly queue: CommandQueue,
    server: IsnsServer,
    timeoutMs: number,
  ) {
    const local = server.socket === undefined ? [] : ["--local"];
    this.options = ["--config", server.configuration ?? "/dev/stdin", ...local];
    this.descriptor = server.configuration === undefined ? namelessFile(configurationText(server, timeoutMs)) : -1;
    this.commandOptions = this.descriptor < 0 ? { timeoutMs } : { timeoutMs, inputDescriptor: this.descriptor };
  }

  /**
   * Portal groups that the server lists, in its order; of one target, or of all. The listing asks for one object
   * after another (GetNext): a single query of all doesn't fit the 8 KiB message of open-isns beyond some 60 of them.
   */
  async portalGroups(target?: string): Promise<PortalGroup[]> {
    const key = target === undefined ? [] : [`pg-name=${target}`];
    return parsePortalGroups(await this.run(["--list", "portal-groups", ...key]));
  }

  /**
   * Registers a target with portals and their tags, in one message, as members of an entity (RFC 4171, section
   * 5.6.5.1), never replacing what else the entity has. Each portal stands once: open-isns 0.101 makes two objects of
   * a portal that one message names twice and that it doesn't know yet. For the same reason a message is for one
   * target. A tag of 0 given with a new target keeps the pair from ever being listed; without it the server would
   * make the pair up with tag 1.
   */
  async register(entity: string, target: string, portals: readonly TaggedPortal[]): Promise<void> {
    const objects = portals.flatMap((each) => [`portal=${each.portal}`, `pg,pgt=${each.tag}`]);
    await this.run(["--register", `entity=${entity}`, `target=${target}`, ...objects]);
  }

  /** Nothing may be asked any more. */
  close(): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
  }

  private async run(args: readonly string[]): Promise<string> {
    const result = await this.queue.command("isnsadm", [...this.options, ...args], this.commandOptions);
    if (result.status === 0) return result.stdout;
    const text = failureText(`isnsadm ${args.slice(0, 2).join(" ")}`, result);
    if (result.timedOut) throw new IsnsError("timeout", text);
    const refused = /Failed to register object\(s\): (?!Internal error|No such)/.test(result.stderr);
    throw new IsnsError(refused ? "refused" : "unreachable", text);
  }
}

/**
 * An open file without a name, so that nothing is left behind whatever becomes of this process. isnsadm opens its
 * configuration by a path, and `/dev/stdin` is one; a pipe would not do, since what Node.js calls so is a socket.
 */
function namelessFile(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-isns-"));
  try {
    const file = join(folder, "isnsadm.conf");
    writeFileSync(file, text, { mode: 0o600 });
    return openSync(file, "r");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Times in whole seconds; isnsadm's own limit is a little behind the command's, which ends it. */
function configurationText(server: IsnsServer, timeoutMs: number): string {
  const lines = [`SourceName = ${server.sourceName}`, "Security = 0"];
  if (server.address !== undefined) lines.push(`ServerAddress = ${server.address}`);
  if (server.socket !== undefined) lines.push(`ControlSocket = ${server.socket}`);
  const seconds = Math.ceil(timeoutMs / 1000) + 1;
  lines.push(`Network.CallTimeout = ${seconds}`, `Network.ConnectTimeout = ${seconds}`);
  // The default of 10 seconds outlasts the restart of a server by far.
  lines.push("Network.ReconnectTimeout = 1");
  return `${lines.join("\n")}\n`;
}
