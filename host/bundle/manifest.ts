/** The manifest: what a bundle is for, and length and SHA-256 of every part. Its bytes are what is signed. */
import { canonicalBytes, parseCanonical } from "./canonical.js";
import { BundleRefused } from "./refusal.js";

export const MANIFEST_NAME = "manifest.json";
export const SIGNATURES_NAME = "manifest.sig";
export const BUNDLE_FORMAT = "fairlead-bundle-1";
/** The ABI that this host speaks: the number in the module's marker `fairlead_abi_1`. */
export const ABI_VERSION = 1;

/** Room for `PART_MAX` parts with the longest names and targets; the C verifier keeps this many bytes. */
export const MANIFEST_BYTES_MAX = 32768;
/** Six modules, the loader's sources, objects for a few processors, documents. */
export const PART_MAX = 64;
/** The largest part is an executable; 64 MiB is far above one and far below a controller's memory. */
export const PART_BYTES_MAX = 64 * 1024 * 1024;
/** A ustar header holds 100 bytes of name. */
export const PART_NAME_MAX = 96;

export const PART_KINDS = ["module", "header", "source", "object", "executable", "sbom", "document"] as const;
export type PartKind = (typeof PART_KINDS)[number];

export interface Part {
  readonly name: string;
  readonly kind: PartKind;
  /** `any`, `wasm32`, or the machine an object or executable is for, such as `x86_64-linux`. */
  readonly target: string;
  readonly bytes: number;
  /** The layout hash of the profile that a module or executable is built for, 16 hex digits; else empty. */
  readonly layout: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

export interface Manifest {
  readonly format: string;
  readonly product: string;
  readonly hardwareClass: string;
  readonly abi: number;
  readonly layoutVersion: number;
  readonly version: string;
  /** Raised by the maker whenever an older version must not run again; 0 to 2^32-1. */
  readonly securityCounter: number;
  /** In ascending order of name. */
  readonly parts: readonly Part[];
}

type Check = (value: unknown) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const within =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max;

/** Product, hardware class and target: a word. */
export const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Version: semantic versions fit. */
export const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;
const COMPONENT = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
export const UINT32_MAX = 0xffffffff;

const MANIFEST_FIELDS: Record<keyof Manifest, Check> = {
  format: (value) => typeof value === "string",
  product: matches(WORD),
  hardwareClass: matches(WORD),
  abi: within(0, UINT32_MAX),
  layoutVersion: within(0, UINT32_MAX),
  version: matches(VERSION),
  securityCounter: within(0, UINT32_MAX),
  parts: (value) => Array.isArray(value) && value.length >= 1 && value.length <= PART_MAX,
};

const PART_FIELDS: Record<keyof Part, Check> = {
  name: (value) => typeof value === "string",
  kind: (value) => (PART_KINDS as readonly unknown[]).includes(value),
  target: matches(WORD),
  layout: matches(/^([0-9a-f]{16})?$/),
  bytes: within(0, PART_BYTES_MAX),
  sha256: matches(/^[0-9a-f]{64}$/),
};

/** The first thing wrong with an object's fields: a missing, unknown or ill-formed one; undefined when all is right. */
export function wrongField(value: unknown, fields: Record<string, Check>): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not an object";
  const record = value as Record<string, unknown>;
  const unknown = Object.keys(record).find((key) => !Object.hasOwn(fields, key));
  if (unknown !== undefined) return `has an unknown field "${unknown}"`;
  for (const [key, check] of Object.entries(fields)) {
    if (!Object.hasOwn(record, key)) return `lacks the field "${key}"`;
    if (!check(record[key])) return `has a field "${key}" of another kind or out of range`;
  }
  return undefined;
}

/** Whether a name stays within the bundle: plain components, none beginning with a dot, no reserved name. */
export function isPartName(name: string): boolean {
  if (name.length > PART_NAME_MAX || name === MANIFEST_NAME || name === SIGNATURES_NAME) return false;
  return name.split("/").every((component) => COMPONENT.test(component));
}

/** Throws `PART_NAME`, `PART_DUPLICATE` or `MANIFEST_MALFORMED` where names are unfit, double or out of order. */
function checkNames(parts: readonly Part[]): void {
  const names = new Set<string>();
  let previous = "";
  for (const { name } of parts) {
    if (!isPartName(name)) throw new BundleRefused("PART_NAME", `${JSON.stringify(name)} is no name for a part`);
    if (names.has(name)) throw new BundleRefused("PART_DUPLICATE", `${name} stands twice in the manifest`);
    if (name < previous) {
      throw new BundleRefused("MANIFEST_MALFORMED", `part ${name} comes after ${previous}; parts ascend by name`);
    }
    names.add(name);
    previous = name;
  }
  for (const { name } of parts) {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
      const folder = name.slice(0, at);
      if (names.has(folder)) throw new BundleRefused("PART_NAME", `${folder} is both a part and the folder of ${name}`);
    }
  }
}

/** Throws `BundleRefused` unless the value is a whole manifest of this format. */
export function checkManifest(value: unknown): Manifest {
  const wrong = wrongField(value, MANIFEST_FIELDS);
  if (wrong !== undefined) throw new BundleRefused("MANIFEST_MALFORMED", `the manifest ${wrong}`);
  const manifest = value as Manifest;
  if (manifest.format !== BUNDLE_FORMAT) {
    throw new BundleRefused("FORMAT_UNKNOWN", `the format is "${manifest.format}", this host reads "${BUNDLE_FORMAT}"`);
  }
  manifest.parts.forEach((part, index) => {
    const wrongPart = wrongField(part, PART_FIELDS);
    if (wrongPart !== undefined) throw new BundleRefused("MANIFEST_MALFORMED", `part ${index} ${wrongPart}`);
  });
  checkNames(manifest.parts);
  return manifest;
}

/** The canonical bytes of a manifest; parts may come in any order. Throws `BundleRefused` for a manifest unfit. */
export function encodeManifest(manifest: Manifest): Buffer {
  const parts = [...manifest.parts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const sorted = { ...manifest, parts };
  checkManifest(sorted);
  const bytes = canonicalBytes(sorted as never);
  if (bytes.length > MANIFEST_BYTES_MAX) {
    throw new BundleRefused("MANIFEST_SIZE", `${bytes.length} bytes; at most ${MANIFEST_BYTES_MAX} fit`);
  }
  return bytes;
}

/** Reads a manifest whose signatures were verified. Throws `BundleRefused`. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseCanonical(bytes);
  if (value === undefined) {
    throw new BundleRefused("MANIFEST_MALFORMED", "the manifest is not canonical JSON (RFC 8785, ASCII, integers)");
  }
  return checkManifest(value);
}
