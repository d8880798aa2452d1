/* An adapter: calls arrive, traps become errors and leave the instance usable, the memory is the module's. */

#include <string.h>

#include "check.h"
#include "fairlead-runtime.h"
#include "open.h"

static uint32_t result;

static int call(const fairlead_runtime_t *runtime, fairlead_call_t which, uint32_t argument) {
  result = 99;
  return runtime->call(runtime->context, which, argument, &result);
}

static uint8_t *byte_at(const fairlead_runtime_t *runtime, uint32_t address) {
  return runtime->memory + (runtime->mirrored ? runtime->memory_bytes - 1u - address : address);
}

static void calls_arrive(const fairlead_runtime_t *runtime) {
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_ABI_VERSION, 0), FAIRLEAD_OK);
  CHECK_EQUAL(result, 7);
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_SCRUB, 12345), FAIRLEAD_OK);
  CHECK_EQUAL(result, 12345);
  CHECK_EQUAL(call(runtime, (fairlead_call_t)17, 0), FAIRLEAD_ERROR_ARGUMENT);
}

static void memory_is_the_modules(const fairlead_runtime_t *runtime) {
  CHECK_EQUAL(runtime->memory_bytes, 65536);
  for (uint32_t index = 0; index < 9; index++) CHECK_EQUAL(*byte_at(runtime, 1408 + index), "constants"[index]);
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_RESET, 0), FAIRLEAD_OK);
  CHECK_EQUAL(result, 0);
  for (uint32_t index = 0; index < 4; index++) CHECK_EQUAL(*byte_at(runtime, 4480 + index), 4 - index);
  *byte_at(runtime, 4480) = 77;
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_ATTACH, 0), FAIRLEAD_OK);
  CHECK_EQUAL(result, 77);
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_CONFIGURE, 0), FAIRLEAD_OK);
  CHECK_EQUAL(result, 0x0102034d);
}

static void traps_are_errors(const fairlead_runtime_t *runtime) {
  CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_TICK, 0), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(result, 99);
  for (uint32_t what = 1; what <= 4; what++) {
    CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_SCRUB, what), FAIRLEAD_ERROR_TRAPPED);
    CHECK_EQUAL(result, 99);
    CHECK_EQUAL(call(runtime, FAIRLEAD_CALL_SCRUB, 5), FAIRLEAD_OK);
    CHECK_EQUAL(result, 5);
  }
}

/* An instance's memory is its own. */
static void instances_are_apart(const char *path, const fairlead_runtime_t *first) {
  fairlead_runtime_t second;
  CHECK(open_module(path, 0, &second) != NULL);
  *byte_at(first, 5000) = 1;
  *byte_at(&second, 5000) = 2;
  CHECK_EQUAL(*byte_at(first, 5000), 1);
  CHECK_EQUAL(call(&second, FAIRLEAD_CALL_TICK, 0), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(call(first, FAIRLEAD_CALL_SCRUB, 8), FAIRLEAD_OK);
}

int main(int count, char **arguments) {
  const char *path = count > 1 ? arguments[1] : "";
  fairlead_runtime_t runtime;
  memset(&runtime, 0, sizeof runtime);
  CHECK(open_module(path, 0, &runtime) != NULL);
  if (runtime.call) {
    calls_arrive(&runtime);
    memory_is_the_modules(&runtime);
    traps_are_errors(&runtime);
    instances_are_apart(path, &runtime);
  }
  close_modules();
  return checks_end("adapter");
}
