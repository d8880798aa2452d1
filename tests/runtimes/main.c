/*
 * Replays recordings on a hosted runtime: `replay MODULE RECORDING…`. One line of JSON for each; 1 where one parted.
 */

#define _DEFAULT_SOURCE

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "open.h"
#include "replay.h"

typedef struct buffer {
  const uint8_t *at;
  size_t left;
} buffer_t;

static size_t read_buffer(void *context, void *bytes, size_t count) {
  buffer_t *buffer = context;
  if (count > buffer->left) count = buffer->left;
  memcpy(bytes, buffer->at, count);
  buffer->at += count;
  buffer->left -= count;
  return count;
}

static uint64_t now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Calls pass through here, so that the time spent in ticks is known apart from that of reading the recording. */
typedef struct timed {
  fairlead_runtime_t runtime;
  uint64_t tick_ns;
} timed_t;

static int timed_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  timed_t *timed = context;
  if (call != FAIRLEAD_CALL_TICK) return timed->runtime.call(timed->runtime.context, call, argument, result);
  uint64_t before = now_ns();
  int error = timed->runtime.call(timed->runtime.context, call, argument, result);
  timed->tick_ns += now_ns() - before;
  return error;
}

static int replay_on(fairlead_runtime_t *runtime, const replay_source_t *source, replay_result_t *result) {
  fairlead_t fairlead;
  fairlead_slot_t *slots = calloc(FAIRLEAD_SLOTS(FAIRLEAD_LARGE_LATCHED_ROWS), sizeof *slots);
  if (!slots) return -1;
  int error = fairlead_open(&fairlead, runtime, slots, FAIRLEAD_SLOTS(FAIRLEAD_LARGE_LATCHED_ROWS));
  if (error) result->parted = fairlead_error_text(error);
  else error = replay_records(source, &fairlead, result);
  free(slots);
  return error;
}

static int replay_file(const char *module, const char *path) {
  size_t bytes;
  uint32_t profile;
  replay_result_t result;
  timed_t timed = {{NULL, 0, false, NULL, NULL}, 0};
  uint8_t *contents = read_file(path, &bytes);
  if (!contents) return -1;
  buffer_t buffer = {contents, bytes};
  const replay_source_t source = {read_buffer, &buffer};
  int error = replay_header(&source, &profile, &result);
  if (!error && !open_module(module, 0, &timed.runtime)) error = -1;
  if (!error) {
    fairlead_runtime_t runtime = timed.runtime;
    runtime.call = timed_call;
    runtime.context = &timed;
    error = replay_on(&runtime, &source, &result);
  }
  printf("{\"digest\":\"%016" PRIx64 "\",\"ticks\":%" PRIu32 ",\"decisions\":%" PRIu32 ",\"tickNs\":%" PRIu64
         ",\"parted\":\"%s\",\"record\":%" PRIu32 "}\n",
         result.digest, result.ticks, result.decisions, timed.tick_ns, result.parted ? result.parted : "",
         result.record);
  close_modules();
  free(contents);
  return error;
}

int main(int count, char **arguments) {
  int failed = 0;
  if (count < 3) {
    fprintf(stderr, "usage: %s MODULE RECORDING...\n", arguments[0]);
    return 2;
  }
  for (int index = 2; index < count; index++) failed |= replay_file(arguments[1], arguments[index]);
  return failed ? 1 : 0;
}
