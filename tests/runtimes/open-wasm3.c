/* wasm3, from its public header. */

#include <stdio.h>
#include <stdlib.h>

#include "adapters/fairlead-wasm3.h"
#include "file.h"
#include "open.h"

#define INSTANCES 4
#define STACK_BYTES 16384u
static fairlead_wasm3_t instances[INSTANCES];
static uint8_t *modules[INSTANCES];
static int opened;

const char *open_module(const char *path, int version, fairlead_runtime_t *runtime) {
  const char *text = "";
  size_t bytes;
  if (version != 0 || opened == INSTANCES) return NULL;
  modules[opened] = read_file(path, &bytes);
  if (!modules[opened]) return NULL;
  int error = fairlead_wasm3_open(&instances[opened], modules[opened], (uint32_t)bytes, STACK_BYTES, &text, runtime);
  opened++;
  if (error == FAIRLEAD_OK) return "wasm3";
  fprintf(stderr, "fairlead_wasm3_open: error %d: %s\n", error, text);
  return NULL;
}

void close_modules(void) {
  while (opened > 0) {
    fairlead_wasm3_close(&instances[--opened]);
    free(modules[opened]);
  }
}
