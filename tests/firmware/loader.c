/* The loader: what it checks, what it refuses, and that an array lives through it. */

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "check.h"
#include "open.h"

static fairlead_t fairlead;
static fairlead_slot_t slots[SLOTS];
static fairlead_runtime_t runtime;

static void fresh(void) {
  close_modules();
  memset(slots, 0, sizeof slots);
  CHECK(open_module("", 0, &runtime) != NULL);
  CHECK_EQUAL(fairlead_open(&fairlead, &runtime, slots, SLOTS), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_reset(&fairlead), FAIRLEAD_OK);
}

static void opens_only_what_it_should(void) {
  fresh();
  fairlead_t other;
  fairlead_runtime_t wrong = runtime;
  CHECK_EQUAL(fairlead_open(NULL, &runtime, slots, SLOTS), FAIRLEAD_ERROR_ARGUMENT);
  CHECK_EQUAL(fairlead_open(&other, &runtime, NULL, SLOTS), FAIRLEAD_ERROR_ARGUMENT);
  CHECK_EQUAL(fairlead_open(&other, &runtime, slots, SLOTS - 1u), FAIRLEAD_ERROR_NO_MEMORY);
  wrong.memory_bytes = 100;
  CHECK_EQUAL(fairlead_open(&other, &wrong, slots, SLOTS), FAIRLEAD_ERROR_MODULE);
  wrong = runtime;
  wrong.mirrored = !wrong.mirrored;
  CHECK_EQUAL(fairlead_open(&other, &wrong, slots, SLOTS), FAIRLEAD_ERROR_MIRRORED);
  /* A directory that points past the memory. */
  uint8_t kept = runtime.memory[FAIRLEAD_DIRECTORY_ADDRESS + 3 * FAIRLEAD_DIRECTORY_ENTRY_BYTES + 3];
  runtime.memory[FAIRLEAD_DIRECTORY_ADDRESS + 3 * FAIRLEAD_DIRECTORY_ENTRY_BYTES + 3] = 0x7f;
  CHECK_EQUAL(fairlead_open(&other, &runtime, slots, SLOTS), FAIRLEAD_ERROR_MODULE);
  runtime.memory[FAIRLEAD_DIRECTORY_ADDRESS + 3 * FAIRLEAD_DIRECTORY_ENTRY_BYTES + 3] = kept;
  CHECK_EQUAL(fairlead_open(&other, &runtime, slots, SLOTS), FAIRLEAD_OK);
}

static int wrong_version(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  (void)context;
  (void)call;
  (void)argument;
  *result = FAIRLEAD_LAYOUT_VERSION + 1u;
  return FAIRLEAD_OK;
}

static int always_trapped(void *context, fairlead_call_t call, uint32_t argument, uint32_t *result) {
  (void)context;
  (void)call;
  (void)argument;
  (void)result;
  return FAIRLEAD_ERROR_TRAPPED;
}

static void says_what_the_runtime_says(void) {
  fresh();
  fairlead_t other;
  fairlead_runtime_t wrong = runtime;
  wrong.call = wrong_version;
  CHECK_EQUAL(fairlead_open(&other, &wrong, slots, SLOTS), FAIRLEAD_ERROR_ABI);
  wrong.call = always_trapped;
  CHECK_EQUAL(fairlead_open(&other, &wrong, slots, SLOTS), FAIRLEAD_ERROR_TRAPPED);
  fairlead.runtime.call = always_trapped;
  CHECK_EQUAL(fairlead_reset(&fairlead), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(fairlead_attach(&fairlead), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(fairlead_tick(&fairlead, 1, NULL), FAIRLEAD_ERROR_TRAPPED);
  CHECK_EQUAL(fairlead_scrub(&fairlead, 1, NULL), FAIRLEAD_ERROR_TRAPPED);
}

static void rows_have_bounds(void) {
  fresh();
  uint64_t value = 0;
  fairlead_table_t table;
  uint8_t byte = 1;
  const uint32_t sessions = FAIRLEAD_SESSION_INPUT_TABLE;
  CHECK_EQUAL(fairlead_table(&fairlead, FAIRLEAD_TABLE_COUNT, &table), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_table(&fairlead, sessions, &table), FAIRLEAD_OK);
  CHECK_EQUAL(table.capacity, FAIRLEAD_SMALL_SESSION_MAX);
  CHECK_EQUAL(table.stride, sizeof(fairlead_session_input_t));
  CHECK_EQUAL(fairlead_set(&fairlead, sessions, table.capacity, 0, 4, 1), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_set(&fairlead, sessions, 0, 0, 3, 1), FAIRLEAD_ERROR_ARGUMENT);
  CHECK_EQUAL(fairlead_set(&fairlead, FAIRLEAD_TABLE_COUNT, 0, 0, 4, 1), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_set(&fairlead, FAIRLEAD_SESSION_STATE_TABLE, 0, 0, 4, 1), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_set(&fairlead, FAIRLEAD_HEADER_TABLE, 0, 0, 4, 1), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_set(&fairlead, FAIRLEAD_SCOPE_TABLE, 5, FAIRLEAD_SCOPE_EPOCH_OFFSET, 8, 0x1122334455667788u), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_get(&fairlead, FAIRLEAD_SCOPE_TABLE, 5, FAIRLEAD_SCOPE_EPOCH_OFFSET, 8, &value), FAIRLEAD_OK);
  CHECK(value == 0x1122334455667788u);
  CHECK_EQUAL(fairlead_get(&fairlead, FAIRLEAD_SCOPE_TABLE, 5, FAIRLEAD_SCOPE_EPOCH_OFFSET + 1u, 2, &value), FAIRLEAD_OK);
  CHECK_EQUAL(value, 0x6677);
  CHECK_EQUAL(fairlead_get(&fairlead, sessions, table.capacity - 1u, table.stride - 2u, 4, &value), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_write(&fairlead, sessions, 0, table.stride + 1u, &byte, 1), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_write(&fairlead, sessions, 0, 0, &byte, 0xffffffffu), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_put(&fairlead, sessions, 0, &byte, 1), FAIRLEAD_ERROR_ARGUMENT);
  CHECK_EQUAL(fairlead_put(&fairlead, FAIRLEAD_DECISION_TABLE, 0, &byte, 1), FAIRLEAD_ERROR_NO_TABLE);
  CHECK(fairlead_row(&fairlead, sessions, table.capacity) == NULL);
  CHECK_EQUAL(fairlead_changed(&fairlead, sessions, table.capacity), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_changed(&fairlead, FAIRLEAD_DECISION_TABLE, 0), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_keep(&fairlead, runtime.memory_bytes, &byte, 1), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_restore(&fairlead, runtime.memory_bytes - 1u, &byte, 2), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_start(&fairlead, 0, 0, 1), FAIRLEAD_ERROR_ARGUMENT);
}

static void changed_bits_are_the_modules(void) {
  fresh();
  const uint32_t row = FAIRLEAD_SMALL_SESSION_MAX - 1u;
  fairlead_table_t table;
  CHECK_EQUAL(fairlead_table(&fairlead, FAIRLEAD_SESSION_INPUT_TABLE, &table), FAIRLEAD_OK);
  const uint8_t *leaf = runtime.memory + table.changed + row / 8u;
  const uint8_t *summary = runtime.memory + FAIRLEAD_CHANGED_SUMMARIES_ADDRESS + FAIRLEAD_SESSION_INPUT_TABLE * 4u;
  CHECK_EQUAL(*leaf, 0);
  CHECK_EQUAL(fairlead_changed(&fairlead, FAIRLEAD_SESSION_INPUT_TABLE, row), FAIRLEAD_OK);
  CHECK_EQUAL(*leaf, 0x80);
  CHECK_EQUAL(summary[0], 1u << (row / 32u));
}

static void mailbox_reaches_the_memory(void) {
  fresh();
  array_stage(&fairlead, 3);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_start(&fairlead, 1, 0, 1), FAIRLEAD_OK);
  array_observe(&fairlead);
  const fairlead_port_counters_t counters = {1, 100, 7, 0x100000002u, 0x300000004u, 0x500000006u};
  const uint32_t words[1] = {1};
  uint64_t value = 0;
  CHECK_EQUAL(fairlead_post_port_counters(&fairlead, FAIRLEAD_SMALL_TARGET_PORT_MAX, &counters), FAIRLEAD_ERROR_NO_ROW);
  CHECK_EQUAL(fairlead_post(&fairlead, FAIRLEAD_SESSION_INPUT_TABLE, 0, words, 1), FAIRLEAD_ERROR_NO_TABLE);
  CHECK_EQUAL(fairlead_post(&fairlead, FAIRLEAD_TARGET_PORT_COUNTERS_TABLE, 0, words, 16), FAIRLEAD_ERROR_NO_ROW);
  slots[0].word[0] = 1; /* another writer is in the row */
  CHECK_EQUAL(fairlead_post_port_counters(&fairlead, 0, &counters), FAIRLEAD_ERROR_BUSY);
  slots[0].word[0] = 0;
  CHECK_EQUAL(fairlead_post_port_counters(&fairlead, 1, &counters), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_tick(&fairlead, 100, NULL), FAIRLEAD_OK);
  const uint32_t latched = FAIRLEAD_TARGET_PORT_COUNTERS_LATCHED_TABLE;
  CHECK_EQUAL(fairlead_get(&fairlead, latched, 1, FAIRLEAD_TARGET_PORT_COUNTERS_BUSY_US_OFFSET, 8, &value), FAIRLEAD_OK);
  CHECK(value == counters.busy_us);
  CHECK_EQUAL(fairlead_get(&fairlead, latched, 1, FAIRLEAD_TARGET_PORT_COUNTERS_OPERATIONS_OFFSET, 8, &value), FAIRLEAD_OK);
  CHECK(value == counters.operations);
  CHECK_EQUAL(fairlead_get(&fairlead, latched, 1, FAIRLEAD_TARGET_PORT_COUNTERS_QUEUE_DEPTH_OFFSET, 4, &value), FAIRLEAD_OK);
  CHECK_EQUAL(value, 7);
  CHECK_EQUAL(fairlead.torn_rows, 0);
}

static void torn_row_is_left_for_later(void) {
  mailbox_reaches_the_memory();
  const fairlead_port_counters_t counters = {1, 200, 9, 1, 2, 3};
  CHECK_EQUAL(fairlead_post_port_counters(&fairlead, 0, &counters), FAIRLEAD_OK);
  slots[0].word[0] |= 1u; /* a writer that was interrupted in the row */
  CHECK_EQUAL(fairlead_tick(&fairlead, 200, NULL), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead.torn_rows, 1);
  slots[0].word[0] += 1u;
  CHECK_EQUAL(fairlead_tick(&fairlead, 300, NULL), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead.torn_rows, 1);
  uint64_t value = 0;
  const uint32_t latched = FAIRLEAD_TARGET_PORT_COUNTERS_LATCHED_TABLE;
  CHECK_EQUAL(fairlead_get(&fairlead, latched, 0, FAIRLEAD_TARGET_PORT_COUNTERS_QUEUE_DEPTH_OFFSET, 4, &value), FAIRLEAD_OK);
  CHECK_EQUAL(value, 9);
}

static void refusal_names_the_place(void) {
  fresh();
  array_stage(&fairlead, 3);
  uint8_t *row = fairlead_row(&fairlead, FAIRLEAD_TARGET_PORT_CONFIG_STAGED_TABLE, 1);
  fairlead_target_port_config_set_portal_group_tag(row, 0);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_ERROR_REFUSED);
  fairlead_refusal_t refusal;
  fairlead_refusal(&fairlead, &refusal);
  CHECK_EQUAL(refusal.code, FAIRLEAD_ERROR_CODE_OUT_OF_RANGE);
  CHECK_EQUAL(refusal.table, FAIRLEAD_TARGET_PORT_CONFIG_STAGED_TABLE);
  CHECK_EQUAL(refusal.row, 1);
  CHECK_EQUAL(refusal.field, FAIRLEAD_TARGET_PORT_CONFIG_PORTAL_GROUP_TAG_OFFSET);
  fairlead_target_port_config_set_portal_group_tag(row, 1);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_OK);
}

/* Carries a decision out as the servers would. */
static void carry_out(const fairlead_decided_t *decided) {
  uint64_t ports = 0;
  const uint32_t registrations = FAIRLEAD_REGISTRATION_INPUT_TABLE;
  const uint32_t offset = FAIRLEAD_REGISTRATION_INPUT_PORTS_OFFSET;
  switch (decided->kind) {
    case FAIRLEAD_DECISION_KIND_WITHDRAW_REGISTRATION:
      CHECK_EQUAL(fairlead_get(&fairlead, registrations, decided->subject, offset, 4, &ports), FAIRLEAD_OK);
      array_register(&fairlead, decided->subject, (uint32_t)ports & ~(1u << decided->from));
      break;
    case FAIRLEAD_DECISION_KIND_RESTORE_REGISTRATION:
      CHECK_EQUAL(fairlead_get(&fairlead, registrations, decided->subject, offset, 4, &ports), FAIRLEAD_OK);
      array_register(&fairlead, decided->subject, (uint32_t)ports | 1u << decided->to);
      break;
    case FAIRLEAD_DECISION_KIND_LOGOUT_SESSION:
      array_logout(&fairlead, decided->subject);
      CHECK_EQUAL(fairlead_tick(&fairlead, decided->time_ms + 50u, NULL), FAIRLEAD_OK);
      array_login(&fairlead, decided->subject, decided->to);
      break;
    default:
      break;
  }
  CHECK_EQUAL(fairlead_outcome(&fairlead, decided->incarnation, decided->sequence, FAIRLEAD_OUTCOME_RESULT_DONE, 0),
              FAIRLEAD_OK);
}

/* The seed's example, Figures 8 to 13, through the loader. */
static void the_example_lives(void) {
  static const uint32_t expected[][4] = {
      {FAIRLEAD_DECISION_KIND_WITHDRAW_REGISTRATION, 0, 0, FAIRLEAD_NONE},
      {FAIRLEAD_DECISION_KIND_LOGOUT_SESSION, 0, 0, 1},
      {FAIRLEAD_DECISION_KIND_RESTORE_REGISTRATION, 0, FAIRLEAD_NONE, 0},
  };
  fresh();
  array_stage(&fairlead, 3);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_start(&fairlead, 1, 0, 1), FAIRLEAD_OK);
  array_observe(&fairlead);
  uint32_t said = 0;
  for (uint32_t ms = 100; ms <= 30000; ms += 100) {
    fairlead_decided_t decided;
    CHECK(array_tick(&fairlead, ms));
    while (fairlead_drain(&fairlead, &decided)) {
      CHECK(said < 3);
      if (said < 3) {
        CHECK_EQUAL(decided.kind, expected[said][0]);
        CHECK_EQUAL(decided.subject, expected[said][1]);
        CHECK_EQUAL(decided.from, expected[said][2]);
        CHECK_EQUAL(decided.to, expected[said][3]);
      }
      CHECK_EQUAL(decided.sequence, said + 1u);
      CHECK_EQUAL(decided.incarnation, 1);
      said++;
      carry_out(&decided);
    }
  }
  CHECK_EQUAL(said, 3);
}

static void outcomes_fill_up(void) {
  fresh();
  for (uint32_t index = 0; index < FAIRLEAD_SMALL_OUTCOME_MAX; index++) {
    CHECK_EQUAL(fairlead_outcome(&fairlead, 1, index, FAIRLEAD_OUTCOME_RESULT_DONE, 0), FAIRLEAD_OK);
  }
  CHECK_EQUAL(fairlead_outcome(&fairlead, 1, 99, FAIRLEAD_OUTCOME_RESULT_DONE, 0), FAIRLEAD_ERROR_FULL);
  CHECK_EQUAL(fairlead_tick(&fairlead, 1, NULL), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_outcome(&fairlead, 1, 99, FAIRLEAD_OUTCOME_RESULT_DONE, 0), FAIRLEAD_OK);
}

static void errors_have_texts(void) {
  for (int error = FAIRLEAD_ERROR_MIRRORED; error <= 0; error++) {
    CHECK(strcmp(fairlead_error_text(error), "unknown error") != 0);
    for (int other = error + 1; other <= 0; other++) {
      CHECK(strcmp(fairlead_error_text(error), fairlead_error_text(other)) != 0);
    }
  }
  CHECK(strcmp(fairlead_error_text(FAIRLEAD_ERROR_MIRRORED - 1), "unknown error") == 0);
}

int main(void) {
  opens_only_what_it_should();
  says_what_the_runtime_says();
  rows_have_bounds();
  changed_bits_are_the_modules();
  mailbox_reaches_the_memory();
  torn_row_is_left_for_later();
  refusal_names_the_place();
  the_example_lives();
  outcomes_fill_up();
  errors_have_texts();
  close_modules();
  return checks_end("loader");
}
