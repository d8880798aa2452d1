/*
 * A runtime as the loader sees it: where the module's memory is, and how to call the module.
 *
 * Runtimes own their memories, so an adapter (adapters/) opens the module and fills this in. The struct is copied by
 * fairlead_open; what `context` points to must outlive the loader.
 */
#ifndef FAIRLEAD_RUNTIME_H
#define FAIRLEAD_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that can go wrong, in the loader and its adapters; 0 is success. fairlead_error_text names each. */
typedef enum fairlead_error {
  FAIRLEAD_OK = 0,
  FAIRLEAD_ERROR_ARGUMENT = -1,   /* an argument is missing or outside its range */
  FAIRLEAD_ERROR_RUNTIME = -2,    /* the runtime could not load the module, or lost it */
  FAIRLEAD_ERROR_MODULE = -3,     /* not a module of this product: an export, the memory or the directory is wrong */
  FAIRLEAD_ERROR_ABI = -4,        /* a module with another version of the memory layout than this header's */
  FAIRLEAD_ERROR_TRAPPED = -5,    /* the module trapped: its memory is half written; reset it, or open it anew */
  FAIRLEAD_ERROR_REFUSED = -6,    /* configure or attach refused: fairlead_refusal says which table, row and field */
  FAIRLEAD_ERROR_NO_TABLE = -7,   /* no table of that number, or not of a kind that this call may touch */
  FAIRLEAD_ERROR_NO_ROW = -8,     /* the table has no such row, or the bytes reach past it */
  FAIRLEAD_ERROR_FULL = -9,       /* no outcome slot is free: write it again after the next tick */
  FAIRLEAD_ERROR_BUSY = -10,      /* another writer, interrupted by this one, is in the mailbox row: post it later */
  FAIRLEAD_ERROR_NO_MEMORY = -11, /* storage given by the caller is too small */
  FAIRLEAD_ERROR_LAYOUT = -12,    /* kept bytes of another layout or profile: configure anew */
  FAIRLEAD_ERROR_MIRRORED = -13   /* compiled with another FAIRLEAD_MIRRORED than the runtime's memory needs */
} fairlead_error_t;

/* The calls of the module. The numbers are those of recordings. */
typedef enum fairlead_call {
  FAIRLEAD_CALL_ABI_VERSION = 0,
  FAIRLEAD_CALL_RESET = 1,
  FAIRLEAD_CALL_CONFIGURE = 2,
  FAIRLEAD_CALL_TICK = 3,
  FAIRLEAD_CALL_SCRUB = 4,
  FAIRLEAD_CALL_ATTACH = 5
} fairlead_call_t;
#define FAIRLEAD_CALL_COUNT 6

typedef struct fairlead_runtime {
  /* The module's memory: the byte of address 0 is the first; in a mirrored memory the last. */
  uint8_t *memory;
  uint32_t memory_bytes;
  /* The bytes lie in reverse order (wasm2c on big-endian hosts). */
  bool mirrored;
  /* Calls the module. `argument` counts for SCRUB only; `result` is 0 for RESET. Returns FAIRLEAD_OK,
     FAIRLEAD_ERROR_TRAPPED or FAIRLEAD_ERROR_RUNTIME; `result` is written only on FAIRLEAD_OK. */
  int (*call)(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result);
  void *context;
} fairlead_runtime_t;

#ifdef __cplusplus
}
#endif

#endif
