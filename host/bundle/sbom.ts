/** The bill of materials of a bundle: CycloneDX 1.5 as JSON. Two runs on the same input give the same bytes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BundleInputError } from "./input-error.js";

export interface SbomPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SbomSubject {
  readonly product: string;
  readonly version: string;
  readonly hardwareClass: string;
  /** Seconds since 1970 of SOURCE_DATE_EPOCH; undefined leaves the time out. */
  readonly seconds?: number | undefined;
}

/** A package that went into the parts, by its package URL and licence (SPDX). */
export interface SbomPackage {
  readonly purl: string;
  readonly license?: string | undefined;
}

const PURL = /^pkg:[a-z0-9.+-]+\/[^@?#\s]+@[^@?#\s]+(\?[^#\s]*)?$/;

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** A UUID (RFC 9562, version 8) made from a digest, so that the same parts have the same serial number. */
function serialNumber(digest: string): string {
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 3) | 8).toString(16);
  const groups = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, variant + digest.slice(17, 20)];
  return `urn:uuid:${groups.join("-")}-${digest.slice(20, 32)}`;
}

/** Reads name and version out of a package URL; throws `BundleInputError` where it is none. */
function parsePurl(purl: string): { name: string; version: string } {
  if (!PURL.test(purl)) {
    throw new BundleInputError(`"${purl}" is no package URL; pkg:deb/debian/libsodium-dev@1.0.18-1 would be one`);
  }
  const at = purl.lastIndexOf("@");
  const path = purl.slice(0, at);
  const version = (purl.slice(at + 1).split("?")[0] ?? "").trim();
  return { name: decodeURIComponent(path.slice(path.lastIndexOf("/") + 1)), version: decodeURIComponent(version) };
}

function packageComponent({ purl, license }: SbomPackage): Record<string, unknown> {
  const { name, version } = parsePurl(purl);
  const licenses = license === undefined ? {} : { licenses: [{ expression: license }] };
  return { type: "library", "bom-ref": purl, name, version, ...licenses, purl };
}

function partComponent({ name, bytes }: SbomPart): Record<string, unknown> {
  const hashes = [{ alg: "SHA-256", content: sha256(bytes) }];
  return { type: "file", "bom-ref": `part:${name}`, name, hashes };
}

/** Packages that the modules are compiled with, as the lock file pins them: parts of them end up in the modules. */
export function compilerPackages(lockFile: string): SbomPackage[] {
  const lock = JSON.parse(readFileSync(lockFile, "utf8")) as {
    packages: Record<string, { version: string; license?: string } | undefined>;
  };
  return ["assemblyscript", "binaryen"].flatMap((name) => {
    const entry = lock.packages[`node_modules/${name}`];
    return entry === undefined ? [] : [{ purl: `pkg:npm/${name}@${entry.version}`, license: entry.license }];
  });
}

/** The bytes of the bill of materials. Throws `BundleInputError` for a package URL that is none. */
export function encodeSbom(subject: SbomSubject, parts: readonly SbomPart[], packages: readonly SbomPackage[]): Buffer {
  const files = [...parts].sort((a, b) => (a.name < b.name ? -1 : 1)).map(partComponent);
  const libraries = [...packages].sort((a, b) => (a.purl < b.purl ? -1 : 1)).map(packageComponent);
  const components = [...files, ...libraries];
  const root = `pkg:generic/${subject.product}@${encodeURIComponent(subject.version)}`;
  const time = subject.seconds === undefined ? {} : { timestamp: new Date(subject.seconds * 1000).toISOString() };
  const metadata = {
    ...time,
    component: {
      type: "firmware",
      "bom-ref": root,
      name: subject.product,
      version: subject.version,
      description: `Decision core for hardware class ${subject.hardwareClass}`,
      purl: root,
    },
  };
  const dependencies = [{ ref: root, dependsOn: components.map((component) => component["bom-ref"]) }];
  const digest = sha256(JSON.stringify([metadata, components]));
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: serialNumber(digest),
    version: 1,
    metadata,
    components,
    dependencies,
  };
  return Buffer.from(`${JSON.stringify(bom, null, 2)}\n`, "utf8");
}
