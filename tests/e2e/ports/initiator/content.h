/* What stands in a block: which one it is, which version, and a pattern that follows from both. */

#ifndef CONTENT_H
#define CONTENT_H

#include <stdint.h>

#define BLOCK_BYTES 4096

enum content_verdict {
  CONTENT_RIGHT,
  /* An older version: a confirmed write is gone. */
  CONTENT_STALE,
  /* Not what anybody wrote here. */
  CONTENT_BROKEN,
};

void content_fill(uint8_t *block, uint64_t owner, uint64_t number, uint64_t version);

/* `confirmed`: the version of the latest confirmed write. */
enum content_verdict content_check(const uint8_t *block, uint64_t owner, uint64_t number, uint64_t confirmed);

#endif
