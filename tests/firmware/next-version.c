/* Another build of the module in the same program: the adapter once more, under another name. */

#define FAIRLEAD_AOT_OPEN fairlead_next_open
#define FAIRLEAD_AOT_FAULT fairlead_next_fault
#undef FAIRLEAD_MODULE_C
#define FAIRLEAD_MODULE_C NEXT_MODULE_C

#include "adapters/fairlead-aot.h"

int fairlead_next_open(fairlead_aot_t *aot, void *memory, size_t memory_bytes, fairlead_runtime_t *runtime);

#include "adapters/fairlead-aot.c"
