/** Bundles for tests: a module of a few bytes that keeps to ABI 1, keys, a trust store, and a signed directory. */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CanonicalValue, canonicalBytes } from "../../../host/bundle/canonical.js";
import { publicKeyHex } from "../../../host/bundle/keys.js";
import type { Manifest, Part } from "../../../host/bundle/manifest.js";
import { addSignature, encodeSignatures, type Signature } from "../../../host/bundle/signatures.js";
import { encodeTrust, parseTrust, type TrustStore } from "../../../host/bundle/trust.js";

export const LAYOUT_HASH = "00112233445566aa";
export const MODULE_NAME = "modules/fairlead-small-plain.wasm";

const CALLS = ["fairlead_abi_1", "abiVersion", "reset", "configure", "attach", "tick", "scrub"];

export interface ModuleShape {
  readonly imports?: readonly [module: string, name: string, kind: "memory" | "function"][];
  readonly calls?: readonly string[];
  readonly layout?: string;
  /** Pages of the memory, exactly; 1 if not given. */
  readonly pages?: number;
  /** Calls that trap. */
  readonly trapping?: readonly string[];
}

const uint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...uint(value >>> 7)]);
const text = (value: string): number[] => [...uint(value.length), ...Buffer.from(value, "latin1")];
const section = (id: number, contents: number[]): number[] => [id, ...uint(contents.length), ...contents];
const vector = (items: readonly number[][]): number[] => [...uint(items.length), ...items.flat()];

/** A module that V8 accepts: every call is an empty function without a result. */
export function makeModule(shape: ModuleShape = {}): Buffer {
  const imports = shape.imports ?? [["env", "memory", "memory"]];
  const calls = shape.calls ?? CALLS;
  const importedFunctions = imports.filter(([, , kind]) => kind === "function").length;
  const importEntries = imports.map(([module, name, kind]) => [
    ...text(module),
    ...text(name),
    ...(kind === "memory" ? [2, 1, ...uint(shape.pages ?? 1), ...uint(shape.pages ?? 1)] : [0, 0]),
  ]);
  const layout = shape.layout ?? `{"version":1,"profile":0,"hash":"${LAYOUT_HASH}"}`;
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 0, 0]])),
    ...section(2, vector(importEntries)),
    ...section(3, vector(calls.map(() => [0]))),
    ...section(7, vector(calls.map((name, index) => [...text(name), 0, ...uint(importedFunctions + index)]))),
    ...section(10, vector(calls.map((name) => (shape.trapping?.includes(name) ? [3, 0, 0x00, 0x0b] : [2, 0, 0x0b])))),
    ...(layout === "" ? [] : section(0, [...text("fairlead.layout"), ...Buffer.from(layout, "latin1")])),
  ]);
}

export function partFor(name: string, bytes: Uint8Array, kind: Part["kind"] = "document"): Part {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const target = kind === "module" ? "wasm32" : "any";
  return { name, kind, target, layout: kind === "module" ? LAYOUT_HASH : "", bytes: bytes.length, sha256 };
}

export interface Key {
  readonly secret: KeyObject;
  readonly hex: string;
}

export function makeKey(): Key {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { secret: privateKey, hex: publicKeyHex(privateKey) };
}

/** A device that trusts two keys and wants both; the third key is nobody's. */
export const [KEY_ONE, KEY_TWO, STRANGER] = [makeKey(), makeKey(), makeKey()] as const;

export function makeTrust(changes: Partial<TrustStore> = {}): TrustStore {
  return parseTrust(
    encodeTrust({
      product: "fairlead",
      hardwareClass: "bench",
      keys: [KEY_ONE.hex, KEY_TWO.hex],
      threshold: 2,
      minimumSecurityCounter: 3,
      ...changes,
    }),
  );
}

/** A bundle directory in the making: files, and the manifest as a value that a test may spoil before it is written. */
export class BundleFixture {
  readonly directory = mkdtempSync(join(tmpdir(), "fairlead-bundle-"));
  readonly files = new Map<string, Buffer>([
    [MODULE_NAME, makeModule()],
    ["build/fairlead.h", Buffer.from("/* header */\n")],
  ]);
  /** Fields that replace those of the manifest. */
  changes: Record<string, CanonicalValue> = {};
  signers: readonly Key[] = [KEY_ONE, KEY_TWO];

  parts(): Part[] {
    const names = [...this.files.keys()].sort();
    return names.map((name) =>
      partFor(name, this.files.get(name) as Buffer, name.endsWith(".wasm") ? "module" : "document"),
    );
  }

  manifest(): Manifest {
    return {
      format: "fairlead-bundle-1",
      product: "fairlead",
      hardwareClass: "bench",
      abi: 1,
      layoutVersion: 1,
      version: "1.2.3",
      securityCounter: 3,
      parts: this.parts(),
      ...this.changes,
    };
  }

  manifestBytes(): Buffer {
    return canonicalBytes(this.manifest() as never);
  }

  signatures(manifest: Uint8Array): Buffer {
    let signatures: Signature[] = [];
    for (const key of this.signers) signatures = addSignature(signatures, key.secret, manifest);
    return encodeSignatures(signatures);
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  put(name: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), bytes);
  }

  /** Writes the files and a signed manifest; `manifest` replaces its bytes. */
  write(manifest: Uint8Array = this.manifestBytes()): this {
    for (const [name, bytes] of this.files) this.put(name, bytes);
    this.put("manifest.json", manifest);
    this.put("manifest.sig", this.signatures(manifest));
    return this;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
