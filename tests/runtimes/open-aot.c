/* The module compiled ahead of time, with software bounds or with guard pages. */

#define _DEFAULT_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/fairlead-aot.h"
#include "adapters/fairlead-guard.h"
#include "open.h"

#ifndef MEMORY_BYTES
#error "define MEMORY_BYTES as the bytes of the module's memory"
#endif

#define INSTANCES 4
static fairlead_aot_t instances[INSTANCES];
static void *memories[INSTANCES];
static int opened;

#ifdef TWIN
#include "twin.h"
/* The twin works on a memory that it knows by name. */
uint64_t fairlead_twin_memory[MEMORY_BYTES / 8];
static const char name[] = "native twin";
void fairlead_twin_broken(uint32_t table, uint32_t row);
void fairlead_twin_broken(uint32_t table, uint32_t row) {
  fprintf(stderr, "the twin has no code for row %u of table %u\n", (unsigned)row, (unsigned)table);
  exit(1);
}
static void *map_memory(void) {
  memset(fairlead_twin_memory, 0, sizeof fairlead_twin_memory);
  return fairlead_twin_memory;
}
static void unmap_memory(void *memory) { (void)memory; }
#elif FAIRLEAD_BOUNDS_GUARD
static const char name[] = "wasm2c, guard pages";
static void *map_memory(void) {
  if (opened == 0 && fairlead_guard_install()) return NULL;
  return fairlead_guard_map(MEMORY_BYTES);
}
static void unmap_memory(void *memory) { fairlead_guard_unmap(memory); }
#else
static const char name[] = "wasm2c, software bounds";
#ifdef ACROSS_LINES
/* Rows lie across the borders of cache lines: one within a line would seldom be torn. */
#define OFFSET 40u
#else
#define OFFSET 0u
#endif
static void *map_memory(void) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, MEMORY_BYTES + OFFSET)) return NULL;
  memset(memory, 0, MEMORY_BYTES + OFFSET);
  return (uint8_t *)memory + OFFSET;
}
static void unmap_memory(void *memory) { free((uint8_t *)memory - OFFSET); }
#endif

#ifdef TWO_VERSIONS
int fairlead_next_open(fairlead_aot_t *aot, void *memory, size_t memory_bytes, fairlead_runtime_t *runtime);
#endif

const char *open_module(const char *path, int version, fairlead_runtime_t *runtime) {
  (void)path;
  if (opened == INSTANCES) return NULL;
  void *memory = map_memory();
  if (!memory) {
    perror("memory");
    return NULL;
  }
  memories[opened] = memory;
  int error = FAIRLEAD_ERROR_ARGUMENT;
  if (version == 0) error = fairlead_aot_open(&instances[opened], memory, MEMORY_BYTES, runtime);
#ifdef TWO_VERSIONS
  else error = fairlead_next_open(&instances[opened], memory, MEMORY_BYTES, runtime);
#endif
  opened++;
#ifdef TWIN
  twin_take_over(runtime);
#endif
  if (error == FAIRLEAD_OK) return name;
  fprintf(stderr, "fairlead_aot_open: error %d\n", error);
  return NULL;
}

void close_modules(void) {
  while (opened > 0) unmap_memory(memories[--opened]);
}
