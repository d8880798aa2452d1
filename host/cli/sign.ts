/** `fairlead sign`: adds a detached signature to a bundle in a directory. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { DirectorySource } from "../bundle/directory.js";
import { publicKeyHex, readPrivateKey } from "../bundle/keys.js";
import { MANIFEST_BYTES_MAX, MANIFEST_NAME, SIGNATURES_NAME } from "../bundle/manifest.js";
import { readBundleEntries } from "../bundle/pack.js";
import { addSignature, encodeSignatures, parseSignatures, SIGNATURE_LINE_BYTES } from "../bundle/signatures.js";
import { KEY_MAX } from "../bundle/trust.js";
import { directory, guarded, several } from "./bundle-options.js";

function signBundle(path: string, keyFiles: readonly string[]): void {
  const keys = keyFiles.map(readPrivateKey);
  const hasSignatures = readBundleEntries(directory(path)).some((entry) => entry.name === SIGNATURES_NAME);
  const source = new DirectorySource(path);
  const manifest = source.read(MANIFEST_NAME, MANIFEST_BYTES_MAX, "UNREADABLE", "MANIFEST_SIZE");
  let signatures = hasSignatures
    ? parseSignatures(source.read(SIGNATURES_NAME, KEY_MAX * SIGNATURE_LINE_BYTES, "UNSIGNED", "SIGNATURE_MALFORMED"))
    : [];
  for (const key of keys) signatures = addSignature(signatures, key, manifest);
  const partial = join(path, `.${SIGNATURES_NAME}.partial`);
  rmSync(partial, { force: true });
  writeFileSync(partial, encodeSignatures(signatures), { flag: "wx", mode: 0o644 });
  renameSync(partial, join(path, SIGNATURES_NAME));
  for (const key of keys) process.stdout.write(`signed by ${publicKeyHex(key)}\n`);
  process.stdout.write(`${path}: ${signatures.length} signatures\n`);
}

export function register(program: Command): void {
  program
    .command("sign")
    .description("Check the parts of a bundle against its manifest and add a detached Ed25519 signature.")
    .argument("<directory>", "the bundle")
    .requiredOption("--key <file>", "private key, mode 0600; may be repeated", several)
    .addHelpText("after", "\nExit code: 0 signed, 1 the bundle is damaged, 2 bad input.")
    .action((path: string, options: { key: string[] }) => guarded("sign", () => signBundle(path, options.key)));
}
