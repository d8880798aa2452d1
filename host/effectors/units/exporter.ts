/** Exports units of the shelf over NBD: one `qemu-nbd` a unit, which reaches the shelf by iSCSI. */

import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface ExportedUnit {
  name: string;
  /** iSCSI name of its target at the shelf. */
  target: string;
  /** TCP port on which it is exported. */
  port: number;
}

export interface ExporterOptions {
  /** `address:port` of the shelf. */
  portal: string;
  units: readonly ExportedUnit[];
  /** Until an export answers, at most. */
  timeoutMs: number;
  report: (line: string) => void;
}

interface Export {
  child: ChildProcess;
  initiator: string;
  ended: Promise<string>;
}

/** Clients of one unit at one time. */
const CLIENTS_MAX = 64;
const LUN = 1;
const LOOK_MS = 20;
const GREETING = "NBDMAGIC";

export class UnitExporter {
  private readonly exports = new Map<string, Export>();

  constructor(private readonly options: ExporterOptions) {}

  /** Units whose export runs. */
  serving(): string[] {
    return [...this.exports.keys()];
  }

  /** Resolves when the export answers. One that runs under that initiator's name stays. @throws Error */
  async start(name: string, initiator: string): Promise<void> {
    const unit = this.options.units.find((each) => each.name === name);
    if (unit === undefined) throw new Error(`no unit ${name} to export`);
    if (this.exports.get(name)?.initiator === initiator) return;
    await this.stop(name);
    const started = this.spawn(unit, initiator);
    try {
      await this.answers(unit, started);
    } catch (error) {
      await this.end(started);
      throw error;
    }
    this.exports.set(name, started);
    void started.ended.then((why) => {
      if (this.exports.get(name) !== started) return;
      this.exports.delete(name);
      this.options.report(`the export of unit ${name} has ended: ${why}`);
    });
  }

  /** Resolves when the export has ended. */
  async stop(name: string): Promise<void> {
    const running = this.exports.get(name);
    if (running === undefined) return;
    this.exports.delete(name);
    await this.end(running);
  }

  async close(): Promise<void> {
    await Promise.all(this.serving().map((name) => this.stop(name)));
  }

  private spawn(unit: ExportedUnit, initiator: string): Export {
    const image = [
      "driver=raw",
      "file.driver=iscsi",
      "file.transport=tcp",
      `file.portal=${this.options.portal}`,
      `file.target=${unit.target}`,
      `file.lun=${LUN}`,
      `file.initiator-name=${initiator}`,
    ].map((option) => option.replaceAll(",", ",,"));
    const listen = ["--bind=::", `--port=${unit.port}`, `--export-name=${unit.name}`, `--shared=${CLIENTS_MAX}`];
    // It ends with this process, however that ends: nobody would be there to stop it.
    const words = ["--pdeathsig", "KILL", "qemu-nbd", "--persistent", ...listen, "--image-opts", image.join(",")];
    const child = spawn("setpriv", words, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = text.trim().split("\n").at(-1) ?? said;
    });
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) =>
        resolve(`${signal ?? `exit code ${code}`}${said === "" ? "" : `, ${said}`}`),
      );
    });
    return { child, initiator, ended };
  }

  private async answers(unit: ExportedUnit, started: Export): Promise<void> {
    const endMs = performance.now() + this.options.timeoutMs;
    let why: string | undefined;
    void started.ended.then((text) => {
      why = text;
    });
    while (why === undefined) {
      if (await greets(unit.port)) return;
      if (performance.now() > endMs) throw new Error(`the export of unit ${unit.name} doesn't answer`);
      await delay(LOOK_MS);
    }
    throw new Error(`the export of unit ${unit.name} has ended: ${why}`);
  }

  /** By force: what a client has not been told is written, it sends again. */
  private async end(running: Export): Promise<void> {
    running.child.kill("SIGKILL");
    await running.ended;
  }
}

/** Whether an NBD server answers on a port of this machine. It only does once its image is open. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "::1" });
    socket.setTimeout(1000, () => socket.destroy());
    socket.once("data", (bytes) => {
      resolve(bytes.subarray(0, GREETING.length).toString("latin1") === GREETING);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
