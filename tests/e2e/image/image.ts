/** The images of the run: an initramfs of the verifying host, the device's own files, and bundles appended to it. */

import type { KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCpio } from "../../../host/bundle/archive/cpio.js";
import type { Entry } from "../../../host/bundle/archive/entry.js";
import { assembleBundle, type BundleDescription, type PartSource } from "../../../host/bundle/assemble.js";
import { encodeTrust } from "../../../host/bundle/trust.js";

/** Name of the executable part that the host runs. */
export const SERVED = "executables/x86_64-linux/served";
/** The security counter that the device has kept. */
export const KEPT = 3;

const file = (name: string, bytes: Uint8Array, executable = false): Entry => ({ name, bytes, executable });

/** The device's own part of the image: host, trust store, kept counter, and the recording to run. */
export function deviceArchive(boot: string, keys: readonly string[], recording: Uint8Array): Buffer {
  const trust = encodeTrust({
    product: "fairlead",
    hardwareClass: "qemu-pc",
    keys,
    threshold: 2,
    minimumSecurityCounter: 1,
  });
  const entries = [
    file("init", readFileSync(boot), true),
    file("etc/trust.json", trust),
    file("etc/kept", Buffer.from(`${KEPT}\n`)),
    file("recording.flr", recording),
  ];
  return writeCpio(entries, 0);
}

export interface ImageBundle {
  readonly version: string;
  readonly securityCounter: number;
  readonly keys: readonly KeyObject[];
  readonly module: PartSource;
  readonly executable: string;
  readonly header: string;
  /** Flips one bit in the middle of this part, after signing. */
  readonly flip?: string;
}

/** A bundle as a cpio archive below `fairlead/<place>`. */
export function bundleArchive(bundle: ImageBundle, place: string): Buffer {
  const sources: PartSource[] = [
    bundle.module,
    { name: "build/fairlead.h", file: bundle.header, kind: "header", target: "any" },
    { name: SERVED, file: bundle.executable, kind: "executable", target: "x86_64-linux" },
  ];
  const description: BundleDescription = {
    product: "fairlead",
    hardwareClass: "qemu-pc",
    version: bundle.version,
    securityCounter: bundle.securityCounter,
    sources,
    packages: [],
  };
  const entries = assembleBundle(description, bundle.keys).map((entry) =>
    entry.name === bundle.flip ? { ...entry, bytes: flipped(entry.bytes) } : entry,
  );
  return writeCpio(entries, 0, `fairlead/${place}`);
}

function flipped(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length >> 1;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** Writes an initramfs: archives one after another, as the kernel unpacks them. */
export function writeInitramfs(folder: string, archives: readonly Buffer[]): string {
  const path = join(folder, "initramfs.cpio");
  writeFileSync(path, Buffer.concat(archives));
  return path;
}
