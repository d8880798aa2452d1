/*
 * Adapter for the module compiled ahead of time to C by wasm2c (npm package wabt 1.0.39).
 *
 * Compile fairlead-aot.c, which includes the generated C, with
 *   -DFAIRLEAD_MODULE_C='"fairlead-module.c"'   the file written by
 *                                               wasm2c -n fairlead -o fairlead-module.c fairlead-small-plain.wasm
 *   -I runtime -I <folder of the generated C>
 * It is one translation unit on purpose: all of the module's functions become static in it, so the compiler drops what
 * isn't called and works with the addresses of one instance (FAIRLEAD_STATIC_BYTES) as constants.
 *
 * Further definitions:
 *   FAIRLEAD_AOT_OPEN       name of the open function, where two versions of the module are linked (hot swap)
 *   FAIRLEAD_STATIC_BYTES   bytes of the module's memory, for a program with one instance of it: the memory is then
 *                           part of the object and `memory` is NULL. On a microcontroller this is the form to take.
 *   FAIRLEAD_STATIC_ADDRESS where the linker script keeps room for that memory, as a number: accesses need no table of
 *                           addresses then, which saves about 3 % of the code. A round one (0x20000000) is best.
 *   FAIRLEAD_BOUNDS_GUARD   1: accesses aren't compared with the size; see fairlead-guard.h
 *   FAIRLEAD_AOT_THREAD     storage class of the one pointer that the adapter keeps while a call is under way, since a
 *                           trap of wasm2c names no instance. Default: thread-local where hosted, static otherwise,
 *                           where only one thread may be in the module at a time.
 */
#ifndef FAIRLEAD_AOT_H
#define FAIRLEAD_AOT_H

#include <setjmp.h>
#include <stddef.h>

#include "../fairlead-runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One instance, in storage of the caller's; its members are the adapter's own. */
typedef struct fairlead_aot {
  uint8_t *memory;
  uint32_t memory_bytes;
  /* The generated instance, copied. */
  unsigned char instance[64];
  jmp_buf trap;
  volatile int trap_code;
  struct fairlead_aot *outer;
} fairlead_aot_t;

/*
 * Opens an instance over `memory` and fills in `runtime`.
 *
 * memory        all bytes zero for a fresh array, or kept bytes for attach; aligned to 8; must outlive the instance.
 *               NULL with FAIRLEAD_STATIC_BYTES. Opening writes the module's constants, nothing else.
 * memory_bytes  exactly the module's memory (FAIRLEAD_*_MEMORY_BYTES of its profile)
 *
 * Returns FAIRLEAD_OK; FAIRLEAD_ERROR_ARGUMENT; FAIRLEAD_ERROR_MODULE where the module has another size of memory.
 * Call from: a thread, before all else. Not from an interrupt.
 */
int fairlead_aot_open(fairlead_aot_t *aot, void *memory, size_t memory_bytes, fairlead_runtime_t *runtime);

#ifdef __cplusplus
}
#endif

#endif
