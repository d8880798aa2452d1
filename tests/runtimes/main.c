/*
 * Replays recordings on a hosted runtime: `replay MODULE RECORDING…`. One line of JSON for each; 1 where one parted.
 */

#define _DEFAULT_SOURCE

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "open.h"
#include "replay.h"
#include "twin.h"

#define STACK_BYTES ((size_t)1 << 20)
#define STACK_PAINT 0xa5
/* Room for the frames of the painting itself. */
#define PAINTING_BYTES 512u
static uint8_t *stack;

/* Bytes of stack that were ever in use below a frame. */
static size_t painted_stack_used(const void *frame) {
  size_t unused = 0;
  if (!stack || !frame) return 0;
  while (unused < STACK_BYTES && stack[unused] == STACK_PAINT) unused++;
  return (size_t)((const uint8_t *)frame - (stack + unused));
}

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
  uint32_t ticks;
} timed_t;

static int timed_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  timed_t *timed = context;
  if (call != FAIRLEAD_CALL_TICK || ++timed->ticks <= WARM_UP_TICKS) {
    return timed->runtime.call(timed->runtime.context, call, argument, result);
  }
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

static void print_result(const replay_result_t *result, const timed_t *timed) {
  uint32_t timed_ticks = timed->ticks > WARM_UP_TICKS ? timed->ticks - WARM_UP_TICKS : 0;
  printf("{\"digest\":\"%016" PRIx64 "\",\"ticks\":%" PRIu32 ",\"decisions\":%" PRIu32 ",\"tickNs\":%" PRIu64
         ",\"timedTicks\":%" PRIu32 ",\"stackBytes\":%zu,\"parted\":\"%s\",\"record\":%" PRIu32 "}\n",
         result->digest, result->ticks, result->decisions, timed->tick_ns, timed_ticks,
         painted_stack_used(result->frame), result->parted ? result->parted : "", result->record);
}

static int replay_file(const char *module, const char *path) {
  size_t bytes;
  uint32_t profile;
  replay_result_t result;
  timed_t timed = {{NULL, 0, false, NULL, NULL}, 0, 0};
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
  print_result(&result, &timed);
  close_modules();
  free(contents);
  return error;
}

typedef struct work {
  int count;
  char **arguments;
  int failed;
} work_t;

/* What lies below this frame was used by printing the recording before, if by anything. */
__attribute__((noinline)) static void paint_unused_stack(void) {
  const uint8_t *here = __builtin_frame_address(0);
  if (stack) memset(stack, STACK_PAINT, (size_t)(here - stack) - PAINTING_BYTES);
}

static void *replay_all(void *context) {
  work_t *work = context;
  for (int index = 2; index < work->count; index++) {
    paint_unused_stack();
    work->failed |= replay_file(work->arguments[1], work->arguments[index]);
    (void)fflush(stdout);
  }
  return NULL;
}

#ifdef SYSTEM_STACK

/* WAMR protects pages of its thread's stack and can't do with another one. */
static int run_replays(work_t *work) {
  (void)replay_all(work);
  return 0;
}

#else

/* The replays run on a stack that was painted, so that it can be seen how deep they went. */
static int run_replays(work_t *work) {
  pthread_attr_t attributes;
  pthread_t thread;
  void *memory = NULL;
  if (posix_memalign(&memory, 65536, STACK_BYTES)) return -1;
  stack = memory;
  memset(stack, STACK_PAINT, STACK_BYTES);
  int error = pthread_attr_init(&attributes);
  if (!error) error = pthread_attr_setstack(&attributes, stack, STACK_BYTES);
  if (!error) error = pthread_create(&thread, &attributes, replay_all, work);
  if (!error) error = pthread_join(thread, NULL);
  free(stack);
  return error;
}

#endif

int main(int count, char **arguments) {
  work_t work = {count, arguments, 0};
  if (count < 3) {
    fprintf(stderr, "usage: %s MODULE RECORDING...\n", arguments[0]);
    return 2;
  }
  return run_replays(&work) || work.failed ? 1 : 0;
}
