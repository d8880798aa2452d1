/*
 * The program that a bundle of the image run carries: the module compiled ahead of time, the loader, and a replay. It
 * replays the recording named by its argument and prints the digest of the decisions that it made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "open.h"
#include "replay.h"

#define MAILBOX_SLOTS FAIRLEAD_SLOTS(LATCHED_ROWS)

typedef struct recording {
  const uint8_t *bytes;
  size_t left;
} recording_t;

static fairlead_t fairlead;
static fairlead_slot_t slots[MAILBOX_SLOTS];

static size_t read_recording(void *context, void *bytes, size_t count) {
  recording_t *recording = (recording_t *)context;
  const size_t had = count < recording->left ? count : recording->left;
  memcpy(bytes, recording->bytes, had);
  recording->bytes += had;
  recording->left -= had;
  return had;
}

static int replay(const uint8_t *bytes, size_t count) {
  fairlead_runtime_t runtime;
  replay_result_t result;
  recording_t recording = {bytes, count};
  const replay_source_t source = {read_recording, &recording};
  uint32_t profile = 0;
  if (open_module("", 0, &runtime) == NULL) return 1;
  int error = fairlead_open(&fairlead, &runtime, slots, MAILBOX_SLOTS);
  if (error) {
    printf("served: %s\n", fairlead_error_text(error));
    return 1;
  }
  error = replay_header(&source, &profile, &result);
  if (!error) error = replay_records(&source, &fairlead, &result);
  if (error) {
    printf("served: parted at record %u: %s\n", (unsigned)result.record, result.parted);
    return 1;
  }
  printf("served: digest %016llx of %u decisions in %u ticks\n", (unsigned long long)result.digest,
         (unsigned)result.decisions, (unsigned)result.ticks);
  return 0;
}

int main(int count, char **values) {
  size_t bytes = 0;
  if (count != 2) return 2;
  uint8_t *const recording = read_file(values[1], &bytes);
  if (recording == NULL) return 1;
  const int status = replay(recording, bytes);
  close_modules();
  free(recording);
  return status;
}
