/*
 * Replays a recording (format: host/shim/README.md) through the loader, on any runtime and any processor. No
 * allocation, no libc beyond memcpy: the microcontroller runs the same file.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "fairlead-loader.h"

/* Where the bytes come from: `read` fills in `count` bytes and returns how many it had. */
typedef struct replay_source {
  size_t (*read)(void *context, void *bytes, size_t count);
  void *context;
} replay_source_t;

typedef struct replay_result {
  uint64_t digest;    /* of the decisions that this runtime made */
  uint64_t expected;  /* of those in the recording's end record */
  uint32_t ticks;
  uint32_t decisions;
  uint32_t record;    /* number of the record that ended it, from 0 */
  const void *frame;  /* stack frame from which the loader was called: deeper ones are its and the module's */
  const char *parted; /* where this runtime parted from the recording, or why it couldn't be read; NULL: it didn't */
} replay_result_t;

/* The first 32 bytes of the file; 0, or -1 with result->parted set. `profile` is that of the recording. */
int replay_header(const replay_source_t *source, uint32_t *profile, replay_result_t *result);

/* All records behind them, on a module that was just opened. 0 when everything was as recorded; else -1. */
int replay_records(const replay_source_t *source, fairlead_t *fairlead, replay_result_t *result);

#endif
