/*
 * What a firmware links: the module, the loader, the runtime header, and what they need of the compiler's library;
 * nothing of the board. Its sections are the figures of code and data.
 */

#include "adapters/fairlead-aot.h"
#include "fairlead-loader.h"

typedef void (*function_t)(void);

/* Every function that a firmware may call stays. */
__attribute__((section(".image_entry"), used)) const function_t image_entry[] = {
    (function_t)fairlead_aot_open,  (function_t)fairlead_open,   (function_t)fairlead_reset,
    (function_t)fairlead_start,     (function_t)fairlead_set,    (function_t)fairlead_get,
    (function_t)fairlead_write,     (function_t)fairlead_post,   (function_t)fairlead_post_port_counters,
    (function_t)fairlead_put,       (function_t)fairlead_row,
    (function_t)fairlead_stage,
    (function_t)fairlead_changed,   (function_t)fairlead_table,  (function_t)fairlead_configure,
    (function_t)fairlead_attach,    (function_t)fairlead_tick,   (function_t)fairlead_refusal,
    (function_t)fairlead_scrub,     (function_t)fairlead_drain,  (function_t)fairlead_outcome,
    (function_t)fairlead_keep,      (function_t)fairlead_restore, (function_t)fairlead_carry,
    (function_t)fairlead_error_text};
