#include <stdio.h>
#include "adapters/fairlead-aot.h"
#include "fairlead-loader.h"
#define PUT(T, type, n, ...) fairlead_put(&f, FAIRLEAD_##T##_TABLE, n, &(fairlead_##type##_t){__VA_ARGS__}, sizeof(fairlead_##type##_t))
static fairlead_aot_t aot; /* all storage is the program's: nothing is allocated */
static fairlead_t f;
static fairlead_slot_t mailbox[FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)];
int main(void) {
  fairlead_runtime_t runtime;
  fairlead_decided_t d;
  if (fairlead_aot_open(&aot, NULL, FAIRLEAD_SMALL_MEMORY_BYTES, &runtime)) return 1;
  if (fairlead_open(&f, &runtime, mailbox, FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)) || fairlead_reset(&f)) return 1;
  fairlead_stage(&f, 2, 3); /* the array: two ports that hold three sessions each, three targets on both */
  for (uint32_t n = 0; n < 2; n++) PUT(TARGET_PORT_CONFIG_STAGED, target_port_config, n, .id = n + 1, .portal_group_tag = 1, .sessions_capacity = 3);
  for (uint32_t n = 0; n < 3; n++) PUT(TARGET_CONFIG_STAGED, target_config, n, .id = n + 1);
  for (uint32_t n = 0; n < 3; n++) PUT(TARGET_PORTS_CONFIG_STAGED, target_ports_config, n, .ports = 3);
  if (fairlead_configure(&f) || fairlead_start(&f, 1, 0, 1)) return 1;
  for (uint32_t n = 0; n < 2; n++) PUT(TARGET_PORT_INPUT, target_port_input, n, .generation = 1, .incarnation = 1, .link = FAIRLEAD_LINK_STATE_UP);
  for (uint8_t n = 0; n < 3; n++) { /* observed: both ports listed for each target, and all three hosts on port 0 */
    PUT(REGISTRATION_INPUT, registration_input, n, .incarnation = 1, .ports = 3);
    PUT(INITIATOR_INPUT, initiator_input, n, .id = n + 1u, .generation = 1);
    PUT(SESSION_INPUT, session_input, n, .generation = 1, .target = n, .initiator = n, .flags = FAIRLEAD_SESSION_FLAG_LOGGED_IN);
  }
  for (uint32_t ms = 100; ms <= 6000; ms += 100) {
    for (uint32_t n = 0; n < 2; n++) fairlead_post_port_counters(&f, n, &(fairlead_port_counters_t){.generation = 1, .sampled_ms = ms});
    if (fairlead_tick(&f, ms, NULL)) return 1;
    while (fairlead_drain(&f, &d)) printf("%lu ms: decision %lu, target %lu\n", (unsigned long)ms, (unsigned long)d.kind, (unsigned long)d.subject);
  }
}
