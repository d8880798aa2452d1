/* Adapter for wasm3. See fairlead-wasm3.h. */

#include "fairlead-wasm3.h"

#include <string.h>

/* --- rewriting the memory's import (WebAssembly core specification, section 5.5) --- */

enum { SECTION_CUSTOM = 0, SECTION_IMPORT = 2, SECTION_TABLE = 4, SECTION_MEMORY = 5 };
enum { IMPORT_OF_MEMORY = 2 };
#define PREAMBLE_BYTES 8u
/* Limits of a memory: a flag and two numbers. */
#define LIMITS_BYTES_MAX 11u

typedef struct bytes {
  const uint8_t *at;
  const uint8_t *end;
} bytes_t;

static bool read_number(bytes_t *bytes, uint32_t *number) {
  *number = 0;
  for (uint32_t shift = 0; shift < 35u && bytes->at < bytes->end; shift += 7u) {
    uint8_t byte = *bytes->at++;
    *number |= (uint32_t)(byte & 0x7fu) << shift;
    if ((byte & 0x80u) == 0) return true;
  }
  return false;
}

static bool skip_name(bytes_t *bytes) {
  uint32_t length;
  if (!read_number(bytes, &length) || length > (size_t)(bytes->end - bytes->at)) return false;
  bytes->at += length;
  return true;
}

/* The limits of the memory that is all an import section holds. */
static bool find_limits(bytes_t section, bytes_t *limits) {
  uint32_t count;
  if (!read_number(&section, &count) || count != 1u) return false;
  if (!skip_name(&section) || !skip_name(&section)) return false;
  if (section.at == section.end || *section.at++ != IMPORT_OF_MEMORY) return false;
  *limits = section;
  size_t length = (size_t)(limits->end - limits->at);
  return length >= 2u && length <= LIMITS_BYTES_MAX;
}

int fairlead_wasm3_own_memory(uint8_t *module, uint32_t *module_bytes) {
  bytes_t all = {module + PREAMBLE_BYTES, module + *module_bytes};
  uint8_t *import_at = NULL;
  uint8_t *import_end = NULL;
  bytes_t limits = {NULL, NULL};
  if (*module_bytes < PREAMBLE_BYTES || memcmp(module, "\0asm", 4) != 0) return FAIRLEAD_ERROR_MODULE;
  while (all.at < all.end) {
    uint8_t *head = module + (all.at - module);
    uint32_t length;
    uint8_t id = *all.at++;
    if (!read_number(&all, &length) || length > (size_t)(all.end - all.at)) return FAIRLEAD_ERROR_MODULE;
    if (id == SECTION_IMPORT) {
      bytes_t section = {all.at, all.at + length};
      if (import_at || !find_limits(section, &limits)) return FAIRLEAD_ERROR_MODULE;
      import_at = head;
      import_end = head + (all.at - head) + length;
    } else if (id == SECTION_MEMORY) {
      return FAIRLEAD_ERROR_MODULE;
    } else if (id > SECTION_TABLE && import_at) {
      /* The memory section goes before this one: what lies between moves down over the import section. */
      uint8_t copy[LIMITS_BYTES_MAX];
      size_t limits_length = (size_t)(limits.end - limits.at);
      memcpy(copy, limits.at, limits_length);
      size_t between = (size_t)(head - import_end);
      memmove(import_at, import_end, between);
      uint8_t *to = import_at + between;
      *to++ = SECTION_MEMORY;
      *to++ = (uint8_t)(limits_length + 1u);
      *to++ = 1;
      memcpy(to, copy, limits_length);
      to += limits_length;
      memmove(to, head, (size_t)(all.end - head));
      *module_bytes -= (uint32_t)(head - to);
      return FAIRLEAD_OK;
    }
    all.at += length;
  }
  return FAIRLEAD_ERROR_MODULE;
}

/* --- the runtime --- */

static const char *const names[FAIRLEAD_CALL_COUNT] = {"abiVersion", "reset", "configure", "tick", "scrub", "attach"};

static int wasm3_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  fairlead_wasm3_t *wasm3 = context;
  if ((unsigned)call >= FAIRLEAD_CALL_COUNT) return FAIRLEAD_ERROR_ARGUMENT;
  const void *arguments[1] = {&argument};
  uint32_t returned = 0;
  const void *results[1] = {&returned};
  if (m3_Call(wasm3->functions[call], call == FAIRLEAD_CALL_SCRUB ? 1u : 0u, arguments)) return FAIRLEAD_ERROR_TRAPPED;
  if (call != FAIRLEAD_CALL_RESET && m3_GetResults(wasm3->functions[call], 1, results)) return FAIRLEAD_ERROR_RUNTIME;
  *result = returned;
  return FAIRLEAD_OK;
}

static int find_exports(fairlead_wasm3_t *wasm3, fairlead_runtime_t *runtime) {
  for (uint32_t call = 0; call < FAIRLEAD_CALL_COUNT; call++) {
    if (m3_FindFunction(&wasm3->functions[call], wasm3->runtime, names[call])) return FAIRLEAD_ERROR_MODULE;
  }
  runtime->memory = m3_GetMemory(wasm3->runtime, &runtime->memory_bytes, 0);
  if (!runtime->memory) return FAIRLEAD_ERROR_MODULE;
  /* wasm3 keeps the module's own byte order on every host. */
  runtime->mirrored = false;
  runtime->call = wasm3_call;
  runtime->context = wasm3;
  return FAIRLEAD_OK;
}

/* A parsed module belongs to the runtime once it is loaded, and to nobody before. */
static M3Result load(fairlead_wasm3_t *wasm3, const uint8_t *module, uint32_t module_bytes) {
  IM3Module parsed;
  M3Result result = m3_ParseModule(wasm3->environment, &parsed, module, module_bytes);
  if (result) return result;
  result = m3_LoadModule(wasm3->runtime, parsed);
  if (result) {
    m3_FreeModule(parsed);
    return result;
  }
  return m3_CompileModule(parsed);
}

int fairlead_wasm3_open(fairlead_wasm3_t *wasm3, uint8_t *module, uint32_t module_bytes, uint32_t stack_bytes,
                        const char **text, fairlead_runtime_t *runtime) {
  if (!wasm3 || !module || !runtime) return FAIRLEAD_ERROR_ARGUMENT;
  memset(wasm3, 0, sizeof *wasm3);
  if (text) *text = "";
  int error = fairlead_wasm3_own_memory(module, &module_bytes);
  if (error) return error;
  error = FAIRLEAD_ERROR_RUNTIME;
  wasm3->environment = m3_NewEnvironment();
  if (wasm3->environment) wasm3->runtime = m3_NewRuntime(wasm3->environment, stack_bytes, NULL);
  if (wasm3->runtime) {
    M3Result result = load(wasm3, module, module_bytes);
    if (result && text) *text = result;
    error = result ? FAIRLEAD_ERROR_RUNTIME : find_exports(wasm3, runtime);
  }
  if (error) fairlead_wasm3_close(wasm3);
  return error;
}

void fairlead_wasm3_close(fairlead_wasm3_t *wasm3) {
  if (wasm3->runtime) m3_FreeRuntime(wasm3->runtime);
  if (wasm3->environment) m3_FreeEnvironment(wasm3->environment);
  memset(wasm3, 0, sizeof *wasm3);
}
