#include <stdio.h>
#include "adapters/fairlead-aot.h"
#include "fairlead-loader.h"
#define STAGED(TABLE, row) fairlead_row(&f, FAIRLEAD_##TABLE##_STAGED_TABLE, row)
#define IN(TABLE, type, row, ...) fairlead_input(&f, FAIRLEAD_##TABLE##_TABLE, row, &(type){__VA_ARGS__}, sizeof(type))
static fairlead_aot_t aot; /* all storage is the program's: nothing is allocated */
static fairlead_t f;
static fairlead_slot_t mailbox[FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)];
int main(void) {
  fairlead_runtime_t runtime;
  fairlead_decided_t d;
  if (fairlead_aot_open(&aot, NULL, FAIRLEAD_SMALL_MEMORY_BYTES, &runtime)) return 1;
  if (fairlead_open(&f, &runtime, mailbox, FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)) || fairlead_reset(&f)) return 1;
  fairlead_stage_defaults(&f); /* the array: two ports that hold four sessions each, three targets on both */
  fairlead_common_policy_set_target_port_count(STAGED(COMMON_POLICY, 0), 2);
  fairlead_common_policy_set_target_count(STAGED(COMMON_POLICY, 0), 3);
  for (uint32_t n = 0; n < 2; n++) fairlead_target_port_config_set_id(STAGED(TARGET_PORT_CONFIG, n), n + 1);
  for (uint32_t n = 0; n < 2; n++) fairlead_target_port_config_set_portal_group_tag(STAGED(TARGET_PORT_CONFIG, n), 1);
  for (uint32_t n = 0; n < 2; n++) fairlead_target_port_config_set_sessions_capacity(STAGED(TARGET_PORT_CONFIG, n), 4);
  for (uint32_t n = 0; n < 3; n++) fairlead_target_config_set_id(STAGED(TARGET_CONFIG, n), n + 1);
  for (uint32_t n = 0; n < 3; n++) fairlead_target_ports_config_set_ports(STAGED(TARGET_PORTS_CONFIG, n), 3);
  fairlead_port_policy_set_high_watermark_permille(STAGED(PORT_POLICY, 0), 750);
  if (fairlead_configure(&f) || fairlead_start(&f, 1, 0, 1)) return 1;
  for (uint8_t n = 0; n < 2; n++) IN(TARGET_PORT_INPUT, fairlead_target_port_input_t, n, .generation = 1, .incarnation = 1, .link = 1);
  for (uint8_t n = 0; n < 3; n++) { /* what is observed: both ports listed for each target, all three sessions on port 0 */
    IN(REGISTRATION_INPUT, fairlead_registration_input_t, n, .incarnation = 1, .ports = 3);
    IN(INITIATOR_INPUT, fairlead_initiator_input_t, n, .id = n + 1u, .generation = 1);
    IN(SESSION_INPUT, fairlead_session_input_t, n, .generation = 1, .target = n, .initiator = n, .flags = FAIRLEAD_SESSION_FLAG_LOGGED_IN);
  }
  for (uint32_t ms = 100; ms <= 6000; ms += 100) {
    for (uint32_t n = 0; n < 2; n++) fairlead_post_port_counters(&f, n, &(fairlead_port_counters_t){.generation = 1, .sampled_ms = ms});
    if (fairlead_tick(&f, ms, NULL)) return 1;
    while (fairlead_drain(&f, &d)) printf("%u ms: decision %u, subject %u, from port %u\n", (unsigned)ms, (unsigned)d.kind, (unsigned)d.subject, (unsigned)d.from);
  }
  return 0;
}
