/** A tgtd behind `tgtadm`'s command line, as version 1.0.85 prints and answers. */

import type { CommandResult, CommandRunner } from "../../../host/sources/command.js";

interface FakeSession {
  tid: number;
  sid: number;
  initiator: string;
  operations: number;
  bytes: number;
}

export interface Work {
  operations: number;
  bytes: number;
}

const HEADER = "tgt lun sid rd_subm(bytes,cmds) rd_done(bytes,cmds) wr_subm(bytes,cmds) wr_done(bytes,cmds) errs\n";
const DONE: CommandResult = { status: 0, stdout: "", stderr: "", timedOut: false };

export class FakeTgt {
  fault: "none" | "timeout" | "absent" = "none";
  /** Connections that are told to close and don't. */
  deaf = false;
  /** By target number. */
  readonly redirections = new Map<number, Record<string, string>>();
  private sessions: FakeSession[] = [];
  private nextSid = 1;

  constructor(private readonly targets: readonly string[]) {}

  readonly run: CommandRunner = async (file, args) => {
    if (file !== "tgtadm") throw new Error(`unexpected command ${file}`);
    if (this.fault === "timeout") return { ...DONE, status: -1, timedOut: true };
    if (this.fault === "absent") return { ...DONE, status: 107, stderr: "Transport endpoint is not connected" };
    const word = (name: string) => args[args.indexOf(`--${name}`) + 1] as string;
    switch (`${word("mode")} ${word("op")}`) {
      case "sys stat":
        return { ...DONE, stdout: HEADER + this.sessions.map(statisticsLine).join("") };
      case "target show":
        return { ...DONE, stdout: args.includes("--tid") ? this.show(Number(word("tid"))) : this.showAll() };
      case "target update":
        return this.update(Number(word("tid")), word("name"), word("value"));
      case "conn delete":
        return this.close(Number(word("tid")), Number(word("sid")));
      default:
        throw new Error(`unexpected command ${args.join(" ")}`);
    }
  };

  login(tid: number, initiator: string, before: Work = { operations: 0, bytes: 0 }): void {
    this.sessions.push({ tid, sid: this.nextSid++, initiator, ...before });
  }

  logout(tid: number, initiator: string): void {
    this.sessions = this.sessions.filter((session) => session.tid !== tid || session.initiator !== initiator);
  }

  work(tid: number, initiator: string, more: Work): void {
    for (const session of this.sessions) {
      if (session.tid !== tid || session.initiator !== initiator) continue;
      session.operations += more.operations;
      session.bytes += more.bytes;
    }
  }

  /** All sessions end, and numbers begin anew. */
  restart(): void {
    this.sessions = [];
    this.nextSid = 1;
  }

  private close(tid: number, sid: number): CommandResult {
    const there = this.sessions.some((session) => session.tid === tid && session.sid === sid);
    if (!there) return { ...DONE, status: 22, stderr: "tgtadm: can't find the session" };
    if (!this.deaf) this.sessions = this.sessions.filter((session) => session.tid !== tid || session.sid !== sid);
    return DONE;
  }

  private update(tid: number, name: string, value: string): CommandResult {
    const redirection = this.redirections.get(tid) ?? {};
    if (name === "RedirectAddress" && value === "") this.redirections.delete(tid);
    else this.redirections.set(tid, { ...redirection, [name]: value });
    return DONE;
  }

  private show(tid: number): string {
    const redirection = Object.entries(this.redirections.get(tid) ?? {});
    return redirection.length === 0 ? "nop_interval=0\n" : redirection.map((pair) => `${pair.join("=")}\n`).join("");
  }

  private showAll(): string {
    return this.targets
      .map((name, index) => {
        const tid = index + 1;
        const own = this.sessions.filter((session) => session.tid === tid);
        const nexuses = own.map(
          ({ sid, initiator }) =>
            `        I_T nexus: ${sid}\n            Initiator: ${initiator} alias: none\n` +
            "            Connection: 0\n                IP Address: 10.0.0.9\n",
        );
        const head = `Target ${tid}: ${name}\n    System information:\n        Driver: iscsi\n        State: ready\n`;
        return `${head}    I_T nexus information:\n${nexuses.join("")}    LUN information:\n        LUN: 0\n`;
      })
      .join("");
  }
}

function statisticsLine({ tid, sid, operations, bytes }: FakeSession): string {
  return `  ${tid}   1   ${sid} ${bytes} ${operations} ${bytes} ${operations} 0 0 0 0 0\n`;
}
