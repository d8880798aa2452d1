/** What is booted, and what the console must say. */
import type { KeyObject } from "node:crypto";
import { type ImageBundle, KEPT, SERVED } from "./image.js";

export interface ImageCase {
  readonly name: string;
  readonly bundle: ImageBundle;
  /** Lines that must be on the console, in this order; `$DIGEST` is the recording's. */
  readonly console: readonly RegExp[];
  readonly confirmSeconds?: number;
}

export interface Ingredients {
  readonly good: ImageBundle;
  readonly strangers: readonly KeyObject[];
  readonly trapping: string;
  readonly hanging: string;
  readonly digest: string;
}

const NEW = "/fairlead/new";
const OLD = "/fairlead/old";

/** The new bundle is refused or returned for `reason`; then the old module is in service and prints the digest. */
function goesBack(what: string, digest: string): RegExp[] {
  return [
    new RegExp(`^fairlead: ${what}`, "m"),
    new RegExp(`^fairlead: verified ${OLD}: version 1`, "m"),
    ...serves(digest, OLD),
  ];
}

function serves(digest: string, bundle: string): RegExp[] {
  return [
    new RegExp(`^served: digest ${digest} of \\d+ decisions`, "m"),
    new RegExp(`^fairlead: confirmed ${bundle}$`, "m"),
  ];
}

export function imageCases({ good, strangers, trapping, hanging, digest }: Ingredients): ImageCase[] {
  const module = good.module.name;
  const refused = (reason: string) => goesBack(`refused ${NEW}: ${reason}$`, digest);
  const returned = (reason: string) => goesBack(`returned ${NEW}: ${reason}`, digest);
  const verified = new RegExp(`^fairlead: verified ${NEW}: version 2, security counter ${KEPT}$`, "m");
  return [
    { name: "a good bundle runs", bundle: good, console: [verified, ...serves(digest, NEW)] },
    { name: "a flipped bit of the module", bundle: { ...good, flip: module }, console: refused(`PART_HASH ${module}`) },
    {
      name: "a flipped bit of the executable",
      bundle: { ...good, flip: SERVED },
      console: refused(`PART_HASH ${SERVED}`),
    },
    {
      name: "a flipped bit of the manifest",
      bundle: { ...good, flip: "manifest.json" },
      console: refused("SIGNATURE_INVALID"),
    },
    {
      name: "an older security counter",
      bundle: { ...good, securityCounter: KEPT - 1 },
      console: refused("COUNTER_TOO_OLD"),
    },
    { name: "a wrong key", bundle: { ...good, keys: strangers }, console: refused("SIGNATURE_UNTRUSTED") },
    { name: "too few keys", bundle: { ...good, keys: good.keys.slice(1) }, console: refused("THRESHOLD_NOT_MET") },
    { name: "a new module that traps", bundle: { ...good, executable: trapping }, console: returned("TRAPPED") },
    {
      name: "a new module that isn't confirmed",
      bundle: { ...good, executable: hanging },
      console: returned("UNCONFIRMED"),
      confirmSeconds: 1,
    },
  ];
}

/** What the console lacks, or undefined when it says all of it in order. */
export function missingLine(text: string, expected: readonly RegExp[]): RegExp | undefined {
  let at = 0;
  for (const line of expected) {
    const match = line.exec(text.slice(at));
    if (match === null) return line;
    at += match.index + match[0].length;
  }
  return undefined;
}
