/* Replays one recording of the small profile on the board: the file's name is the command line. */

#include <string.h>

#include "adapters/fairlead-aot.h"
#include "board.h"
#include "fairlead-loader.h"
#include "replay.h"
#include "semihosting.h"
#include "twin.h"

#define SLOTS FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)

static fairlead_aot_t aot;
static fairlead_t fairlead;
static fairlead_slot_t slots[SLOTS];

/* The file, read in parts. */
static struct {
  uint8_t bytes[4096];
  size_t used;
  size_t filled;
  int handle;
} file;

static size_t read_file(void *context, void *bytes, size_t count) {
  uint8_t *to = bytes;
  (void)context;
  for (size_t done = 0; done < count; done++) {
    if (file.used == file.filled) {
      file.used = 0;
      file.filled = semihosting_read(file.handle, file.bytes, sizeof file.bytes);
      if (file.filled == 0) return done;
    }
    to[done] = file.bytes[file.used++];
  }
  return count;
}

/* Processor cycles spent in ticks, less the first ones. QEMU counts one nanosecond an instruction (-icount shift=0). */
static fairlead_runtime_t module;
static uint32_t ticks;
static uint64_t cycles;

static int timed_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  (void)context;
  if (call != FAIRLEAD_CALL_TICK || ++ticks <= WARM_UP_TICKS) {
    return module.call(module.context, call, argument, result);
  }
  uint32_t before = board_cycles_left();
  int error = module.call(module.context, call, argument, result);
  cycles += (before - board_cycles_left()) & 0xffffffu;
  return error;
}

static void time_ticks(fairlead_runtime_t *runtime) {
#ifdef TWIN
  twin_take_over(runtime);
#endif
  module = *runtime;
  runtime->call = timed_call;
  board_cycles_start();
}

#ifdef TWIN
void fairlead_twin_broken(uint32_t table, uint32_t row);
void fairlead_twin_broken(uint32_t table, uint32_t row) {
  semihosting_print("the twin has no code for row ");
  semihosting_print_number(row, 10, 1);
  semihosting_print(" of table ");
  semihosting_print_number(table, 10, 1);
  semihosting_exit(1);
}
#endif

static void print_field(const char *name, uint64_t value, uint32_t base, uint32_t digits) {
  semihosting_print(name);
  semihosting_print_number(value, base, digits);
}

static void print_result(const replay_result_t *result) {
  print_field("{\"digest\":\"", result->digest, 16, 16);
  print_field("\",\"ticks\":", result->ticks, 10, 1);
  print_field(",\"decisions\":", result->decisions, 10, 1);
  print_field(",\"cycles\":", cycles, 10, 1);
  print_field(",\"timedTicks\":", ticks > WARM_UP_TICKS ? ticks - WARM_UP_TICKS : 0, 10, 1);
  print_field(",\"stackBytes\":", board_stack_used_bytes(result->frame), 10, 1);
  print_field(",\"record\":", result->record, 10, 1);
  semihosting_print(",\"parted\":\"");
  semihosting_print(result->parted ? result->parted : "");
  semihosting_print("\"}\n");
}

int main(void) {
  char path[256];
  fairlead_runtime_t runtime;
  uint32_t profile;
  replay_result_t result;
  const replay_source_t source = {read_file, NULL};
  memset(&result, 0, sizeof result);
  if (semihosting_arguments(path, sizeof path)) return 2;
  file.handle = semihosting_open(path);
  if (file.handle < 0) {
    semihosting_print("no such recording\n");
    return 2;
  }
  int error = replay_header(&source, &profile, &result);
  if (!error && profile != 0) {
    result.parted = "not of the small profile";
    error = -1;
  }
  if (!error) {
    error = fairlead_aot_open(&aot, NULL, FAIRLEAD_SMALL_MEMORY_BYTES, &runtime);
    if (!error) time_ticks(&runtime);
    if (!error) error = fairlead_open(&fairlead, &runtime, slots, SLOTS);
    if (error) result.parted = fairlead_error_text(error);
  }
  if (!error) error = replay_records(&source, &fairlead, &result);
  print_result(&result);
  return error ? 1 : 0;
}
