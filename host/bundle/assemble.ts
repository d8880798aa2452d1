/** Puts a bundle together from files: reads the parts, writes the bill of materials and the manifest over them. */
import { createHash, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Entry } from "./archive/entry.js";
import {
  ABI_VERSION,
  BUNDLE_FORMAT,
  encodeManifest,
  MANIFEST_NAME,
  type Part,
  type PartKind,
  SIGNATURES_NAME,
} from "./manifest.js";
import { type ModuleLayout, moduleLayout } from "./module-facts.js";
import { BundleRefused } from "./refusal.js";
import { encodeSbom, type SbomPackage } from "./sbom.js";
import { addSignature, encodeSignatures, type Signature } from "./signatures.js";

/** A file that becomes a part. */
export interface PartSource {
  readonly name: string;
  readonly file: string;
  readonly kind: PartKind;
  readonly target: string;
}

export interface BundleDescription {
  readonly product: string;
  readonly hardwareClass: string;
  readonly version: string;
  readonly securityCounter: number;
  readonly sources: readonly PartSource[];
  readonly packages: readonly SbomPackage[];
  /** SOURCE_DATE_EPOCH, for the bill of materials; undefined leaves the time out. */
  readonly seconds?: number | undefined;
}

export const SBOM_NAME = "sbom.cdx.json";

interface Loaded {
  readonly source: PartSource;
  readonly bytes: Buffer;
  readonly layout: ModuleLayout | undefined;
}

function load(source: PartSource): Loaded {
  const bytes = readFileSync(source.file);
  return { source, bytes, layout: source.kind === "module" ? moduleLayout(source.name, bytes) : undefined };
}

/** The layout version of all modules; throws when there is no module, or when they differ. */
function commonLayoutVersion(loaded: readonly Loaded[]): number {
  const modules = loaded.filter((entry) => entry.layout !== undefined);
  const first = modules[0]?.layout;
  if (first === undefined) throw new BundleRefused("MODULE_MISSING", "a bundle holds at least one module");
  const other = modules.find((entry) => entry.layout?.version !== first.version);
  if (other !== undefined) {
    const others = `${other.source.name} has layout ${other.layout?.version}`;
    throw new BundleRefused("LAYOUT_MISMATCH", `${others}, ${modules[0]?.source.name} has ${first.version}`);
  }
  return first.version;
}

function partOf(name: string, bytes: Uint8Array, kind: PartKind, target: string, layout = ""): Part {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, kind, target, layout, bytes: bytes.length, sha256 };
}

/**
 * The entries of a bundle: its parts, the bill of materials, the manifest and, when keys are given, their signatures.
 * Throws `BundleRefused` for what `openBundle` would refuse, so that no such bundle is made.
 */
export function assembleBundle(description: BundleDescription, keys: readonly KeyObject[] = []): Entry[] {
  const loaded = description.sources.map(load);
  const layoutVersion = commonLayoutVersion(loaded);
  const inputs = loaded.map(({ source, bytes }) => ({ name: source.name, bytes }));
  const sbom = encodeSbom(description, inputs, description.packages);
  const parts = loaded.map(({ source, bytes, layout }) =>
    partOf(source.name, bytes, source.kind, source.target, layout?.hash),
  );
  parts.push(partOf(SBOM_NAME, sbom, "sbom", "any"));
  const { product, hardwareClass, version, securityCounter } = description;
  const manifest = encodeManifest({
    format: BUNDLE_FORMAT,
    product,
    hardwareClass,
    abi: ABI_VERSION,
    layoutVersion,
    version,
    securityCounter,
    parts,
  });
  const entries: Entry[] = loaded.map(({ source, bytes }) => ({
    name: source.name,
    bytes,
    executable: source.kind === "executable",
  }));
  entries.push({ name: SBOM_NAME, bytes: sbom, executable: false });
  entries.push({ name: MANIFEST_NAME, bytes: manifest, executable: false });
  if (keys.length > 0) entries.push({ name: SIGNATURES_NAME, bytes: signAll(keys, manifest), executable: false });
  return entries;
}

function signAll(keys: readonly KeyObject[], manifest: Uint8Array): Buffer {
  let signatures: Signature[] = [];
  for (const key of keys) signatures = addSignature(signatures, key, manifest);
  return encodeSignatures(signatures);
}
