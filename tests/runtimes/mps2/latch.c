/*
 * The whole latch under a timer interrupt: the interrupt posts counters, whose fields all follow from one number, to the
 * loader's mailbox, also in the middle of ticks; what the module latched must be whole after every tick.
 */

#include <string.h>

#include "../../firmware/array.h"
#include "adapters/fairlead-aot.h"
#include "board.h"
#include "semihosting.h"

#define TICKS 4000u

static fairlead_aot_t aot;
static fairlead_t fairlead;
static fairlead_slot_t slots[SLOTS];
static volatile uint32_t posted[PORTS];
static volatile uint32_t interrupts;
static volatile uint32_t in_tick;
static volatile uint32_t interrupted_ticks;

static fairlead_port_counters_t sample(uint32_t number) {
  const uint64_t wide = (uint64_t)number << 33 | number;
  return (fairlead_port_counters_t){1, number, number ^ 0x5a5a5a5au, wide * 3u, wide * 5u, wide * 7u};
}

void timer_handler(void) {
  const uint32_t port = interrupts++ % PORTS;
  const uint32_t number = posted[port] + 1u;
  const fairlead_port_counters_t counters = sample(number);
  if (fairlead_post_port_counters(&fairlead, port, &counters) == FAIRLEAD_OK) posted[port] = number;
  interrupted_ticks += in_tick;
  board_timer_period(20u + interrupts % 173u);
}

/* 1 if a port's latched row is torn or older than before. */
static uint32_t is_wrong(uint32_t port, uint32_t *latest) {
  const uint8_t *row = fairlead_row(&fairlead, FAIRLEAD_TARGET_PORT_COUNTERS_LATCHED_TABLE, port);
  const uint32_t number = fairlead_target_port_counters_sampled_ms(row);
  if (fairlead_target_port_counters_generation(row) == 0) return 0;
  const fairlead_port_counters_t counters = sample(number);
  const uint32_t before = *latest;
  *latest = number;
  return number < before || fairlead_target_port_counters_queue_depth(row) != counters.queue_depth ||
         fairlead_target_port_counters_busy_us(row) != counters.busy_us ||
         fairlead_target_port_counters_bytes(row) != counters.bytes ||
         fairlead_target_port_counters_operations(row) != counters.operations;
}

static int set_up(void) {
  fairlead_runtime_t runtime;
  if (fairlead_aot_open(&aot, NULL, FAIRLEAD_SMALL_MEMORY_BYTES, &runtime)) return -1;
  if (fairlead_open(&fairlead, &runtime, slots, SLOTS) || fairlead_reset(&fairlead)) return -1;
  array_stage(&fairlead, 3);
  if (fairlead_configure(&fairlead) || fairlead_start(&fairlead, 1, 0, 1)) return -1;
  array_observe(&fairlead);
  return 0;
}

static void print_field(const char *name, uint32_t value) {
  semihosting_print(name);
  semihosting_print_number(value, 10, 1);
}

int main(void) {
  uint32_t latest[PORTS] = {0};
  uint32_t wrong = 0;
  if (set_up()) return 2;
  board_timer_start(64);
  for (uint32_t tick = 1; tick <= TICKS; tick++) {
    in_tick = 1;
    if (fairlead_tick(&fairlead, tick * 10u, NULL)) return 2;
    in_tick = 0;
    for (uint32_t port = 0; port < PORTS; port++) wrong += is_wrong(port, &latest[port]);
  }
  board_timer_stop();
  if (fairlead_tick(&fairlead, (TICKS + 1u) * 10u, NULL)) return 2;
  uint32_t lost = 0;
  for (uint32_t port = 0; port < PORTS; port++) {
    wrong += is_wrong(port, &latest[port]);
    lost += latest[port] != posted[port];
  }
  print_field("{\"ticks\":", TICKS);
  print_field(",\"interrupts\":", interrupts);
  print_field(",\"interruptsInTicks\":", interrupted_ticks);
  print_field(",\"torn\":", wrong);
  print_field(",\"lost\":", lost);
  semihosting_print("}\n");
  return wrong == 0 && lost == 0 && interrupted_ticks > TICKS / 2u ? 0 : 1;
}
