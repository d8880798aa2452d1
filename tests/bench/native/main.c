/*
 * The hosted program around the twin: loads the bytes of a configured array and obeys one line of commands at a time.
 *
 *   twin IMAGE
 *   run KIND FIRST COUNT    writes inputs and ticks, COUNT times from tick number FIRST; prints nanoseconds
 *   write KIND TICK COUNT   writes the inputs of one tick COUNT times, without ticking; prints nanoseconds
 *   idle COUNT              ticks without inputs; prints nanoseconds
 *   dump FILE               writes the whole memory
 * KIND is 0 (steady) or 1 (rough). Each answer is one line; anything else ends the program with code 2.
 */
#define _POSIX_C_SOURCE 199309L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rows.h"
#include "twin.h"
#include "workload.h"

uint64_t fairlead_twin_memory[MEMORY_BYTES / 8];

void fairlead_twin_broken(uint32_t table, uint32_t row) {
  fprintf(stderr, "the twin met row %" PRIu32 " of table %" PRIu32 ", which it has no code for\n", row, table);
  exit(1);
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Makes the compiler carry out every store of a repetition that the next one repeats. */
static void forget(void) { __asm__ volatile("" ::: "memory"); }

static uint64_t run(enum workload kind, uint32_t first, uint32_t count) {
  const uint64_t start = nanoseconds();
  for (uint32_t n = 0; n < count; n++) {
    workload_write(kind, first + n);
    forget();
    fairlead_twin_tick();
    forget();
  }
  return nanoseconds() - start;
}

static uint64_t write_only(enum workload kind, uint32_t tick, uint32_t count) {
  const uint64_t start = nanoseconds();
  for (uint32_t n = 0; n < count; n++) {
    workload_write(kind, tick);
    forget();
  }
  return nanoseconds() - start;
}

static uint64_t idle(uint32_t count) {
  const uint64_t start = nanoseconds();
  for (uint32_t n = 0; n < count; n++) {
    fairlead_twin_tick();
    forget();
  }
  return nanoseconds() - start;
}

static int transfer(const char *name, const char *mode) {
  FILE *file = fopen(name, mode);
  if (file == NULL) return -1;
  const size_t done = mode[0] == 'r' ? fread(fairlead_twin_memory, 1, MEMORY_BYTES, file)
                                     : fwrite(fairlead_twin_memory, 1, MEMORY_BYTES, file);
  return fclose(file) == 0 && done == MEMORY_BYTES ? 0 : -1;
}

/* Obeys one command; false for one that it doesn't know. */
static bool obey(const char *line) {
  unsigned kind;
  uint32_t first, count;
  char name[1024];
  uint64_t took = 0;
  if (sscanf(line, "run %u %" SCNu32 " %" SCNu32, &kind, &first, &count) == 3) {
    took = run(kind == 0 ? WORKLOAD_STEADY : WORKLOAD_ROUGH, first, count);
  } else if (sscanf(line, "write %u %" SCNu32 " %" SCNu32, &kind, &first, &count) == 3) {
    took = write_only(kind == 0 ? WORKLOAD_STEADY : WORKLOAD_ROUGH, first, count);
  } else if (sscanf(line, "idle %" SCNu32, &count) == 1) {
    took = idle(count);
  } else if (sscanf(line, "dump %1023[^\n]", name) != 1 || transfer(name, "wb") != 0) {
    return false;
  }
  printf("%" PRIu64 "\n", took);
  fflush(stdout);
  return true;
}

int main(int argc, char **argv) {
  char line[1100];
  if (argc != 2 || transfer(argv[1], "rb") != 0) {
    fprintf(stderr, "usage: twin IMAGE, a file of %u bytes\n", (unsigned)MEMORY_BYTES);
    return 2;
  }
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (obey(line)) continue;
    fprintf(stderr, "not understood: %s", line);
    return 2;
  }
  return 0;
}
