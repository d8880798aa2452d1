/** One tgtd, spoken to through `tgtadm` over its private Unix socket. */

import { type CommandQueue, failureText } from "../command.js";
import {
  parseAccess,
  parseRedirection,
  parseStatistics,
  parseTargets,
  type TgtAccess,
  type TgtStatistics,
  type TgtTarget,
} from "./parse.js";

/** Exit code where no tgtd listens on the control port: tgtadm returns errno (ENOTCONN). */
const NO_SERVER_STATUS = 107;

export type TgtFault =
  /** No tgtd on that control port: the process is gone, and its connections with it. */
  | "absent"
  /** No answer in time: a tgtd whose processor is taken answers late. */
  | "timeout"
  /** tgtd answered that it can't, or what it printed is not known. */
  | "refused";

export class TgtError extends Error {
  constructor(
    readonly fault: TgtFault,
    message: string,
    /** tgtadm's exit code. */
    readonly status: number,
  ) {
    super(message);
    this.name = "TgtError";
  }
}

/** A connection of a session, by tgt's numbers. */
export interface TgtConnection {
  tid: number;
  sid: number;
  cid: number;
}

/** All methods reject with `TgtError`, or `OutputError` for an output that is not as known. */
export class Tgtadm {
  constructor(
    private readonly queue: CommandQueue,
    /** tgtd's `--control-port`. */
    readonly controlPort: number,
    private readonly timeoutMs: number,
  ) {}

  async targets(): Promise<TgtTarget[]> {
    return parseTargets(await this.run(["--mode", "target", "--op", "show"]));
  }

  /** Who may log in to each target, and who has a connection, logged in or not yet. */
  async access(): Promise<TgtAccess[]> {
    return parseAccess(await this.run(["--mode", "target", "--op", "show"]));
  }

  /** Lets an initiator log in to a target. */
  async admit(tid: number, initiator: string): Promise<void> {
    await this.run(["--mode", "target", "--op", "bind", "--tid", `${tid}`, "--initiator-name", initiator]);
  }

  /** Lets an initiator log in no more; its connections stay. */
  async expel(tid: number, initiator: string): Promise<void> {
    await this.run(["--mode", "target", "--op", "unbind", "--tid", `${tid}`, "--initiator-name", initiator]);
  }

  /** Statistics of all sessions by `sessionKey`. */
  async statistics(): Promise<Map<string, TgtStatistics>> {
    return parseStatistics(await this.run(["--mode", "sys", "--op", "stat"]));
  }

  /** Closes a connection; tgt sends the initiator nothing before it. False: it was gone already. */
  async closeConnection(connection: TgtConnection): Promise<boolean> {
    const { tid, sid, cid } = connection;
    const place = ["--tid", `${tid}`, "--sid", `${sid}`, "--cid", `${cid}`];
    try {
      await this.run(["--mode", "conn", "--op", "delete", ...place]);
      return true;
    } catch (error) {
      if (error instanceof TgtError && /can't find the (session|connection)/.test(error.message)) return false;
      throw error;
    }
  }

  /** Answers each further login to a target with "temporarily moved" (RFC 7143, section 11.13.5), or no longer. */
  async redirect(tid: number, to: { address: string; port: string } | undefined): Promise<void> {
    const set = (name: string, value: string) =>
      this.run(["--mode", "target", "--op", "update", "--tid", `${tid}`, "--name", name, "--value", value]);
    if (to === undefined) {
      await set("RedirectAddress", "");
      return;
    }
    await set("RedirectPort", to.port);
    await set("RedirectReason", "Temporary");
    // The address last: tgt redirects as soon as it has one.
    await set("RedirectAddress", to.address);
  }

  async redirection(tid: number): Promise<{ address: string; port: string } | undefined> {
    return parseRedirection(await this.run(["--mode", "target", "--op", "show", "--tid", `${tid}`]));
  }

  private async run(args: readonly string[]): Promise<string> {
    const whole = ["--control-port", `${this.controlPort}`, "--lld", "iscsi", ...args];
    const result = await this.queue.command("tgtadm", whole, { timeoutMs: this.timeoutMs });
    // tgtadm exits with 0 also where tgtd closed the socket in the middle; it says so on its error output only.
    if (result.status === 0 && result.stderr.trim() === "") return result.stdout;
    const text = failureText(`tgtadm --control-port ${this.controlPort} ${args.slice(0, 4).join(" ")}`, result);
    if (result.timedOut) throw new TgtError("timeout", text, result.status);
    throw new TgtError(result.status === NO_SERVER_STATUS ? "absent" : "refused", text, result.status);
  }
}
