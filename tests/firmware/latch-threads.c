/*
 * Counters all the way from writer threads to where the policy reads them, through asc, wasm2c and gcc. Plain build:
 * writers post to the loader's mailbox. Shared build (SHARED_BUILD): they write the module's own rows under the sequence
 * word, while ticks run. The latch's copies must be whole, never older than before, and in the end the last ones.
 */

#define _DEFAULT_SOURCE

#include <pthread.h>
#include <string.h>

#include "array.h"
#include "check.h"
#include "open.h"

/* New rows that are seen latched before the writers stop. */
#ifdef __SANITIZE_ADDRESS__
#define LATCHED 5000u
#else
#define LATCHED 60000u
#endif

static fairlead_t fairlead;
/* Rows lie across the border of two cache lines: one within a line would seldom be torn. */
static struct {
  uint32_t half_a_line[8];
  fairlead_slot_t slots[SLOTS];
} __attribute__((aligned(64))) storage;
static fairlead_runtime_t runtime;
static uint32_t stop;
static uint32_t written[PORTS];

static fairlead_port_counters_t sample(uint32_t number) {
  const uint64_t wide = (uint64_t)number << 33 | number;
  return (fairlead_port_counters_t){1, number, number ^ 0x5a5a5a5au, wide * 3u, wide * 5u, wide * 7u};
}

#ifdef SHARED_BUILD

static uint32_t *word_at(uint32_t address) { return (uint32_t *)(void *)(runtime.memory + address); }

static void store_long(uint32_t address, uint64_t value) {
  __atomic_store_n(word_at(address), (uint32_t)value, __ATOMIC_RELAXED);
  __atomic_store_n(word_at(address + 4u), (uint32_t)(value >> 32), __ATOMIC_RELAXED);
}

/* The writer's half of the protocol, on the module's own row. */
static void write_row(uint32_t port, uint32_t number) {
  const fairlead_port_counters_t counters = sample(number);
  const uint32_t row = FAIRLEAD_TARGET_PORT_COUNTERS_BASE + port * FAIRLEAD_TARGET_PORT_COUNTERS_BYTES;
  __atomic_add_fetch(word_at(row), 1u, __ATOMIC_ACQ_REL);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  __atomic_store_n(word_at(row + FAIRLEAD_TARGET_PORT_COUNTERS_GENERATION_OFFSET), 1u, __ATOMIC_RELAXED);
  __atomic_store_n(word_at(row + FAIRLEAD_TARGET_PORT_COUNTERS_SAMPLED_MS_OFFSET), number, __ATOMIC_RELAXED);
  __atomic_store_n(word_at(row + FAIRLEAD_TARGET_PORT_COUNTERS_QUEUE_DEPTH_OFFSET), counters.queue_depth,
                   __ATOMIC_RELAXED);
  store_long(row + FAIRLEAD_TARGET_PORT_COUNTERS_BUSY_US_OFFSET, counters.busy_us);
  store_long(row + FAIRLEAD_TARGET_PORT_COUNTERS_BYTES_OFFSET, counters.bytes);
  store_long(row + FAIRLEAD_TARGET_PORT_COUNTERS_OPERATIONS_OFFSET, counters.operations);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  __atomic_add_fetch(word_at(row), 1u, __ATOMIC_ACQ_REL);
  __atomic_fetch_or(word_at(FAIRLEAD_TARGET_PORT_COUNTERS_CHANGED_ADDRESS), 1u << port, __ATOMIC_SEQ_CST);
  __atomic_fetch_or(word_at(FAIRLEAD_CHANGED_SUMMARIES_ADDRESS + 4u * FAIRLEAD_TARGET_PORT_COUNTERS_TABLE), 1u,
                    __ATOMIC_SEQ_CST);
}

#else

static void write_row(uint32_t port, uint32_t number) {
  const fairlead_port_counters_t counters = sample(number);
  while (fairlead_post_port_counters(&fairlead, port, &counters) == FAIRLEAD_ERROR_BUSY) {
  }
}

#endif

static void *write_rows(void *context) {
  const uint32_t port = (uint32_t)(uintptr_t)context;
  for (uint32_t number = 1; __atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0; number++) {
    write_row(port, number);
    written[port] = number;
    /* A gap of changing length, or the latch would seldom find a row at rest. */
    for (volatile uint32_t pause = 0; pause < 30u + number % 61u;) pause = pause + 1u;
  }
  return NULL;
}

/* The number that the latch's copy of a port came from; 0 for a torn one. */
static uint32_t latched_number(uint32_t port) {
  const uint8_t *row = fairlead_row(&fairlead, FAIRLEAD_TARGET_PORT_COUNTERS_LATCHED_TABLE, port);
  const uint32_t number = fairlead_target_port_counters_sampled_ms(row);
  const fairlead_port_counters_t counters = sample(number);
  const bool whole = fairlead_target_port_counters_queue_depth(row) == counters.queue_depth &&
                     fairlead_target_port_counters_busy_us(row) == counters.busy_us &&
                     fairlead_target_port_counters_bytes(row) == counters.bytes &&
                     fairlead_target_port_counters_operations(row) == counters.operations;
  return whole ? number : 0;
}

static uint32_t ticks;
static uint32_t torn;
static uint32_t backwards;
static uint32_t latched;

static void tick_and_look(uint32_t latest[PORTS]) {
  if (fairlead_tick(&fairlead, ++ticks, NULL)) torn++;
  for (uint32_t port = 0; port < PORTS; port++) {
    const uint32_t number = latched_number(port);
    const bool untouched = fairlead_target_port_counters_generation(fairlead_row(
                               &fairlead, FAIRLEAD_TARGET_PORT_COUNTERS_LATCHED_TABLE, port)) == 0;
    if (untouched) continue;
    torn += number == 0;
    backwards += number < latest[port];
    latched += number != latest[port];
    latest[port] = number;
  }
}

int main(void) {
  uint32_t latest[PORTS] = {0};
  pthread_t threads[PORTS];
  CHECK(open_module("", 0, &runtime) != NULL);
  CHECK_EQUAL(fairlead_open(&fairlead, &runtime, storage.slots, SLOTS), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_reset(&fairlead), FAIRLEAD_OK);
  array_stage(&fairlead, 3);
  CHECK_EQUAL(fairlead_configure(&fairlead), FAIRLEAD_OK);
  CHECK_EQUAL(fairlead_start(&fairlead, 1, 0, 1), FAIRLEAD_OK);
  array_observe(&fairlead);
  for (uint32_t port = 0; port < PORTS; port++) {
    CHECK_EQUAL(pthread_create(&threads[port], NULL, write_rows, (void *)(uintptr_t)port), 0);
  }
  while (latched < LATCHED) tick_and_look(latest);
  __atomic_store_n(&stop, 1u, __ATOMIC_RELEASE);
  for (uint32_t port = 0; port < PORTS; port++) CHECK_EQUAL(pthread_join(threads[port], NULL), 0);
  tick_and_look(latest);
  CHECK_EQUAL(torn, 0);
  CHECK_EQUAL(backwards, 0);
  for (uint32_t port = 0; port < PORTS; port++) CHECK_EQUAL(latest[port], written[port]);
  printf("%u of %u rows latched in %u ticks\n", latched, written[0] + written[1], ticks);
  close_modules();
  return checks_end("latch, writers on threads");
}
