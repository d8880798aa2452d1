/* Adapter for WAMR. See fairlead-wamr.h. */

#include "fairlead-wamr.h"

#include <string.h>

static const char *const names[FAIRLEAD_CALL_COUNT] = {"abiVersion", "reset", "configure", "tick", "scrub", "attach"};

static int wamr_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  fairlead_wamr_t *wamr = context;
  uint32_t cells[1] = {argument};
  if ((unsigned)call >= FAIRLEAD_CALL_COUNT) return FAIRLEAD_ERROR_ARGUMENT;
  uint32_t arguments = call == FAIRLEAD_CALL_SCRUB ? 1u : 0u;
  if (!wasm_runtime_call_wasm(wamr->environment, wamr->functions[call], arguments, cells)) {
    wasm_runtime_clear_exception(wamr->instance);
    return FAIRLEAD_ERROR_TRAPPED;
  }
  *result = call == FAIRLEAD_CALL_RESET ? 0u : cells[0];
  return FAIRLEAD_OK;
}

static int find_exports(fairlead_wamr_t *wamr, fairlead_runtime_t *runtime) {
  for (uint32_t call = 0; call < FAIRLEAD_CALL_COUNT; call++) {
    wamr->functions[call] = wasm_runtime_lookup_function(wamr->instance, names[call]);
    if (!wamr->functions[call]) return FAIRLEAD_ERROR_MODULE;
  }
  wasm_memory_inst_t memory = wasm_runtime_get_default_memory(wamr->instance);
  if (!memory) return FAIRLEAD_ERROR_MODULE;
  uint64_t bytes = wasm_memory_get_cur_page_count(memory) * wasm_memory_get_bytes_per_page(memory);
  if (bytes == 0 || bytes > UINT32_MAX) return FAIRLEAD_ERROR_MODULE;
  runtime->memory = wasm_memory_get_base_address(memory);
  runtime->memory_bytes = (uint32_t)bytes;
  /* WAMR keeps the module's own byte order on every host. */
  runtime->mirrored = false;
  runtime->call = wamr_call;
  runtime->context = wamr;
  return FAIRLEAD_OK;
}

int fairlead_wamr_open(fairlead_wamr_t *wamr, uint8_t *module, uint32_t module_bytes, uint32_t stack_bytes, char *text,
                       uint32_t text_bytes, fairlead_runtime_t *runtime) {
  char ignored[1];
  if (!wamr || !module || !runtime) return FAIRLEAD_ERROR_ARGUMENT;
  if (!text || text_bytes == 0) {
    text = ignored;
    text_bytes = sizeof ignored;
  }
  memset(wamr, 0, sizeof *wamr);
  text[0] = '\0';
  int error = FAIRLEAD_ERROR_RUNTIME;
  wamr->module = wasm_runtime_load(module, module_bytes, text, text_bytes);
  if (wamr->module) wamr->instance = wasm_runtime_instantiate(wamr->module, stack_bytes, 0, text, text_bytes);
  if (wamr->instance) wamr->environment = wasm_runtime_create_exec_env(wamr->instance, stack_bytes);
  if (wamr->environment) error = find_exports(wamr, runtime);
  if (error) fairlead_wamr_close(wamr);
  return error;
}

void fairlead_wamr_close(fairlead_wamr_t *wamr) {
  if (wamr->environment) wasm_runtime_destroy_exec_env(wamr->environment);
  if (wamr->instance) wasm_runtime_deinstantiate(wamr->instance);
  if (wamr->module) wasm_runtime_unload(wamr->module);
  memset(wamr, 0, sizeof *wamr);
}
