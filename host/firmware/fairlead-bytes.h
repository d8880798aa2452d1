/*
 * Bytes of the module's memory, on every host. The memory is little-endian; in a mirrored one (wasm2c on big-endian
 * hosts) the bytes lie in reverse order, so that each number is in the host's order. Private to the loader.
 */
#ifndef FAIRLEAD_BYTES_H
#define FAIRLEAD_BYTES_H

#include <string.h>

#include "fairlead-runtime.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Nothing is mirrored here, and a copy of constant size is one instruction. */
#define FAIRLEAD_LITTLE_ENDIAN 1
#else
#define FAIRLEAD_LITTLE_ENDIAN 0
#endif

static inline uint8_t *fairlead_byte(const fairlead_runtime_t *runtime, uint32_t address) {
  if (FAIRLEAD_LITTLE_ENDIAN || !runtime->mirrored) return runtime->memory + address;
  return runtime->memory + (runtime->memory_bytes - 1u - address);
}

/* A number of 1, 2, 4 or 8 bytes. The address is in the memory; callers have checked it. */
static inline uint64_t fairlead_load(const fairlead_runtime_t *runtime, uint32_t address, uint32_t size) {
  uint64_t value = 0;
  if (FAIRLEAD_LITTLE_ENDIAN) {
    memcpy(&value, runtime->memory + address, size);
    return value;
  }
  for (uint32_t index = size; index > 0; index--) value = value << 8 | *fairlead_byte(runtime, address + index - 1u);
  return value;
}

static inline void fairlead_store(const fairlead_runtime_t *runtime, uint32_t address, uint32_t size, uint64_t value) {
  if (FAIRLEAD_LITTLE_ENDIAN) {
    memcpy(runtime->memory + address, &value, size);
    return;
  }
  for (uint32_t index = 0; index < size; index++, value >>= 8) {
    *fairlead_byte(runtime, address + index) = (uint8_t)value;
  }
}

static inline void fairlead_load_bytes(const fairlead_runtime_t *runtime, uint32_t address, void *bytes,
                                       uint32_t count) {
  uint8_t *to = bytes;
  for (uint32_t index = 0; index < count; index++) to[index] = *fairlead_byte(runtime, address + index);
}

static inline void fairlead_store_bytes(const fairlead_runtime_t *runtime, uint32_t address, const void *bytes,
                                        uint32_t count) {
  const uint8_t *from = bytes;
  for (uint32_t index = 0; index < count; index++) *fairlead_byte(runtime, address + index) = from[index];
}

#endif
