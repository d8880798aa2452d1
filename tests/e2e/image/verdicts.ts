/** Compares the shim's verdicts with the C host's, which is compiled with the sanitizers: on vectors, and on damage. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalBytes } from "../../../host/bundle/canonical.js";
import { openBundle, readTrust } from "../../../host/bundle/open.js";
import { BundleRefused, RefusalReason } from "../../../host/bundle/refusal.js";
import { BundleFixture, MODULE_NAME, makeModule, makeTrust } from "../../host/bundle/fixture.js";
import { VECTORS } from "./vectors.js";

interface Case {
  readonly directory: string;
  readonly trust: string;
  readonly kept: number;
}

function shimVerdict({ directory, trust, kept }: Case): string {
  try {
    openBundle(directory, readTrust(trust), { keptSecurityCounter: kept });
    return "VERIFIED";
  } catch (error) {
    if (error instanceof BundleRefused) return error.reason;
    throw error;
  }
}

/** The C host's word; throws when a sanitizer stopped it, or when its exit status doesn't fit. */
function hostVerdict(program: string, { directory, trust, kept }: Case, keptFile: string): string {
  writeFileSync(keptFile, `${kept}\n`);
  const result = spawnSync(program, ["--trust", trust, "--kept", keptFile, directory], { encoding: "utf8" });
  const refused = /^fairlead: (?:refused )?\S+: ([A-Z_]+)/m.exec(result.stdout)?.[1];
  if (result.status === 0 && refused === undefined && /^fairlead: verified /m.test(result.stdout)) return "VERIFIED";
  if (result.status === 1 && refused !== undefined && result.stderr === "") return refused;
  throw new Error(`the C host ended with ${result.status}: ${result.stdout}${result.stderr}`);
}

function withFixture<T>(scratch: string, work: (fixture: BundleFixture, trustFile: string) => T): T {
  const fixture = new BundleFixture();
  try {
    return work(fixture, join(scratch, "trust.json"));
  } finally {
    fixture.remove();
  }
}

/** Every vector gets the expected verdict from both. Returns what went wrong, one line each. */
export function compareVectors(program: string, scratch: string): string[] {
  return VECTORS.flatMap((vector) =>
    withFixture(scratch, (fixture, trust) => {
      vector.make(fixture);
      writeFileSync(trust, canonicalBytes({ ...makeTrust(), ...vector.trust } as never));
      const tried: Case = { directory: fixture.directory, trust, kept: vector.kept ?? 0 };
      const verdicts = [shimVerdict(tried), hostVerdict(program, tried, join(scratch, "kept"))];
      return verdicts.every((verdict) => verdict === vector.expected) ? [] : [`${vector.name}: ${verdicts.join(", ")}`];
    }),
  );
}

/** A small generator with a seed, so that a failure can be had again (xorshift32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Flips, cuts, doubles or replaces a few bytes. */
function damage(bytes: Buffer, next: (below: number) => number): Buffer {
  const at = next(bytes.length);
  const count = 1 + next(8);
  const kinds = [
    () =>
      Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([(bytes[at] as number) ^ (1 << next(8))]),
        bytes.subarray(at + 1),
      ]),
    () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]),
    () => Buffer.concat([bytes.subarray(0, at + count), bytes.subarray(at)]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from([next(256)]), bytes.subarray(at + 1)]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from('"{}[],:/.0'.charAt(next(10))), bytes.subarray(at + 1)]),
  ];
  return (kinds[next(kinds.length)] as () => Buffer)();
}

/** Damages the manifest and signs it again, the module and hashes it again, the signatures, or the trust store. */
function prepare(fixture: BundleFixture, trust: string, next: (below: number) => number): "module" | "other" {
  const what = next(4);
  writeFileSync(trust, canonicalBytes(makeTrust() as never));
  if (what === 0) fixture.write(damage(fixture.manifestBytes(), next));
  if (what === 1) fixture.files.set(MODULE_NAME, damage(makeModule(), next));
  if (what !== 0) fixture.write();
  if (what === 2) fixture.put("manifest.sig", damage(fixture.signatures(fixture.manifestBytes()), next));
  if (what === 3) writeFileSync(trust, damage(readFileSync(trust), next));
  return what === 1 ? "module" : "other";
}

/**
 * Damaged bundles get one verdict from both. (A module that the shim finds malformed by sections that the C host
 * doesn't read may be refused by the C host for another reason, or be left to its runtime.) Returns what went wrong.
 */
export function compareDamage(program: string, scratch: string, count: number, seed: number): string[] {
  const next = random(seed);
  const wrong: string[] = [];
  for (let index = 0; index < count; index++) {
    withFixture(scratch, (fixture, trust) => {
      const kind = prepare(fixture, trust, next);
      const tried: Case = { directory: fixture.directory, trust, kept: 0 };
      const shim = shimVerdict(tried);
      const host = hostVerdict(program, tried, join(scratch, "kept"));
      const isOneSided = kind === "module" && shim === "MODULE_MALFORMED";
      if (shim !== host && !isOneSided) wrong.push(`seed ${seed}, case ${index}: shim ${shim}, C host ${host}`);
    });
  }
  return wrong;
}

/** Stack and allocations of a verification by the C host. Returns what went wrong. */
export function checkLimits(program: string, scratch: string, stackBytesMax: number): string[] {
  return withFixture(scratch, (fixture, trust) => {
    fixture.write();
    writeFileSync(trust, canonicalBytes(makeTrust() as never));
    const texts = [trust, fixture.file("manifest.json"), fixture.file("manifest.sig")];
    const { stdout } = spawnSync(program, [...texts, MODULE_NAME, fixture.file(MODULE_NAME)], { encoding: "utf8" });
    const [verdict, stackBytes, allocations] = stdout.trim().split(" ");
    const isWell = verdict === "VERIFIED" && Number(stackBytes) <= stackBytesMax && allocations === "0";
    return isWell ? [] : [`verdict ${verdict}, ${stackBytes} bytes of stack, ${allocations} allocations`];
  });
}

/** The words and numbers of the C header are those of the shim. Returns what went wrong. */
export function compareReasons(header: string): string[] {
  if (!existsSync(header)) return [`${header} is missing`];
  const found = [...readFileSync(header, "utf8").matchAll(/FAIRLEAD_REFUSED_([A-Z_]+) = -(\d+)/g)];
  const inHeader = found.map(([, name, number]) => `${name} ${number}`).join("\n");
  const inShim = Object.entries(RefusalReason)
    .map(([name, number]) => `${name} ${number}`)
    .join("\n");
  return inHeader === inShim ? [] : ["the reasons of fairlead-verify.h and refusal.ts differ"];
}
