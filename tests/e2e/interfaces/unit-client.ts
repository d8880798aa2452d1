/**
 * The client of the units, a process in the client's namespace: `node unit-client.js PLAN`, the plan as JSON. A worker a
 * unit writes and reads its blocks through one address after another, and goes on elsewhere when an answer doesn't come. It
 * tells what it did each half second; at `stop` on its input it reads everything back and ends.
 */

import { setTimeout as delay } from "node:timers/promises";
import { NbdConnection } from "./nbd.js";
import { BLOCK_BYTES, BLOCKS, BlockBook, blockOf, versionOf } from "./unit-content.js";

export interface UnitClientPlan {
  addresses: string[];
  units: { name: string; number: number; port: number }[];
}

export interface UnitReport {
  unit: string;
  writes: number;
  reads: number;
  /** Connections that ended without being asked to. */
  breaks: number;
  /** Address in use; "": none answers. */
  address: string;
  /** When the latest answer came: microseconds of CLOCK_MONOTONIC. */
  answeredUs: number;
  /** The longest time between two answers since the report before, in microseconds. */
  silenceUs: number;
  /** Blocks that were not as written. */
  wrong: string[];
  /** Addresses through which it was served so far. */
  through: string[];
}

const ANSWER_TIMEOUT_MS = 1000;
/** Through one address, before the next is taken. */
const TURN_MS = 700;
const PAUSE_MS = 20;
const RETRY_MS = 50;
const REPORT_MS = 500;
const READ_BACK_ATTEMPTS = 200;

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

class Worker {
  readonly report: UnitReport;
  private readonly book = new BlockBook();
  private stopping = false;
  private step = 0;

  constructor(
    private readonly unit: UnitClientPlan["units"][number],
    private readonly addresses: readonly string[],
    private turn: number,
  ) {
    const { name } = unit;
    const counts = { writes: 0, reads: 0, breaks: 0, silenceUs: 0 };
    this.report = { unit: name, ...counts, address: "", answeredUs: nowUs(), wrong: [], through: [] };
  }

  async run(): Promise<void> {
    while (!this.stopping) await this.oneTurn();
  }

  stop(): void {
    this.stopping = true;
  }

  /** Every block, through whatever address answers. @returns whether all were read */
  async readBack(): Promise<boolean> {
    let block = 0;
    for (let attempt = 0; attempt < READ_BACK_ATTEMPTS && block < BLOCKS; attempt++) {
      try {
        const connection = await this.open();
        for (; block < BLOCKS; block++) await this.read(connection, block);
        connection.close();
      } catch {
        await delay(RETRY_MS);
      }
    }
    return block === BLOCKS;
  }

  private async oneTurn(): Promise<void> {
    const endMs = performance.now() + TURN_MS;
    let connection: NbdConnection | undefined;
    try {
      connection = await this.open();
      while (performance.now() < endMs && !this.stopping) {
        await this.write(connection, this.step % BLOCKS);
        await this.read(connection, (this.step * 7) % BLOCKS);
        this.step++;
        await delay(PAUSE_MS);
      }
    } catch {
      this.report.breaks++;
      await delay(RETRY_MS);
    } finally {
      this.report.address = "";
      connection?.close();
    }
  }

  private async open(): Promise<NbdConnection> {
    const address = this.addresses[this.turn++ % this.addresses.length] as string;
    const connection = await NbdConnection.open(address, this.unit.port, this.unit.name, ANSWER_TIMEOUT_MS);
    this.report.address = address;
    if (!this.report.through.includes(address)) this.report.through.push(address);
    return connection;
  }

  private async write(connection: NbdConnection, block: number): Promise<void> {
    const version = this.book.issue(block, this.report.address);
    try {
      await connection.write(block * BLOCK_BYTES, blockOf(this.unit.number, block, version));
    } catch (error) {
      this.book.giveUp(block, (error as Error).message);
      throw error;
    }
    this.book.confirm(block, version);
    this.report.writes++;
    this.answered();
  }

  private async read(connection: NbdConnection, block: number): Promise<void> {
    const data = await connection.read(block * BLOCK_BYTES, BLOCK_BYTES);
    this.answered();
    this.report.reads++;
    try {
      const wrong = this.book.check(
        this.unit.number,
        block,
        versionOf(this.unit.number, block, data),
        this.report.address,
      );
      if (wrong !== undefined) this.report.wrong.push(wrong);
    } catch (error) {
      this.report.wrong.push((error as Error).message);
    }
  }

  private answered(): void {
    const us = nowUs();
    this.report.silenceUs = Math.max(this.report.silenceUs, us - this.report.answeredUs);
    this.report.answeredUs = us;
  }
}

async function main(plan: UnitClientPlan): Promise<void> {
  const workers = plan.units.map((unit, index) => new Worker(unit, plan.addresses, index * 5));
  const tell = () => {
    for (const { report } of workers) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      report.silenceUs = 0;
      report.wrong = [];
    }
  };
  const timer = setInterval(tell, REPORT_MS);
  process.stdin.once("data", () => {
    for (const worker of workers) worker.stop();
  });
  await Promise.all(workers.map((worker) => worker.run()));
  clearInterval(timer);
  const all = await Promise.all(workers.map((worker) => worker.readBack()));
  tell();
  process.stdout.write(`${JSON.stringify({ readBack: all.every((each) => each) })}\n`, () => process.exit(0));
}

await main(JSON.parse(process.argv[2] ?? "") as UnitClientPlan);
