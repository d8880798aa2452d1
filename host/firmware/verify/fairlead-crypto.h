/*
 * What the verifier needs of a cryptographic library: Ed25519 (RFC 8032, no prehash) and SHA-256 (FIPS 180-4). An
 * adapter of a page is compiled beside the verifier: fairlead-crypto-sodium.c over libsodium. No function here
 * allocates, waits or keeps state of its own; all may be called from any thread.
 */
#ifndef FAIRLEAD_CRYPTO_H
#define FAIRLEAD_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

/* Room for a library's running hash; the adapter asserts that it is enough. */
typedef struct fairlead_sha256 {
  uint64_t opaque[16];
} fairlead_sha256_t;

void fairlead_sha256_begin(fairlead_sha256_t *hash);
void fairlead_sha256_update(fairlead_sha256_t *hash, const uint8_t *bytes, size_t count);
void fairlead_sha256_end(fairlead_sha256_t *hash, uint8_t digest[32]);

/* 0 when `signature` is by `key` over the message, -1 otherwise. */
int fairlead_ed25519_check(const uint8_t signature[64], const uint8_t key[32], const uint8_t *message, size_t count);

#endif
