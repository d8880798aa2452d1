/*
 * Adapter for WAMR (wasm-micro-runtime): interpreter, or any of its modes, over its public header wasm_export.h.
 *
 * The firmware initializes the runtime (wasm_runtime_full_init, with a pool of its own or the system's allocator) and
 * each thread that calls the module (wasm_runtime_init_thread_env), as for any WAMR program. WAMR's default build
 * doesn't link an imported memory to anything: each instance gets a private memory of the imported size. That memory
 * is what this adapter hands back. Plain modules only, unless the runtime was built with shared memory.
 */
#ifndef FAIRLEAD_WAMR_H
#define FAIRLEAD_WAMR_H

#include "../fairlead-runtime.h"
#include "wasm_export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One instance, in storage of the caller's; its members are the adapter's own. */
typedef struct fairlead_wamr {
  wasm_module_t module;
  wasm_module_inst_t instance;
  wasm_exec_env_t environment;
  wasm_function_inst_t functions[FAIRLEAD_CALL_COUNT];
} fairlead_wamr_t;

/*
 * Loads and instantiates a module and fills in `runtime`.
 *
 * module        the bytes of the .wasm file; WAMR writes to them and keeps them: they must outlive the instance
 * stack_bytes   of the interpreter for one call; 8192 is enough
 * text          receives WAMR's own message on failure, a NUL-terminated string; may be NULL
 *
 * Errors: ARGUMENT; RUNTIME: WAMR refused, see `text`; MODULE: an export or the memory is missing.
 * Call from: a thread. Allocates from the runtime's pool; nothing is allocated later.
 */
int fairlead_wamr_open(fairlead_wamr_t *wamr, uint8_t *module, uint32_t module_bytes, uint32_t stack_bytes, char *text,
                       uint32_t text_bytes, fairlead_runtime_t *runtime);

/* Gives everything back to the runtime. Call from: the thread that opened it, after the last call. */
void fairlead_wamr_close(fairlead_wamr_t *wamr);

#ifdef __cplusplus
}
#endif

#endif
