/** `fairlead trust`: makes keys and trust stores. */
import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { generateKeyFiles, readPublicKey } from "../bundle/keys.js";
import { readTrust } from "../bundle/open.js";
import { OutputError } from "../bundle/pack.js";
import { encodeTrust } from "../bundle/trust.js";
import { count, guarded, several, word } from "./bundle-options.js";

interface StoreOptions {
  out: string;
  key: string[];
  threshold: number;
  product: string;
  hardwareClass: string;
  minimumSecurityCounter: number;
}

function writeStore(options: StoreOptions): void {
  if (existsSync(options.out)) throw new OutputError(`${options.out}: is there already; remove it or name another`);
  const { product, hardwareClass, threshold, minimumSecurityCounter } = options;
  const keys = options.key.map(readPublicKey);
  const bytes = encodeTrust({ product, hardwareClass, keys, threshold, minimumSecurityCounter });
  writeFileSync(options.out, bytes, { flag: "wx", mode: 0o644 });
  process.stdout.write(`${options.out}: ${threshold} of ${keys.length} keys must sign\n`);
}

export function register(program: Command): void {
  const trust = program
    .command("trust")
    .description("Make keys, and trust stores that say whose bundles a device takes.");
  trust
    .command("key")
    .description("Make an Ed25519 key pair: BASE.key (mode 0600, keep it) and BASE.pub (for trust stores).")
    .requiredOption("--out <base>", "path without ending; nothing is overwritten")
    .action((options: { out: string }) =>
      guarded("trust key", () => process.stdout.write(`${options.out}.pub: ${generateKeyFiles(options.out)}\n`)),
    );
  trust
    .command("store")
    .description("Write a trust store.")
    .requiredOption("--out <file>", "the trust store to write; nothing is overwritten")
    .requiredOption("--key <file>", "public key; may be repeated", several)
    .requiredOption("--threshold <n>", "how many different keys must have signed", count)
    .option("--product <name>", "product of the device", word, "fairlead")
    .option("--hardware-class <name>", "hardware class of the device", word, "generic")
    .option("--minimum-security-counter <n>", "take no bundle with a lower counter", count, 0)
    .action((options: StoreOptions) => guarded("trust store", () => writeStore(options)));
  trust
    .command("show")
    .description("Check a trust store and print it.")
    .argument("<file>", "the trust store")
    .action((file: string) =>
      guarded("trust show", () => process.stdout.write(`${JSON.stringify(readTrust(file), null, 2)}\n`)),
    );
}
