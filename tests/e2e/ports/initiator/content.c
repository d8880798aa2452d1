#include "content.h"

#include <string.h>

#define MAGIC 0x464c444b424c4f43ull
#define WORDS (BLOCK_BYTES / 8)
#define HEADER_WORDS 5

/* splitmix64: a different word for each state. */
static uint64_t mix(uint64_t state) {
  state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
  state = (state ^ state >> 27) * 0x94d049bb133111ebull;
  return state ^ state >> 31;
}

static uint64_t seed_of(uint64_t owner, uint64_t number, uint64_t version) {
  return mix(owner ^ mix(number ^ mix(version)));
}

static uint64_t checksum(const uint64_t *words) {
  uint64_t sum = MAGIC;
  for (int word = HEADER_WORDS; word < WORDS; word++) sum = (sum ^ words[word]) * 0x100000001b3ull;
  return mix(sum ^ mix(words[1]) ^ mix(words[2] + 1) ^ mix(words[3] + 2));
}

void content_fill(uint8_t *block, uint64_t owner, uint64_t number, uint64_t version) {
  uint64_t words[WORDS];
  uint64_t state = seed_of(owner, number, version);
  for (int word = HEADER_WORDS; word < WORDS; word++) words[word] = mix(state += 0x9e3779b97f4a7c15ull);
  words[0] = MAGIC;
  words[1] = owner;
  words[2] = number;
  words[3] = version;
  words[4] = checksum(words);
  memcpy(block, words, BLOCK_BYTES);
}

enum content_verdict content_check(const uint8_t *block, uint64_t owner, uint64_t number, uint64_t confirmed) {
  uint64_t words[WORDS];
  memcpy(words, block, BLOCK_BYTES);
  int whole = words[0] == MAGIC && words[1] == owner && words[2] == number && words[4] == checksum(words);
  if (!whole) return CONTENT_BROKEN;
  if (words[3] == confirmed) return CONTENT_RIGHT;
  return words[3] < confirmed ? CONTENT_STALE : CONTENT_BROKEN;
}
