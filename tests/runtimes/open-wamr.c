/* WAMR, from its public header. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/fairlead-wamr.h"
#include "file.h"
#include "open.h"

#define INSTANCES 4
#define STACK_BYTES 16384u
static fairlead_wamr_t instances[INSTANCES];
static uint8_t *modules[INSTANCES];
static int opened;

const char *open_module(const char *path, int version, fairlead_runtime_t *runtime) {
  char text[128];
  size_t bytes;
  if (version != 0 || opened == INSTANCES) return NULL;
  if (opened == 0 && !wasm_runtime_init()) return NULL;
  modules[opened] = read_file(path, &bytes);
  if (!modules[opened]) return NULL;
  int error = fairlead_wamr_open(&instances[opened], modules[opened], (uint32_t)bytes, STACK_BYTES, text,
                                 (uint32_t)sizeof text, runtime);
  opened++;
  if (error == FAIRLEAD_OK) return "WAMR";
  fprintf(stderr, "fairlead_wamr_open: error %d: %s\n", error, text);
  return NULL;
}

void close_modules(void) {
  if (opened == 0) return;
  while (opened > 0) {
    fairlead_wamr_close(&instances[--opened]);
    free(modules[opened]);
  }
  wasm_runtime_destroy();
}
