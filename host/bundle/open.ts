/**
 * Opens a bundle: verify before parse. In this order: signatures and threshold over the manifest's bytes; then what the
 * manifest is for; then size and SHA-256 of every part, as read once into memory; only then is a module looked into.
 * What is handed back are those very bytes, so that nothing can be put in their place after the check.
 */
import { createHash } from "node:crypto";
import { type BundleSource, DirectorySource, readPlainFile } from "./directory.js";
import {
  ABI_VERSION,
  MANIFEST_BYTES_MAX,
  MANIFEST_NAME,
  type Manifest,
  type Part,
  parseManifest,
  SIGNATURES_NAME,
} from "./manifest.js";
import { verifyModulePart } from "./module-facts.js";
import { BundleRefused } from "./refusal.js";
import { parseSignatures, SIGNATURE_LINE_BYTES, verifySignatures } from "./signatures.js";
import { KEY_MAX, parseTrust, TRUST_BYTES_MAX, type TrustStore } from "./trust.js";

export interface OpenOptions {
  /** The security counter that the device has kept; 0 where it has kept none. */
  readonly keptSecurityCounter?: number;
  /** The layouts that the host's views were made for; left out, the modules need only agree with the manifest. */
  readonly layout?: { readonly version: number; readonly hashes: readonly string[] };
}

export interface VerifiedBundle {
  readonly manifest: Manifest;
  /** The manifest's SHA-256, 64 hex digits: names this very bundle, whoever signed it. */
  readonly digest: string;
  /** Public keys that signed, 64 hex digits each. */
  readonly signers: readonly string[];
  /** The verified bytes of every part, by name. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** The verified bytes of the module of a profile; throws `MODULE_MISSING`. */
  module(profile: string, build?: "plain" | "shared"): Uint8Array;
}

/** Reads a trust store's file. Throws `TRUST_MALFORMED`. */
export function readTrust(file: string): TrustStore {
  return parseTrust(readPlainFile(file, TRUST_BYTES_MAX, "TRUST_MALFORMED", "TRUST_MALFORMED"));
}

function checkLayout(manifest: Manifest, layout: OpenOptions["layout"]): void {
  if (layout === undefined) return;
  if (layout.version !== manifest.layoutVersion) {
    throw new BundleRefused("LAYOUT_MISMATCH", `layout ${manifest.layoutVersion}, this host's is ${layout.version}`);
  }
  const other = manifest.parts.find((part) => part.kind === "module" && !layout.hashes.includes(part.layout));
  if (other !== undefined) {
    const expected = layout.hashes.join(", ");
    throw new BundleRefused("LAYOUT_MISMATCH", `${other.name}: layout ${other.layout}, this host's are ${expected}`);
  }
}

/** Throws unless the manifest is for this product, hardware, host and time. */
function checkPurpose(manifest: Manifest, trust: TrustStore, options: OpenOptions): void {
  if (manifest.product !== trust.product) {
    throw new BundleRefused("PRODUCT_MISMATCH", `made for "${manifest.product}", this is "${trust.product}"`);
  }
  if (manifest.hardwareClass !== trust.hardwareClass) {
    const detail = `made for hardware class "${manifest.hardwareClass}", this is "${trust.hardwareClass}"`;
    throw new BundleRefused("HARDWARE_MISMATCH", detail);
  }
  if (manifest.abi !== ABI_VERSION) {
    throw new BundleRefused("ABI_MISMATCH", `ABI ${manifest.abi}, this host speaks ${ABI_VERSION}`);
  }
  checkLayout(manifest, options.layout);
  const least = Math.max(trust.minimumSecurityCounter, options.keptSecurityCounter ?? 0);
  if (manifest.securityCounter < least) {
    throw new BundleRefused(
      "COUNTER_TOO_OLD",
      `security counter ${manifest.securityCounter}, at least ${least} is kept`,
    );
  }
}

/** Throws unless bytes are those that the manifest names. */
export function verifyPart(part: Part, bytes: Uint8Array): void {
  if (bytes.length !== part.bytes) {
    throw new BundleRefused("PART_SIZE", `${part.name}: ${bytes.length} bytes, the manifest says ${part.bytes}`);
  }
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== part.sha256) {
    throw new BundleRefused("PART_HASH", `${part.name}: SHA-256 ${found}, the manifest says ${part.sha256}`);
  }
}

/** Throws `PART_UNEXPECTED` for whatever the manifest doesn't name, `PART_MISSING` for what isn't a plain file. */
function checkListing(source: BundleSource, manifest: Manifest): void {
  const files = new Set([MANIFEST_NAME, SIGNATURES_NAME, ...manifest.parts.map((part) => part.name)]);
  const folders = new Set<string>();
  for (const { name } of manifest.parts) {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
  }
  const walk = (folder: string): void => {
    for (const { name: last, kind } of source.list(folder)) {
      const name = folder === "" ? last : `${folder}/${last}`;
      if (folders.has(name) && kind === "folder") walk(name);
      else if (folders.has(name)) throw new BundleRefused("PART_MISSING", `${name}: is no folder`);
      else if (!files.has(name)) throw new BundleRefused("PART_UNEXPECTED", `${name}: the manifest doesn't name it`);
      else if (kind !== "file") throw new BundleRefused("PART_MISSING", `${name}: is no plain file`);
    }
  };
  walk("");
}

function readParts(source: BundleSource, manifest: Manifest): Map<string, Uint8Array> {
  const parts = new Map<string, Uint8Array>();
  for (const part of manifest.parts) {
    const bytes = source.read(part.name, part.bytes, "PART_MISSING", "PART_SIZE");
    verifyPart(part, bytes);
    parts.set(part.name, bytes);
  }
  return parts;
}

/** Name of the part that holds a module; profile `small`, `standard` or `large`. */
export function modulePartName(profile: string, build: "plain" | "shared" = "plain"): string {
  return `modules/fairlead-${profile}-${build}.wasm`;
}

/** Opens and verifies a bundle, as `openBundle` does, from wherever its bytes are. */
export function openBundleFrom(source: BundleSource, trust: TrustStore, options: OpenOptions = {}): VerifiedBundle {
  const manifestBytes = source.read(MANIFEST_NAME, MANIFEST_BYTES_MAX, "UNREADABLE", "MANIFEST_SIZE");
  if (manifestBytes.length === 0) throw new BundleRefused("MANIFEST_SIZE", "the manifest is empty");
  const lines = source.read(SIGNATURES_NAME, KEY_MAX * SIGNATURE_LINE_BYTES, "UNSIGNED", "SIGNATURE_MALFORMED");
  const signers = verifySignatures(manifestBytes, parseSignatures(lines), trust);
  const manifest = parseManifest(manifestBytes);
  checkPurpose(manifest, trust, options);
  const modules = manifest.parts.filter((part) => part.kind === "module");
  if (modules.length === 0) throw new BundleRefused("MODULE_MISSING", "no part is a module");
  const parts = readParts(source, manifest);
  checkListing(source, manifest);
  for (const part of modules) verifyModulePart(part, parts.get(part.name) as Uint8Array, manifest.layoutVersion);
  const digest = createHash("sha256").update(manifestBytes).digest("hex");
  const module = (profile: string, build: "plain" | "shared" = "plain") => {
    const name = modulePartName(profile, build);
    if (!modules.some((part) => part.name === name)) {
      throw new BundleRefused("MODULE_MISSING", `${name} is not in the bundle`);
    }
    return parts.get(name) as Uint8Array;
  };
  return { manifest, digest, signers, parts, module };
}

/**
 * Opens and verifies the bundle in a directory for the device that the trust store describes. Throws `BundleRefused`
 * with the first reason found; nothing but this function's own memory has changed then.
 */
export function openBundle(path: string, trust: TrustStore, options: OpenOptions = {}): VerifiedBundle {
  return openBundleFrom(new DirectorySource(path), trust, options);
}
