/** Bundles, one for each reason to refuse, that the shim and the C host must judge alike. */
import { rmSync } from "node:fs";
import { canonicalBytes } from "../../../host/bundle/canonical.js";
import type { RefusalName } from "../../../host/bundle/refusal.js";
import type { TrustStore } from "../../../host/bundle/trust.js";
import {
  type BundleFixture,
  KEY_ONE,
  LAYOUT_HASH,
  MODULE_NAME,
  makeModule,
  partFor,
  STRANGER,
} from "../../host/bundle/fixture.js";

export interface Vector {
  readonly name: string;
  readonly expected: RefusalName | "VERIFIED";
  /** Makes the bundle; `write` is called for it. */
  readonly make: (fixture: BundleFixture) => void;
  readonly trust?: Partial<TrustStore>;
  readonly kept?: number;
}

const vector = (
  expected: Vector["expected"],
  name: string,
  make: Vector["make"],
  more: Partial<Vector> = {},
): Vector => ({
  name: `${expected}: ${name}`,
  expected,
  make,
  ...more,
});

const whole = (fixture: BundleFixture) => void fixture.write();

function withFields(changes: object): Vector["make"] {
  return (fixture) => void fixture.write(canonicalBytes({ ...fixture.manifest(), ...changes } as never));
}

function withText(change: (text: string) => string): Vector["make"] {
  return (fixture) => void fixture.write(Buffer.from(change(fixture.manifestBytes().toString("latin1")), "latin1"));
}

function withModule(bytes: Buffer): Vector["make"] {
  return (fixture) => {
    fixture.files.set(MODULE_NAME, bytes);
    fixture.write();
  };
}

function afterwards(change: (fixture: BundleFixture) => void): Vector["make"] {
  return (fixture) => {
    fixture.write();
    change(fixture);
  };
}

const signatures = (change: (text: string, fixture: BundleFixture) => string) =>
  afterwards((fixture) => {
    const text = fixture.signatures(fixture.manifestBytes()).toString("latin1");
    fixture.put("manifest.sig", change(text, fixture));
  });

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 1;
  return copy;
};

const X = Buffer.from("x");
const CALLS = ["fairlead_abi_1", "abiVersion", "reset", "configure", "attach", "tick", "scrub"];
const named = (name: string) => withFields({ parts: [partFor(name, X)] });
const H = "build/fairlead.h";

export const VECTORS: readonly Vector[] = [
  vector("VERIFIED", "two keys", whole),
  vector("VERIFIED", "a stranger's line too", (fixture) => {
    fixture.signers = [...fixture.signers, STRANGER];
    fixture.write();
  }),
  vector(
    "UNREADABLE",
    "no manifest",
    afterwards((fixture) => rmSync(fixture.file("manifest.json"))),
  ),
  vector(
    "UNSIGNED",
    "no signature file",
    afterwards((fixture) => rmSync(fixture.file("manifest.sig"))),
  ),
  vector(
    "UNSIGNED",
    "an empty one",
    signatures(() => ""),
  ),
  vector(
    "SIGNATURE_MALFORMED",
    "truncated",
    signatures((text) => text.slice(0, -1)),
  ),
  vector(
    "SIGNATURE_MALFORMED",
    "upper case",
    signatures((text) => text.toUpperCase()),
  ),
  vector(
    "SIGNATURE_MALFORMED",
    "too many lines",
    signatures((text) => text.repeat(9)),
  ),
  vector("SIGNATURE_UNTRUSTED", "wrong key", (fixture) => {
    fixture.signers = [STRANGER];
    fixture.write();
  }),
  vector(
    "SIGNATURE_INVALID",
    "flipped bit",
    afterwards((fixture) => fixture.put("manifest.json", flipped(fixture.manifestBytes()))),
  ),
  vector("THRESHOLD_NOT_MET", "one of two", (fixture) => {
    fixture.signers = [KEY_ONE];
    fixture.write();
  }),
  vector(
    "THRESHOLD_NOT_MET",
    "one key twice",
    signatures((text) => text.slice(0, 194).repeat(2)),
  ),
  vector("MANIFEST_SIZE", "empty", (fixture) => void fixture.write(Buffer.alloc(0))),
  vector("MANIFEST_SIZE", "too large", (fixture) => void fixture.write(Buffer.alloc(32769, 0x20))),
  vector(
    "MANIFEST_MALFORMED",
    "trailing newline",
    withText((text) => `${text}\n`),
  ),
  vector(
    "MANIFEST_MALFORMED",
    "cut",
    withText((text) => text.slice(0, -1)),
  ),
  vector(
    "MANIFEST_MALFORMED",
    "a key twice",
    withText((text) => text.replace('"abi":1', '"abi":1,"abi":1')),
  ),
  vector(
    "MANIFEST_MALFORMED",
    "a leading zero",
    withText((text) => text.replace('"abi":1', '"abi":01')),
  ),
  vector(
    "MANIFEST_MALFORMED",
    "an escape",
    withText((text) => text.replace('"fairlead"', '"fairle\\u0061d"')),
  ),
  vector("MANIFEST_MALFORMED", "unknown field", withFields({ extra: 1 })),
  vector("MANIFEST_MALFORMED", "unknown field of a part", withFields({ parts: [{ ...partFor("x", X), zz: 1 }] })),
  vector("MANIFEST_MALFORMED", "counter of 33 bits", withFields({ securityCounter: 2 ** 32 })),
  vector("MANIFEST_MALFORMED", "unknown kind", withFields({ parts: [{ ...partFor("x", X), kind: "other" }] })),
  vector("MANIFEST_MALFORMED", "no parts", withFields({ parts: [] })),
  vector(
    "MANIFEST_MALFORMED",
    "too many parts",
    withFields({ parts: Array.from({ length: 65 }, (_, index) => partFor(`p${100 + index}`, X)) }),
  ),
  vector("MANIFEST_MALFORMED", "parts out of order", withFields({ parts: [partFor("b", X), partFor("a", X)] })),
  vector("FORMAT_UNKNOWN", "another", withFields({ format: "fairlead-bundle-2" })),
  vector("PRODUCT_MISMATCH", "another", withFields({ product: "other" })),
  vector("HARDWARE_MISMATCH", "another", withFields({ hardwareClass: "other" })),
  vector("ABI_MISMATCH", "another", withFields({ abi: 2 })),
  vector("LAYOUT_MISMATCH", "another version than the module's", withFields({ layoutVersion: 2 })),
  vector("LAYOUT_MISMATCH", "no section", withModule(makeModule({ layout: "" }))),
  vector(
    "LAYOUT_MISMATCH",
    "another version in the module",
    withModule(makeModule({ layout: `{"version":2,"profile":0,"hash":"${LAYOUT_HASH}"}` })),
  ),
  vector("COUNTER_TOO_OLD", "than the one kept", whole, { kept: 4 }),
  vector("COUNTER_TOO_OLD", "than the trust store's", whole, { trust: { minimumSecurityCounter: 4 } }),
  ...["../x", "a/../x", "/x", "a//x", "a/", "", ".x", "manifest.json", "manifest.sig", "x".repeat(97)].map((name) =>
    vector("PART_NAME", JSON.stringify(name), named(name)),
  ),
  vector("PART_NAME", "file and folder", withFields({ parts: ["a", "a-b", "a/b"].map((name) => partFor(name, X)) })),
  vector("PART_DUPLICATE", "twice", withFields({ parts: [partFor("x", X), partFor("x", X)] })),
  vector(
    "PART_MISSING",
    "none",
    afterwards((fixture) => rmSync(fixture.file(H))),
  ),
  vector(
    "PART_SIZE",
    "truncated",
    afterwards((fixture) => fixture.put(H, "/")),
  ),
  vector(
    "PART_SIZE",
    "oversized",
    afterwards((fixture) => fixture.put(MODULE_NAME, Buffer.concat([makeModule(), X]))),
  ),
  vector(
    "PART_HASH",
    "flipped bit",
    afterwards((fixture) => fixture.put(MODULE_NAME, flipped(makeModule()))),
  ),
  vector("MODULE_MISSING", "none", (fixture) => {
    fixture.files.delete(MODULE_NAME);
    fixture.write();
  }),
  vector("MODULE_MALFORMED", "a script", withModule(Buffer.from("#!/bin/sh\n"))),
  vector("MODULE_MALFORMED", "cut", withModule(makeModule().subarray(0, 40))),
  vector("MODULE_IMPORT", "none", withModule(makeModule({ imports: [] }))),
  vector("MODULE_IMPORT", "another memory", withModule(makeModule({ imports: [["host", "memory", "memory"]] }))),
  vector(
    "MODULE_IMPORT",
    "a function",
    withModule(
      makeModule({
        imports: [
          ["env", "memory", "memory"],
          ["env", "abort", "function"],
        ],
      }),
    ),
  ),
  vector("MODULE_EXPORT", "one too few", withModule(makeModule({ calls: CALLS.slice(1) }))),
  vector("MODULE_EXPORT", "one too many", withModule(makeModule({ calls: [...CALLS, "backdoor"] }))),
  vector("TRUST_MALFORMED", "no key", whole, { trust: { keys: [] } }),
  vector("TRUST_MALFORMED", "threshold of none", whole, { trust: { threshold: 0 } }),
  vector("TRUST_MALFORMED", "a key twice", whole, { trust: { keys: [KEY_ONE.hex, KEY_ONE.hex] } }),
  vector("TRUST_MALFORMED", "another format", whole, { trust: { format: "fairlead-trust-2" } }),
];
