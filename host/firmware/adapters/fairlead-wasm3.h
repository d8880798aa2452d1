/*
 * Adapter for wasm3, over its public header wasm3.h.
 *
 * wasm3 allocates no memory for one that a module imports. The adapter therefore rewrites the module's bytes in place
 * before they are parsed: the import of env.memory becomes a definition of the same size, which wasm3 does allocate.
 * Plain modules only: wasm3 has no threads.
 */
#ifndef FAIRLEAD_WASM3_H
#define FAIRLEAD_WASM3_H

#include "../fairlead-runtime.h"
#include "wasm3.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One instance, in storage of the caller's; its members are the adapter's own. */
typedef struct fairlead_wasm3 {
  IM3Environment environment;
  IM3Runtime runtime;
  IM3Function functions[FAIRLEAD_CALL_COUNT];
} fairlead_wasm3_t;

/*
 * Rewrites a module that imports one memory and nothing else into one that defines it; `module_bytes` becomes smaller.
 * Errors: MODULE: not a module of that form; its bytes are unchanged then. Call from: a thread.
 */
int fairlead_wasm3_own_memory(uint8_t *module, uint32_t *module_bytes);

/*
 * Rewrites, loads and instantiates a module and fills in `runtime`.
 *
 * module        the bytes of the .wasm file; rewritten in place, and must outlive the instance
 * stack_bytes   of the interpreter; 8192 is enough
 * text          receives wasm3's own message on failure, a static string; may be NULL
 *
 * Errors: ARGUMENT; RUNTIME: wasm3 refused, see `text`; MODULE: an export or the memory is missing.
 * Call from: a thread. wasm3 allocates here; functions are compiled here too, so that nothing is allocated later.
 */
int fairlead_wasm3_open(fairlead_wasm3_t *wasm3, uint8_t *module, uint32_t module_bytes, uint32_t stack_bytes,
                        const char **text, fairlead_runtime_t *runtime);

/* Gives everything back. Call from: a thread, after the last call. */
void fairlead_wasm3_close(fairlead_wasm3_t *wasm3);

#ifdef __cplusplus
}
#endif

#endif
