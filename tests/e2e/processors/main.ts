/**
 * `npm run e2e:processors [-- --short]`: three processors in network namespaces, three etcd servers, and a client that
 * keeps asking for the status of each processor at the one address. Faults happen to whoever is active. As root on Linux.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { removeFolders, removeNamespaces } from "../common/leftovers.js";
import { missingOf } from "../common/requirements.js";
import { Undo } from "../common/undo.js";
import { type FaultReport, RunningArray } from "./array.js";
import { deploy } from "./deployment.js";
import { faults } from "./faults.js";
import { Network } from "./network.js";

const FAMILY = "flp";
const FOLDER_FAMILY = "fairlead-processors-";
const SHORT_ROUNDS = 2;
const LONG_ROUNDS = 200;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A generator of small numbers that a seed repeats (xorshift32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function main(words: readonly string[]): Promise<number> {
  const missing = missingOf({
    run: "e2e:processors",
    does: "makes network namespaces",
    commands: { ip: "iproute2", nft: "nftables", etcd: "etcd-server", mount: "mount", arping: "iputils-arping" },
    files: {},
  });
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return 2;
  }
  const short = words.includes("--short");
  const seedWord = words[words.indexOf("--seed") + 1];
  const seed = words.includes("--seed") ? Number(seedWord) : Date.now() % 1_000_000;
  removeNamespaces(FAMILY);
  removeFolders(tmpdir(), FOLDER_FAMILY);
  return runAll(short, seed);
}

async function runAll(short: boolean, seed: number): Promise<number> {
  tell(`seed ${seed}`);
  const three = await runArray(["a", "b", "c"], short ? SHORT_ROUNDS : LONG_ROUNDS, seed);
  const two = await runArray(["a", "b"], short ? 0 : SHORT_ROUNDS, seed);
  mkdirSync(join(topFolder(), "build/reports"), { recursive: true });
  const text = JSON.stringify({ seed, three, two }, undefined, 2);
  writeFileSync(join(topFolder(), "build/reports/e2e-processors.json"), `${text}\n`);
  tell("report: build/reports/e2e-processors.json");
  return 0;
}

/** Each fault once, then some of them at random. */
async function runArray(names: readonly string[], rounds: number, seed: number) {
  const undo = new Undo();
  const interrupted = () => {
    undo.run(tell);
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    const folder = mkdtempSync(join(tmpdir(), `${FOLDER_FAMILY}${process.pid}-`));
    undo.add("folder", () => rmSync(folder, { recursive: true, force: true }));
    const network = new Network(`${FAMILY}${process.pid}`, names, undo);
    network.make();
    const array = new RunningArray(network, deploy(folder, network), undo);
    await array.start();
    tell(`${names.length} processors, ${array.active()} is active`);
    const reports: FaultReport[] = [];
    for (const fault of faults) reports.push(await array.suffer(fault, tell));
    const random = randomOf(seed);
    for (let round = 0; round < rounds; round++) {
      const fault = faults[Math.floor(random() * faults.length)];
      if (fault !== undefined) reports.push(await array.suffer(fault, tell));
    }
    const figures = array.figures();
    tell(
      `answers ${figures.answers}, of them fresh from another processor ${figures.fresh}; logins ${figures.logins}; ` +
        `the witness was answered ${figures.witnessed} times, by two at once ${figures.twoHolders} times`,
    );
    return { faults: reports, ...figures };
  } finally {
    process.off("SIGINT", interrupted);
    undo.run(tell);
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  return 1;
});
