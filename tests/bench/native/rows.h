/*
 * Where the rows are, and how they are reached. The layout header is generated from the module's own by
 * tests/bench/native-layout.ts. Little-endian hosts only.
 */
#ifndef FAIRLEAD_TWIN_ROWS_H
#define FAIRLEAD_TWIN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "twin-layout.h"

/* Where the tables are. A microcontroller's program may place them itself, and names the place here. */
#ifndef FAIRLEAD_TWIN_MEMORY
extern uint64_t fairlead_twin_memory[MEMORY_BYTES / 8];
#define FAIRLEAD_TWIN_MEMORY ((unsigned char *)fairlead_twin_memory)
#endif

#define AT(address) (FAIRLEAD_TWIN_MEMORY + (address))
#define ROW(type, base, row) ((type *)(void *)AT((base) + (uint32_t)(row) * (uint32_t)sizeof(type)))
#define HEADER ROW(Header, HEADER_BASE, 0)

static inline uint32_t load32(const void *from) {
  uint32_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline uint64_t load64(const void *from) {
  uint64_t value;
  memcpy(&value, from, sizeof value);
  return value;
}

static inline void store32(void *to, uint32_t value) { memcpy(to, &value, sizeof value); }
static inline void store64(void *to, uint64_t value) { memcpy(to, &value, sizeof value); }

#endif
