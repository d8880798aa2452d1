/**
 * The fence: a paused controller can't stop itself, but its kernel can. All failover addresses that this controller may
 * ever have stand in nft sets; what comes for them or leaves from them goes through one chain, whose one rule drops it
 * from an absolute time on. A renewal replaces that rule, whatever the number of addresses; a late one does no harm.
 */

import { spawn } from "node:child_process";
import type { ParsedAddress } from "./address.js";
import { nftTime, nftTimePrinted } from "./end-of-time.js";
import { LineProcess } from "./line-process.js";

export interface FenceOptions {
  /** Tells tables of several controllers in one network namespace apart. */
  name: string;
  /** Devices that failover addresses may be on. All must be there. */
  devices: readonly string[];
  addresses: readonly ParsedAddress[];
}

interface Renewal {
  wallMs: number;
  forMs: number;
  resolve(): void;
  reject(error: Error): void;
}

const ANSWER_TIMEOUT_MS = 5000;
/** From a day on there is no end: a lease of one controller alone, which nobody renews. */
const WITHOUT_END_MS = 86_400_000;
/**
 * The second half of the fence: it closes by itself when nothing renews it, whatever the wall clock is set to. The first
 * half, the absolute end, is for a renewal that comes late.
 */
const PERMIT_RULE = "meta protocol != @permit drop";
/** Before everything else at these hooks. */
const PRIORITY = -500;

export class Fence {
  private readonly table: string;
  private readonly process = new LineProcess("nft", ["-i"], {
    onLine: (line, isError) => this.take(line, isError),
    onEnd: (why) => this.answer(new Error(this.wrong ?? `nft: ${why}`)),
  });
  private waiting: Renewal[] = [];
  private underWay: Renewal[] = [];
  private answered = "";
  /** What was wrong with its answer, as far as it came. */
  private wrong: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: FenceOptions) {
    this.table = `fairlead-${options.name.replace(/[^A-Za-z0-9]/g, "_")}`;
  }

  /** In force from here on, and ended: nothing passes before the first renewal. */
  async start(): Promise<void> {
    await load(this.ruleset());
  }

  /** Other devices and addresses, in one transaction: the end that is in force stays. */
  async follow(devices: readonly string[], addresses: readonly ParsedAddress[]): Promise<void> {
    const { table } = this;
    const sets = fencedSets(addresses).flatMap(({ name, list }) => [
      `flush set netdev ${table} ${name}`,
      ...(list.length === 0 ? [] : [`add element netdev ${table} ${name} { ${list.join(", ")} }`]),
    ]);
    const chains = ["in", "out"].map((name) => `delete chain netdev ${table} ${name}`);
    const made = [`table netdev ${table} {`, ...hookedChains(devices), "}", ""];
    await load([...chains, ...sets, ...made].join("\n"));
  }

  /** See `AddressKernel.fenceUntil`. Of several that wait, only the last is written. */
  until(wallMs: number, forMs = WITHOUT_END_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ wallMs, forMs, resolve, reject });
      this.next();
    });
  }

  /** Takes the fence away. Only after the last address is gone. */
  async close(): Promise<void> {
    await this.process.close();
    await load(`add table netdev ${this.table}\ndelete table netdev ${this.table}\n`);
  }

  private next(): void {
    if (this.underWay.length > 0 || this.waiting.length === 0) return;
    this.underWay = this.waiting;
    this.waiting = [];
    this.answered = "";
    this.wrong = undefined;
    const chain = `netdev ${this.table} fence`;
    const { wallMs, forMs } = this.underWay.at(-1) as Renewal;
    const permits = wallMs > 0 && forMs > 0 ? `add element netdev ${this.table} permit { ${permitted(forMs)} }; ` : "";
    const renewed = `flush set netdev ${this.table} permit; ${permits}flush chain ${chain}`;
    this.timer = setTimeout(() => this.process.kill(), ANSWER_TIMEOUT_MS);
    // One line is one transaction. The listing that follows shows what the kernel has.
    this.process.write(
      `${renewed}; add rule ${chain} ${PERMIT_RULE}; add rule ${chain} ${ruleUntil(wallMs)}\nlist chain ${chain}\n`,
    );
  }

  private take(line: string, isError: boolean): void {
    this.answered += `${line.trim()} `;
    const wanted = this.underWay.at(-1);
    if (wanted === undefined) return;
    if (isError && /Error/.test(line)) return this.leave("nft found an error");
    if (isError || line !== "}" || this.wrong !== undefined) return;
    const shown = shownRule(wanted.wallMs);
    if (this.answered.includes(`${shown} `)) this.answer(undefined);
    else this.leave(`nft doesn't list ${shown}`);
  }

  /**
   * An nft that found an error is left, so that its next answer is to the next question. Its two outputs may come in
   * any order: all is read when it has ended.
   */
  private leave(why: string): void {
    this.wrong ??= why;
    this.process.kill();
  }

  private answer(error: Error | undefined): void {
    clearTimeout(this.timer);
    const done = this.underWay;
    this.underWay = [];
    const said = this.answered.trim();
    for (const renewal of done) {
      if (error === undefined) renewal.resolve();
      else renewal.reject(said === "" ? error : new Error(`${error.message}; it said: ${said}`));
    }
    this.next();
  }

  private ruleset(): string {
    const { addresses, devices } = this.options;
    return [
      `add table netdev ${this.table}`,
      `delete table netdev ${this.table}`,
      `table netdev ${this.table} {`,
      ...fencedSets(addresses).map(({ name, type, list }) => `  set ${name} { ${type}; ${elements(list)} }`),
      "  set permit { type ether_type; flags timeout; }",
      "  chain fence { drop; }",
      ...hookedChains(devices),
      "}",
      "",
    ].join("\n");
  }
}

function fencedSets(addresses: readonly ParsedAddress[]): { name: string; type: string; list: string[] }[] {
  const four = addresses.filter(({ family }) => family === 4).map(({ text }) => text);
  const six = addresses.filter(({ family }) => family === 6);
  const targets = six.map(({ bytes }) => `0x${Buffer.from(bytes).toString("hex")}`);
  return [
    { name: "held4", type: "type ipv4_addr", list: four },
    { name: "held6", type: "type ipv6_addr", list: six.map(({ text }) => text) },
    // The same as the target of neighbour discovery: nft can't look a raw field up in a set of addresses.
    { name: "target6", type: "typeof @th,64,128", list: targets },
  ];
}

/** Without a device nothing can come or go: the chains are hooked nowhere. */
function hookedChains(devices: readonly string[]): string[] {
  const on = `devices = { ${devices.map((each) => `"${each}"`).join(", ")} } priority ${PRIORITY};`;
  const discovery = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } @th,64,128 @target6 jump fence";
  const chain = (name: string, way: string, which: string) => [
    devices.length === 0 ? `  chain ${name} {` : `  chain ${name} { type filter hook ${way} ${on}`,
    `    arp ${which} ip @held4 jump fence`,
    `    ip ${which} @held4 jump fence`,
    `    ip6 ${which} @held6 jump fence`,
    `    ${discovery}`,
    "  }",
  ];
  return [...chain("in", "ingress", "daddr"), ...chain("out", "egress", "saddr")];
}

/** What may pass, each for so long from when the kernel gets it: by its own monotonic time. */
function permitted(forMs: number): string {
  const timeout = forMs < WITHOUT_END_MS ? ` timeout ${Math.ceil(forMs)}ms` : "";
  return ["ip", "ip6", "arp"].map((protocol) => protocol + timeout).join(", ");
}

/** An end that has passed for good needs no time. */
function ruleUntil(wallMs: number): string {
  return wallMs <= 0 ? "drop" : `meta time >= ${nftTime(wallMs)} drop`;
}

function shownRule(wallMs: number): string {
  return wallMs <= 0 ? "drop" : `meta time >= "${nftTimePrinted(wallMs)}" drop`;
}

function elements(list: readonly string[]): string {
  return list.length === 0 ? "" : `elements = { ${list.join(", ")} }`;
}

/** One `nft -f -`, a transaction. @throws Error with what nft said */
export async function load(text: string): Promise<void> {
  const child = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    said += part;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(text);
  const code = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status) => resolve(status ?? "ended by a signal"));
  });
  if (code !== 0) throw new Error(`nft: ${said.trim() === "" ? code : said.trim()}`);
}
