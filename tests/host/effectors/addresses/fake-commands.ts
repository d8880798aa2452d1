/** `ip`, `nft` and `socat` that only pretend, first in PATH: what they are fed is kept, what they answer is as the real ones'. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const IP = `
let held = JSON.parse(fs.readFileSync(folder + "/held", "utf8"));
const has = (text, device) => held.some((each) => each[0] === text && each[1] === device);
const links = ["lo", "e0", "e1"];
const say = (rows) => process.stdout.write(JSON.stringify(rows) + "\\n");
const row = (name) => ({ ifname: name, address: "02:00:00:00:00:0a",
  addr_info: held.filter(([, device]) => device === name).map(([text]) => ({ local: text.split("/")[0], prefixlen: 24 })) });
let number = 0;
feed((line) => {
  number++;
  fs.appendFileSync(folder + "/ip", line + "\\n");
  const words = line.split(" ");
  const fail = (text) => process.stderr.write(text + "\\nCommand failed -:" + number + "\\n");
  if (fs.existsSync(folder + "/ip-dies")) { fs.rmSync(folder + "/ip-dies"); process.exit(3); }
  if (words[1] === "replace") {
    if (!links.includes(words[4])) return fail("Cannot find device \\"" + words[4] + "\\"");
    if (!fs.existsSync(folder + "/ip-forgets") && !has(words[2], words[4])) held.push([words[2], words[4]]);
  } else if (words[1] === "del") {
    if (!has(words[2], words[4])) return fail("Error: ipv4: Address not found.");
    if (!fs.existsSync(folder + "/ip-keeps")) held = held.filter((each) => each[0] !== words[2] || each[1] !== words[4]);
  } else if (words[2] === "to") say(links.map(row).filter((each) => each.addr_info.some(({ local }) => local === words[3])));
  else say(links.map(row));
  fs.writeFileSync(folder + "/held", JSON.stringify(held));
});`;

const NFT = `
let rule = "drop";
if (process.argv[2] === "-f") {
  fs.appendFileSync(folder + "/nft", fs.readFileSync(0, "utf8"));
  if (fs.existsSync(folder + "/nft-refuses")) { process.stderr.write("Error: No such file or directory\\n"); process.exit(1); }
  process.exit(0);
}
feed((line) => {
  fs.appendFileSync(folder + "/nft", line + "\\n");
  const end = / fence meta time >= (\\d+) drop$/.exec(line);
  if (fs.existsSync(folder + "/nft-refuses")) process.stderr.write("Error: syntax error\\n");
  else if (/ fence drop$/.test(line)) rule = "drop";
  else if (end !== null) {
    const ns = (BigInt(end[1]) * 1000000000n) & ((1n << 64n) - 1n);
    const iso = new Date(Number(ns / 1000000n)).toISOString();
    rule = 'meta time >= "' + iso.slice(0, 10) + " " + iso.slice(11, 19) + '" drop';
  }
  if (/^list/.test(line)) process.stdout.write("table netdev x {\\n\\tchain fence {\\n\\t\\t" + rule + "\\n\\t}\\n}\\n");
});`;

const SOCAT = `process.stdin.on("data", (bytes) => fs.appendFileSync(folder + "/socat", bytes.toString("hex")));`;

const FEED = `
const feed = (take) => { let rest = ""; process.stdin.on("data", (text) => {
  const lines = (rest + text).split("\\n"); rest = lines.pop(); for (const line of lines) take(line); }); };`;

export class FakeCommands {
  readonly folder = mkdtempSync(join(tmpdir(), "fairlead-commands-"));
  private readonly path = process.env.PATH ?? "";

  constructor() {
    mkdirSync(join(this.folder, "bin"));
    const head = `#!${process.execPath}\nconst fs = require("fs"); const folder = ${JSON.stringify(this.folder)};`;
    for (const [name, body] of Object.entries({ ip: IP, nft: NFT, socat: SOCAT }))
      writeFileSync(join(this.folder, "bin", name), `${head}${FEED}${body}\n`, { mode: 0o755 });
    writeFileSync(join(this.folder, "held"), "[]");
    process.env.PATH = `${this.folder}/bin:${this.path}`;
  }

  /** Has a command misbehave from now on. */
  set(flag: "ip-dies" | "ip-forgets" | "ip-keeps" | "nft-refuses"): void {
    writeFileSync(join(this.folder, flag), "");
  }

  clear(flag: string): void {
    rmSync(join(this.folder, flag), { force: true });
  }

  /** What a command was fed so far. */
  fed(command: "ip" | "nft" | "socat"): string {
    const file = join(this.folder, command);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  hold(address: string, device: string): void {
    const held = JSON.parse(readFileSync(join(this.folder, "held"), "utf8")) as [string, string][];
    writeFileSync(join(this.folder, "held"), JSON.stringify([...held, [address, device]]));
  }

  close(): void {
    process.env.PATH = this.path;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
