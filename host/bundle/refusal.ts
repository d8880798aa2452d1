/**
 * Why a bundle is refused: one word a reason, the same words and numbers as `enum fairlead_refusal` in
 * `host/firmware/verify/verify.h` (a test compares the two). A refusal never changes what is in service.
 */
export const RefusalReason = {
  /** The bundle, its manifest or its signatures can't be read. */
  UNREADABLE: 1,
  /** The trust store is not one that `fairlead trust store` wrote. */
  TRUST_MALFORMED: 2,
  /** There is no signature. */
  UNSIGNED: 3,
  /** The signature file is not lines of a public key and a signature. */
  SIGNATURE_MALFORMED: 4,
  /** There are signatures, but none by a key of the trust store. */
  SIGNATURE_UNTRUSTED: 5,
  /** A signature of a trusted key doesn't fit the manifest: one of the two was changed. */
  SIGNATURE_INVALID: 6,
  /** Fewer trusted keys signed than the trust store demands; a key counts once. */
  THRESHOLD_NOT_MET: 7,
  /** The manifest is empty or larger than `MANIFEST_BYTES_MAX`. */
  MANIFEST_SIZE: 8,
  /** The manifest is not canonical JSON of exactly the known fields. */
  MANIFEST_MALFORMED: 9,
  /** Another format of bundle. */
  FORMAT_UNKNOWN: 10,
  /** Made for another product. */
  PRODUCT_MISMATCH: 11,
  /** Made for another hardware class. */
  HARDWARE_MISMATCH: 12,
  /** Another ABI than the host speaks. */
  ABI_MISMATCH: 13,
  /** Another memory layout than the host, or a module that says another layout than the manifest. */
  LAYOUT_MISMATCH: 14,
  /** The security counter is lower than the one kept. */
  COUNTER_TOO_OLD: 15,
  /** The name of a part leaves the bundle, is reserved, or is also a folder's. */
  PART_NAME: 16,
  /** A part stands twice in the manifest. */
  PART_DUPLICATE: 17,
  /** A part of the manifest is not there, or is no plain file. */
  PART_MISSING: 18,
  /** A part is longer or shorter than the manifest says. */
  PART_SIZE: 19,
  /** A part's SHA-256 differs from the manifest's. */
  PART_HASH: 20,
  /** A file that the manifest doesn't name. */
  PART_UNEXPECTED: 21,
  /** The bundle holds no module (for that profile). */
  MODULE_MISSING: 22,
  /** A module that is no WebAssembly module. */
  MODULE_MALFORMED: 23,
  /** A module that imports anything but its memory. */
  MODULE_IMPORT: 24,
  /** A module that lacks a call of the ABI or exports something else. */
  MODULE_EXPORT: 25,
} as const;

export type RefusalName = keyof typeof RefusalReason;

/** A bundle that was refused; `reason` names why, `detail` says what was found and what would be right. */
export class BundleRefused extends Error {
  readonly reason: RefusalName;
  readonly detail: string;

  constructor(reason: RefusalName, detail: string) {
    super(`refused: ${reason}: ${detail}`);
    this.name = "BundleRefused";
    this.reason = reason;
    this.detail = detail;
  }

  /** The reason as a number, for logs that a machine reads. */
  get code(): number {
    return RefusalReason[this.reason];
  }
}
