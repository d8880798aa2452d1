/* The verifier's cryptography by libsodium (Debian: libsodium-dev), linked statically. */
#include "fairlead-crypto.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_sign_ed25519.h>
#include <string.h>

typedef char state_fits[sizeof(crypto_hash_sha256_state) <= sizeof(fairlead_sha256_t) ? 1 : -1];

/* The library's state is copied out and in: reading one object as another type is undefined. */
static crypto_hash_sha256_state take(const fairlead_sha256_t *hash) {
  crypto_hash_sha256_state state;
  memcpy(&state, hash->opaque, sizeof state);
  return state;
}

static void keep(fairlead_sha256_t *hash, const crypto_hash_sha256_state *state) {
  memcpy(hash->opaque, state, sizeof *state);
}

/* The library's functions used here always return 0, but for the check. */
void fairlead_sha256_begin(fairlead_sha256_t *hash) {
  crypto_hash_sha256_state state;
  (void)sizeof(state_fits);
  (void)crypto_hash_sha256_init(&state);
  keep(hash, &state);
}

void fairlead_sha256_update(fairlead_sha256_t *hash, const uint8_t *bytes, size_t count) {
  crypto_hash_sha256_state state = take(hash);
  (void)crypto_hash_sha256_update(&state, bytes, count);
  keep(hash, &state);
}

void fairlead_sha256_end(fairlead_sha256_t *hash, uint8_t digest[32]) {
  crypto_hash_sha256_state state = take(hash);
  (void)crypto_hash_sha256_final(&state, digest);
}

int fairlead_ed25519_check(const uint8_t signature[64], const uint8_t key[32], const uint8_t *message, size_t count) {
  return crypto_sign_ed25519_verify_detached(signature, message, count, key);
}
