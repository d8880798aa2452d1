/* The verifier's cryptography by libsodium (Debian: libsodium-dev), linked statically. */
#include "fairlead-crypto.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_sign_ed25519.h>

typedef char state_fits[sizeof(crypto_hash_sha256_state) <= sizeof(fairlead_sha256_t) ? 1 : -1];

static crypto_hash_sha256_state *state(fairlead_sha256_t *hash) {
  return (crypto_hash_sha256_state *)(void *)hash->opaque;
}

/* The library's functions used here always return 0, but for the check. */
void fairlead_sha256_begin(fairlead_sha256_t *hash) {
  (void)sizeof(state_fits);
  (void)crypto_hash_sha256_init(state(hash));
}

void fairlead_sha256_update(fairlead_sha256_t *hash, const uint8_t *bytes, size_t count) {
  (void)crypto_hash_sha256_update(state(hash), bytes, count);
}

void fairlead_sha256_end(fairlead_sha256_t *hash, uint8_t digest[32]) {
  (void)crypto_hash_sha256_final(state(hash), digest);
}

int fairlead_ed25519_check(const uint8_t signature[64], const uint8_t key[32], const uint8_t *message, size_t count) {
  return crypto_sign_ed25519_verify_detached(signature, message, count, key);
}
