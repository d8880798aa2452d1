/*
 * Verifies a bundle before anything in it is parsed or run: signatures and threshold over the manifest's bytes, then
 * what the manifest is for, then size and SHA-256 of each part, and only then what a module imports and exports.
 *
 * C99, for hosted and freestanding use: no allocation, no input or output, no globals, no recursion. The caller hands
 * over bytes that nobody else can change meanwhile (a sealed memory file, flash, its own memory) and uses those very
 * bytes afterwards. Stack: at most 8 KiB, cryptography included (measured with libsodium on x86-64 at 5 KiB by
 * npm run e2e:image, which also counts allocations: none). A fairlead_manifest_t is about 6 KiB of the caller's.
 *
 * Every int below is FAIRLEAD_VERIFIED (0) or a negative fairlead_verdict_t. The formats are described in
 * host/bundle/README.md. Any thread may call any function here; each works on its arguments alone.
 */
#ifndef FAIRLEAD_VERIFY_H
#define FAIRLEAD_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "fairlead-crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI that this host speaks: the number in the module's marker fairlead_abi_1. */
#define FAIRLEAD_BUNDLE_ABI 1u
#define FAIRLEAD_MANIFEST_BYTES_MAX 32768u
#define FAIRLEAD_TRUST_BYTES_MAX 4096u
#define FAIRLEAD_PART_MAX 64u
#define FAIRLEAD_PART_BYTES_MAX (64u * 1024u * 1024u)
#define FAIRLEAD_PART_NAME_MAX 96u
#define FAIRLEAD_KEY_MAX 16u
/* One line of manifest.sig: 64 hex digits, a blank, 128 hex digits, a newline. */
#define FAIRLEAD_SIGNATURE_LINE_BYTES 194u

/* Why a bundle is refused; the same words and numbers as in host/bundle/refusal.ts, negated. */
typedef enum fairlead_verdict {
  FAIRLEAD_VERIFIED = 0,
  FAIRLEAD_REFUSED_UNREADABLE = -1,           /* for the caller: the bundle can't be read */
  FAIRLEAD_REFUSED_TRUST_MALFORMED = -2,      /* the trust store isn't one that `fairlead trust store` wrote */
  FAIRLEAD_REFUSED_UNSIGNED = -3,             /* there is no signature */
  FAIRLEAD_REFUSED_SIGNATURE_MALFORMED = -4,  /* not lines of a key and a signature */
  FAIRLEAD_REFUSED_SIGNATURE_UNTRUSTED = -5,  /* none is by a key of the trust store */
  FAIRLEAD_REFUSED_SIGNATURE_INVALID = -6,    /* a trusted key's signature doesn't fit the manifest */
  FAIRLEAD_REFUSED_THRESHOLD_NOT_MET = -7,    /* too few trusted keys signed; a key counts once */
  FAIRLEAD_REFUSED_MANIFEST_SIZE = -8,        /* empty, or larger than FAIRLEAD_MANIFEST_BYTES_MAX */
  FAIRLEAD_REFUSED_MANIFEST_MALFORMED = -9,   /* not canonical JSON of exactly the known fields */
  FAIRLEAD_REFUSED_FORMAT_UNKNOWN = -10,      /* another format of bundle */
  FAIRLEAD_REFUSED_PRODUCT_MISMATCH = -11,    /* made for another product */
  FAIRLEAD_REFUSED_HARDWARE_MISMATCH = -12,   /* made for another hardware class */
  FAIRLEAD_REFUSED_ABI_MISMATCH = -13,        /* another ABI than this host speaks */
  FAIRLEAD_REFUSED_LAYOUT_MISMATCH = -14,     /* a module of another layout than the manifest says */
  FAIRLEAD_REFUSED_COUNTER_TOO_OLD = -15,     /* a lower security counter than the one kept */
  FAIRLEAD_REFUSED_PART_NAME = -16,           /* a name that leaves the bundle, is reserved, or is also a folder's */
  FAIRLEAD_REFUSED_PART_DUPLICATE = -17,      /* a part stands twice in the manifest */
  FAIRLEAD_REFUSED_PART_MISSING = -18,        /* for the caller: a part isn't there */
  FAIRLEAD_REFUSED_PART_SIZE = -19,           /* longer or shorter than the manifest says */
  FAIRLEAD_REFUSED_PART_HASH = -20,           /* another SHA-256 than the manifest's */
  FAIRLEAD_REFUSED_PART_UNEXPECTED = -21,     /* for the caller: a file that the manifest doesn't name */
  FAIRLEAD_REFUSED_MODULE_MISSING = -22,      /* no part is a module */
  FAIRLEAD_REFUSED_MODULE_MALFORMED = -23,    /* a module that is no WebAssembly module */
  FAIRLEAD_REFUSED_MODULE_IMPORT = -24,       /* a module that imports anything but its memory */
  FAIRLEAD_REFUSED_MODULE_EXPORT = -25        /* a module that lacks a call of the ABI or exports something else */
} fairlead_verdict_t;

/* Text within the caller's bytes: not ended by a NUL, printable ASCII. */
typedef struct fairlead_text {
  const char *at;
  size_t count;
} fairlead_text_t;

/* Whose bundles a device takes. Its texts point into the bytes that it was read from. */
typedef struct fairlead_trust {
  fairlead_text_t product;
  fairlead_text_t hardware_class;
  uint8_t keys[FAIRLEAD_KEY_MAX][32];
  uint32_t key_count;
  uint32_t threshold;
  uint32_t minimum_counter;
} fairlead_trust_t;

typedef enum fairlead_part_kind {
  FAIRLEAD_PART_DOCUMENT,
  FAIRLEAD_PART_EXECUTABLE,
  FAIRLEAD_PART_HEADER,
  FAIRLEAD_PART_MODULE,
  FAIRLEAD_PART_OBJECT,
  FAIRLEAD_PART_SBOM,
  FAIRLEAD_PART_SOURCE
} fairlead_part_kind_t;

typedef struct fairlead_part {
  fairlead_text_t name;
  fairlead_text_t target;
  fairlead_text_t layout; /* 16 hex digits, or empty */
  fairlead_part_kind_t kind;
  uint32_t bytes;
  uint8_t sha256[32];
} fairlead_part_t;

/* A verified manifest. Its texts point into the bytes that were verified. */
typedef struct fairlead_manifest {
  fairlead_text_t product;
  fairlead_text_t hardware_class;
  fairlead_text_t version;
  uint32_t layout_version;
  uint32_t security_counter;
  uint32_t part_count;
  fairlead_part_t parts[FAIRLEAD_PART_MAX];
} fairlead_manifest_t;

/* The running check of a part that arrives piece by piece. */
typedef struct fairlead_part_check {
  const fairlead_part_t *part;
  uint64_t seen;
  fairlead_sha256_t hash;
} fairlead_part_check_t;

/* Reads a trust store, as `fairlead trust store` writes it. Refusals: TRUST_MALFORMED. */
int fairlead_trust_read(fairlead_trust_t *trust, const uint8_t *bytes, size_t count);

/*
 * Verifies a manifest and reads it.
 *
 * kept_counter  the security counter that the device has kept, 0 where it has kept none; the trust store's minimum
 *               holds beside it
 * bytes         manifest.json; must stay as it is while `manifest` is in use
 * lines         manifest.sig
 *
 * Refusals: all from UNSIGNED to PART_DUPLICATE, and MODULE_MISSING. `manifest` is usable only when 0 is returned.
 */
int fairlead_manifest_verify(fairlead_manifest_t *manifest, const fairlead_trust_t *trust, uint32_t kept_counter,
                             const uint8_t *bytes, size_t count, const uint8_t *lines, size_t line_bytes);

/* The part of this name (ended by a NUL), or NULL. */
const fairlead_part_t *fairlead_manifest_find(const fairlead_manifest_t *manifest, const char *name);

/*
 * Verifies a whole part: size, SHA-256 and, for a module, imports, exports and layout.
 * Refusals: PART_SIZE, PART_HASH, MODULE_MALFORMED, MODULE_IMPORT, MODULE_EXPORT, LAYOUT_MISMATCH.
 */
int fairlead_part_verify(const fairlead_manifest_t *manifest, const fairlead_part_t *part, const uint8_t *bytes,
                         size_t count);

/* The same for a part that doesn't fit in memory at once and is no module: begin, update with each piece, end. */
void fairlead_part_begin(fairlead_part_check_t *check, const fairlead_part_t *part);
void fairlead_part_update(fairlead_part_check_t *check, const uint8_t *bytes, size_t count);
/* Refusals: PART_SIZE, PART_HASH. */
int fairlead_part_end(fairlead_part_check_t *check);

/*
 * Checks the sections of a module whose bytes were verified. `layout` is the hash that the manifest names.
 * Refusals: MODULE_MALFORMED, MODULE_IMPORT, MODULE_EXPORT, LAYOUT_MISMATCH.
 */
int fairlead_module_check(const uint8_t *bytes, size_t count, uint32_t layout_version, fairlead_text_t layout);

/* The reason's word, such as "PART_HASH"; "VERIFIED" for 0. Never NULL. */
const char *fairlead_verdict_text(int verdict);

#ifdef __cplusplus
}
#endif

#endif
