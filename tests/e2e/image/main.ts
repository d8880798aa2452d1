/**
 * `npm run e2e:image`: bundles in an appliance image. A Debian kernel boots in QEMU with an initramfs that holds the
 * verifying C host and two bundles; what must run runs, what must be refused is refused by its reason, and the digest
 * is that of V8. Before that, the C host and the shim judge the same bundles alike, under the sanitizers.
 * `--short` takes a shorter recording and less damage. Exit code: 0 passed, 1 failed, 2 something is missing.
 */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicKeyHex } from "../../../host/bundle/keys.js";
import { modulePartName } from "../../../host/bundle/open.js";
import { topFolder } from "../../../host/cli/exit.js";
import { type ImageCase, imageCases, missingLine } from "./cases.js";
import { compileBoot, compileFaulty, compileLimits, compileServed } from "./compile.js";
import { checkFormats } from "./formats.js";
import { bundleArchive, deviceArchive, type ImageBundle, SERVED, writeInitramfs } from "./image.js";
import { checkPrograms, findKernel, Missing } from "./needs.js";
import { boot } from "./qemu.js";
import { record } from "./recording.js";
import { checkLimits, compareDamage, compareReasons, compareVectors } from "./verdicts.js";

const PROFILE = "standard";
const SEED = 20_260_101;
/** Far above what a replay takes here; a program that hangs is given less, and hangs for ever all the same. */
const CONFIRM_SECONDS = 90;
/** As fairlead-verify.h promises. */
const STACK_BYTES_MAX = 8192;

let passed = 0;
let failed = 0;

function report(name: string, problems: readonly string[]): void {
  if (problems.length === 0) passed += 1;
  else failed += 1;
  process.stdout.write(`${problems.length === 0 ? "ok" : "not ok"} ${passed + failed} - ${name}\n`);
  for (const problem of problems) process.stdout.write(`${problem.replaceAll(/^/gm, "  # ")}\n`);
}

interface Built {
  readonly kernel: string;
  readonly device: Buffer;
  readonly old: Buffer;
  readonly cases: readonly ImageCase[];
}

function needFile(path: string): string {
  if (!existsSync(path)) throw new Missing(`${path} is missing: npm run build makes it`);
  return path;
}

function build(top: string, scratch: string, ticks: number): Built {
  const buildFolder = join(top, "build");
  const kernel = findKernel(buildFolder);
  const moduleFile = needFile(join(buildFolder, `fairlead-${PROFILE}-plain.wasm`));
  const header = needFile(join(buildFolder, "fairlead.h"));
  const recording = record(readFileSync(moduleFile), ticks);
  process.stdout.write(
    `# V8: digest ${recording.digest} of ${recording.decisions} decisions in ${recording.ticks} ticks\n`,
  );
  const makers = ["one", "two"].map(() => generateKeyPairSync("ed25519").privateKey);
  const good: ImageBundle = {
    version: "2",
    securityCounter: 3,
    keys: makers,
    module: { name: modulePartName(PROFILE), file: moduleFile, kind: "module", target: "wasm32" },
    executable: compileServed(top, moduleFile, PROFILE, join(scratch, "served")),
    header,
  };
  const cases = imageCases({
    good,
    strangers: ["one", "two"].map(() => generateKeyPairSync("ed25519").privateKey),
    trapping: compileFaulty(top, 1, join(scratch, "trapping")),
    hanging: compileFaulty(top, 2, join(scratch, "hanging")),
    digest: recording.digest,
  });
  const host = compileBoot(top, join(scratch, "boot"));
  return {
    kernel,
    device: deviceArchive(host, makers.map(publicKeyHex), recording.bytes),
    old: bundleArchive({ ...good, version: "1" }, "old"),
    cases,
  };
}

async function bootCase(built: Built, tried: ImageCase, scratch: string): Promise<void> {
  const initramfs = writeInitramfs(scratch, [built.device, built.old, bundleArchive(tried.bundle, "new")]);
  const options = [
    "--trust",
    "/etc/trust.json",
    "--kept",
    "/etc/kept",
    "--run",
    SERVED,
    "--argument",
    "/recording.flr",
  ];
  const bundles = [
    "--confirm-seconds",
    String(tried.confirmSeconds ?? CONFIRM_SECONDS),
    "/fairlead/new",
    "/fairlead/old",
  ];
  const text = await boot({ kernel: built.kernel, initramfs, arguments: [...options, ...bundles] });
  const lacking = missingLine(text, tried.console);
  report(`image: ${tried.name}`, lacking === undefined ? [] : [`the console lacks ${lacking}; it says:\n${text}`]);
  const said = text.split("\n").filter((line) => /^(fairlead|served): /.test(line));
  if (lacking === undefined) for (const line of said) process.stdout.write(`  # ${line}\n`);
}

async function run(top: string, scratch: string, isShort: boolean): Promise<void> {
  checkPrograms();
  const built = build(top, scratch, isShort ? 400 : 3000);
  report("formats: unpacked by the system's tools", checkFormats(scratch));
  report("reasons: C header and shim", compareReasons(join(top, "host/firmware/verify/fairlead-verify.h")));
  const limits = compileLimits(top, join(scratch, "limits"));
  report("verifier: stack and allocations", checkLimits(limits, scratch, STACK_BYTES_MAX));
  const sanitized = compileBoot(top, join(scratch, "boot-sanitized"), true);
  report("verdicts: vectors", compareVectors(sanitized, scratch));
  report("verdicts: damage", compareDamage(sanitized, scratch, isShort ? 300 : 5000, SEED));
  for (const tried of built.cases) await bootCase(built, tried, scratch);
}

const scratch = mkdtempSync(join(tmpdir(), "fairlead-image-"));
try {
  const top = topFolder();
  mkdirSync(join(top, "build"), { recursive: true });
  await run(top, scratch, process.argv.includes("--short"));
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Missing ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = error instanceof Missing ? 2 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
