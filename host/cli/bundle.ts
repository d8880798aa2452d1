/** `fairlead bundle`, `fairlead verify` and `fairlead slots`. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { assembleBundle, type BundleDescription } from "../bundle/assemble.js";
import { readPrivateKey } from "../bundle/keys.js";
import { openBundle, readTrust } from "../bundle/open.js";
import { FORMATS, type Format, readBundleEntries, writeBundle } from "../bundle/pack.js";
import { compilerPackages, type SbomPackage } from "../bundle/sbom.js";
import { documentSource, loaderSources, machineSource, moduleSources, PROFILES } from "../bundle/sources.js";
import { bundleVersion, count, directory, guarded, several, sourceDateEpoch, word } from "./bundle-options.js";
import { topFolder, UsageError, version } from "./exit.js";
import { registerSlots } from "./slots.js";

interface BundleOptions {
  out?: string;
  format: Format;
  from?: string;
  product: string;
  hardwareClass: string;
  bundleVersion: string;
  securityCounter: number;
  profile?: string[];
  build?: string;
  executable?: string[];
  object?: string[];
  document?: string[];
  package?: string[];
  key?: string[];
  under: string;
}

/** `PURL` or `PURL=LICENCE`; a package URL has `=` in its qualifiers only. */
function parsePackage(option: string): SbomPackage {
  const match = /^([^=?]+(?:\?[^ ]*?)?)(?:=([A-Za-z0-9.+() -]+))?$/.exec(option);
  if (match === null) throw new UsageError(`"${option}": PURL or PURL=LICENCE would be right`);
  return { purl: match[1] as string, license: match[2] };
}

function describe(options: BundleOptions): BundleDescription {
  const top = topFolder();
  const build = options.build ?? join(top, "build");
  return {
    product: options.product,
    hardwareClass: options.hardwareClass,
    version: options.bundleVersion,
    securityCounter: options.securityCounter,
    sources: [
      ...moduleSources(build, options.profile ?? PROFILES),
      ...loaderSources(build, join(top, "host", "firmware")),
      ...(options.executable ?? []).map((option) => machineSource(option, "executable")),
      ...(options.object ?? []).map((option) => machineSource(option, "object")),
      ...(options.document ?? []).map(documentSource),
    ],
    packages: [...compilerPackages(join(top, "package-lock.json")), ...(options.package ?? []).map(parsePackage)],
    seconds: sourceDateEpoch(),
  };
}

function makeBundle(options: BundleOptions): void {
  if (options.out === undefined) throw new UsageError("--out is missing: name the directory or file to write");
  if (options.from !== undefined && options.key !== undefined) {
    throw new UsageError("--from packs a bundle as it is: sign it first, with fairlead sign");
  }
  const keys = (options.key ?? []).map(readPrivateKey);
  const entries =
    options.from === undefined ? assembleBundle(describe(options), keys) : readBundleEntries(directory(options.from));
  writeBundle(entries, options.out, options.format, sourceDateEpoch() ?? 0, options.under);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
  process.stdout.write(`${options.out}: ${options.format}, ${entries.length} files, ${bytes} bytes\n`);
}

function registerBundle(program: Command): void {
  program
    .command("bundle")
    .description("Put modules, header, loader, bill of materials and manifest together for an image builder.")
    .option("--out <path>", "the directory or file to write; it must not be there yet")
    .addOption(new Option("--format <format>", "what to write").choices(FORMATS).default("dir"))
    .option("--from <directory>", "pack this bundle, as it was made and signed, instead of making one")
    .option("--product <name>", "product that the bundle is for", word, "fairlead")
    .option("--hardware-class <name>", "hardware that the bundle is for", word, "generic")
    .option("--bundle-version <version>", "version of what is in it", bundleVersion, version(topFolder()))
    .option("--security-counter <n>", "raise it whenever an older bundle must not run again", count, 0)
    .option("--profile <name>", "modules of this profile; may be repeated (default: all three)", several)
    .option("--build <directory>", "where the modules were built (default: build/ of the clone)")
    .option("--executable <file@target>", "an executable made ahead of time; may be repeated", several)
    .option("--object <file@target>", "an object made ahead of time; may be repeated", several)
    .option("--document <file>", "a further file, such as a licence; may be repeated", several)
    .option("--package <purl[=licence]>", "a package in an executable, for the bill of materials", several)
    .option("--key <file>", "sign with this private key at once; may be repeated", several)
    .option("--under <folder>", "folder within a cpio archive", "")
    .addHelpText("after", "\nTimes are SOURCE_DATE_EPOCH or 0. Exit code: 0 made, 1 refused, 2 bad input.")
    .action((options: BundleOptions) => guarded("bundle", () => makeBundle(options)));
}

function verifyBundle(path: string, options: { trust: string; kept: number; json?: boolean }): void {
  const bundle = openBundle(directory(path), readTrust(options.trust), { keptSecurityCounter: options.kept });
  const { product, hardwareClass, securityCounter, parts } = bundle.manifest;
  const { digest, signers } = bundle;
  const facts = {
    product,
    hardwareClass,
    version: bundle.manifest.version,
    securityCounter,
    parts: parts.length,
    digest,
    signers,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(facts)}\n`);
  else {
    const text = `${product} ${facts.version} for ${hardwareClass}, security counter ${securityCounter}`;
    process.stdout.write(`verified: ${text}, ${parts.length} parts, ${signers.length} signatures, ${digest}\n`);
  }
}

function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("Verify a bundle in a directory as a device would.")
    .argument("<directory>", "the bundle")
    .requiredOption("--trust <file>", "trust store of the device")
    .option("--kept <n>", "security counter that the device has kept", count, 0)
    .option("--json", "print what was verified as JSON")
    .addHelpText("after", "\nExit code: 0 verified, 1 refused (the reason is named), 2 bad input.")
    .action((path: string, options: { trust: string; kept: number; json?: boolean }) =>
      guarded("verify", () => verifyBundle(path, options)),
    );
}

export function register(program: Command): void {
  registerBundle(program);
  registerVerify(program);
  registerSlots(program);
}
