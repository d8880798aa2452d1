/*
 * Measures what verifying takes: the stack, cryptography included, on a painted stack of its own; and that nothing is
 * allocated, by linking with --wrap for the allocator.
 * Arguments: trust store, manifest, signatures, the module's name, the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "fairlead-verify.h"

#define PAINTED_BYTES 65536u
#define PAINT 0xa5u
#define FILE_BYTES 1048576u

typedef struct file {
  uint8_t bytes[FILE_BYTES];
  size_t count;
} file_t;

static file_t files[4];
static const char *module_name;
static fairlead_manifest_t manifest;
static fairlead_trust_t trust;
static int verdict;
static int allocations;
static ucontext_t caller, callee;
static uint8_t stack[PAINTED_BYTES] __attribute__((aligned(16)));

void *__wrap_malloc(size_t count);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t count);
void *__wrap_malloc(size_t count) {
  (void)count;
  allocations += 1;
  return NULL;
}
void *__wrap_calloc(size_t count, size_t size) { return __wrap_malloc(count * size); }
void *__wrap_realloc(void *old, size_t count) {
  (void)old;
  return __wrap_malloc(count);
}

static void verify(void) {
  verdict = fairlead_trust_read(&trust, files[0].bytes, files[0].count);
  if (verdict == 0) {
    verdict = fairlead_manifest_verify(&manifest, &trust, 0, files[1].bytes, files[1].count, files[2].bytes,
                                       files[2].count);
  }
  const fairlead_part_t *const part = verdict == 0 ? fairlead_manifest_find(&manifest, module_name) : NULL;
  if (part != NULL) verdict = fairlead_part_verify(&manifest, part, files[3].bytes, files[3].count);
  else if (verdict == 0) verdict = FAIRLEAD_REFUSED_PART_MISSING;
}

static int read_files(char **names) {
  for (int index = 0; index < 4; index++) {
    FILE *const file = fopen(names[index], "rb");
    if (file == NULL) return -1;
    setvbuf(file, NULL, _IONBF, 0);
    files[index].count = fread(files[index].bytes, 1, FILE_BYTES, file);
    (void)fclose(file);
  }
  return 0;
}

int main(int count, char **values) {
  char *names[4];
  if (count != 6) return 2;
  module_name = values[4];
  for (int index = 0; index < 3; index++) names[index] = values[1 + index];
  names[3] = values[5];
  if (read_files(names)) return 2;
  memset(stack, PAINT, sizeof stack);
  (void)getcontext(&callee);
  callee.uc_stack.ss_sp = stack;
  callee.uc_stack.ss_size = sizeof stack;
  callee.uc_link = &caller;
  makecontext(&callee, verify, 0);
  allocations = 0;
  (void)swapcontext(&caller, &callee);
  size_t untouched = 0;
  while (untouched < sizeof stack && stack[untouched] == PAINT) untouched += 1;
  printf("%s %zu %d\n", fairlead_verdict_text(verdict), sizeof stack - untouched, allocations);
  return 0;
}
