/* A small array for tests of the loader: two ports, three targets on both, three sessions on the first port. */
#ifndef ARRAY_H
#define ARRAY_H

#include "fairlead-loader.h"

#define PORTS 2u
#define TARGETS 3u
#define SLOTS FAIRLEAD_SLOTS(FAIRLEAD_SMALL_LATCHED_ROWS)

/* Stages it; targets on the ports of `ports`, a bitmap. */
static inline void array_stage(fairlead_t *fairlead, uint32_t ports) {
  fairlead_stage(fairlead, PORTS, TARGETS);
  fairlead_port_policy_set_high_watermark_permille(fairlead_row(fairlead, FAIRLEAD_PORT_POLICY_STAGED_TABLE, 0), 750);
  for (uint32_t port = 0; port < PORTS; port++) {
    uint8_t *row = fairlead_row(fairlead, FAIRLEAD_TARGET_PORT_CONFIG_STAGED_TABLE, port);
    fairlead_target_port_config_set_id(row, port + 1u);
    fairlead_target_port_config_set_portal_group_tag(row, 1);
    fairlead_target_port_config_set_sessions_capacity(row, 4);
  }
  for (uint32_t target = 0; target < TARGETS; target++) {
    fairlead_target_config_set_id(fairlead_row(fairlead, FAIRLEAD_TARGET_CONFIG_STAGED_TABLE, target), target + 1u);
    uint8_t *row = fairlead_row(fairlead, FAIRLEAD_TARGET_PORTS_CONFIG_STAGED_TABLE, target);
    fairlead_target_ports_config_set_ports(row, ports);
  }
}

static inline void array_mark(fairlead_t *fairlead, uint32_t table, uint32_t row) {
  (void)fairlead_changed(fairlead, table, row);
}

/* Registrations of a target as read back from the server. */
static inline void array_register(fairlead_t *fairlead, uint32_t target, uint32_t ports) {
  uint8_t *row = fairlead_row(fairlead, FAIRLEAD_REGISTRATION_INPUT_TABLE, target);
  fairlead_registration_input_set_incarnation(row, 1);
  fairlead_registration_input_set_ports(row, ports);
  array_mark(fairlead, FAIRLEAD_REGISTRATION_INPUT_TABLE, target);
}

static inline void array_login(fairlead_t *fairlead, uint32_t session, uint32_t port) {
  uint8_t *row = fairlead_row(fairlead, FAIRLEAD_SESSION_INPUT_TABLE, session);
  fairlead_session_input_set_generation(row, fairlead_session_input_generation(row) + 1u);
  fairlead_session_input_set_target(row, (uint16_t)session);
  fairlead_session_input_set_initiator(row, (uint16_t)session);
  fairlead_session_input_set_port(row, (uint16_t)port);
  fairlead_session_input_set_flags(row, FAIRLEAD_SESSION_FLAG_LOGGED_IN);
  array_mark(fairlead, FAIRLEAD_SESSION_INPUT_TABLE, session);
}

static inline void array_logout(fairlead_t *fairlead, uint32_t session) {
  fairlead_session_input_set_flags(fairlead_row(fairlead, FAIRLEAD_SESSION_INPUT_TABLE, session), 0);
  array_mark(fairlead, FAIRLEAD_SESSION_INPUT_TABLE, session);
}

/* Everything observed as it is at the beginning. */
static inline void array_observe(fairlead_t *fairlead) {
  for (uint32_t port = 0; port < PORTS; port++) {
    uint8_t *row = fairlead_row(fairlead, FAIRLEAD_TARGET_PORT_INPUT_TABLE, port);
    fairlead_target_port_input_set_generation(row, 1);
    fairlead_target_port_input_set_incarnation(row, 1);
    fairlead_target_port_input_set_link(row, FAIRLEAD_LINK_STATE_UP);
    array_mark(fairlead, FAIRLEAD_TARGET_PORT_INPUT_TABLE, port);
  }
  for (uint32_t target = 0; target < TARGETS; target++) {
    array_register(fairlead, target, 3);
    uint8_t *row = fairlead_row(fairlead, FAIRLEAD_INITIATOR_INPUT_TABLE, target);
    fairlead_initiator_input_set_id(row, target + 1u);
    fairlead_initiator_input_set_generation(row, 1);
    array_mark(fairlead, FAIRLEAD_INITIATOR_INPUT_TABLE, target);
    array_login(fairlead, target, 0);
  }
}

/* Ticks on in steps of 100 ms with idle counters; false where a call failed. */
static inline bool array_tick(fairlead_t *fairlead, uint32_t host_ms) {
  for (uint32_t port = 0; port < PORTS; port++) {
    const fairlead_port_counters_t counters = {.generation = 1, .sampled_ms = host_ms};
    if (fairlead_post_port_counters(fairlead, port, &counters)) return false;
  }
  return fairlead_tick(fairlead, host_ms, NULL) == FAIRLEAD_OK;
}

#endif
