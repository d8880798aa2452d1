/* The bench's inputs in C; tests/bench/workload.ts writes the same numbers. */
#include "workload.h"

#include "rows.h"

#define START_MS UINT64_C(1000000)
#define STEP_MS 100u

/* Counters of the rough workload; they begin near the end of 32 bits on odd ports, so that they go round. */
static struct {
  uint64_t busy_us, bytes, operations;
  bool begun;
} rough[TARGET_PORT_MAX];
static uint64_t rough_ms;

static uint32_t hash(uint32_t tick, uint32_t port) {
  uint32_t h = tick * 2654435761u + port * 40503u;
  h ^= h >> 15;
  h *= 0x85ebca6bu;
  return h ^ (h >> 13);
}

static void mark(uint32_t port) {
  unsigned char *leaf = AT(TARGET_PORT_COUNTERS_CHANGED + (port >> 5) * 4);
  unsigned char *summary = AT(CHANGED_SUMMARIES_ADDRESS + TARGET_PORT_COUNTERS_TABLE * 4);
  store32(leaf, load32(leaf) | UINT32_C(1) << (port & 31));
  store32(summary, load32(summary) | UINT32_C(1) << ((port >> 5) >> TARGET_PORT_COUNTERS_SHIFT));
}

static void write_steady(uint32_t tick) {
  const uint64_t host_ms = START_MS + (uint64_t)tick * STEP_MS;
  ROW(Control, CONTROL_BASE, 0)->hostMs = host_ms;
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    TargetPortCounters *row = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_BASE, port);
    row->sequence = tick * 2;
    row->generation = 1;
    row->sampledMs = (uint32_t)host_ms;
    row->queueDepth = (tick + port) & 15;
    row->busyUs = (uint64_t)tick * (20000 + 37 * port);
    row->bytes = (uint64_t)tick * (1000000 + 4096 * port);
    row->operations = (uint64_t)tick * (1500 + port);
    mark(port);
  }
}

static void write_rough_port(uint32_t tick, uint32_t port) {
  const uint32_t r = hash(tick, port);
  const bool heavy = ((tick >> 5) + port) % 3 == 0;
  const bool stuck = ((tick >> 4) + port) % 5 == 0;
  if (!rough[port].begun) {
    const uint64_t first = port & 1 ? UINT64_C(0xfff00000) : 0;
    rough[port].busy_us = rough[port].bytes = rough[port].operations = first;
    rough[port].begun = true;
  }
  rough[port].busy_us += heavy ? 95000 : 30000;
  rough[port].bytes += 1000000 + r % 100000;
  if (!stuck) rough[port].operations += 1500 + r % 1000;
  if (r % 97 == 0) rough[port].busy_us = rough[port].bytes = rough[port].operations = r % 7;
  if (port & 1) {
    rough[port].busy_us &= 0xffffffff;
    rough[port].bytes &= 0xffffffff;
    rough[port].operations &= 0xffffffff;
  }
  if (r % 13 == 0 || (tick % 1000 >= 600 && tick % 1000 < 640)) return;
  TargetPortCounters *row = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_BASE, port);
  row->sequence = tick * 2 + (r % 101 == 0);
  row->generation = r % 211 == 0 ? 7 : 1;
  row->sampledMs = (uint32_t)rough_ms;
  row->queueDepth = r & 31;
  row->busyUs = rough[port].busy_us;
  row->bytes = rough[port].bytes;
  row->operations = rough[port].operations;
  mark(port);
}

static void write_rough(uint32_t tick) {
  if (rough_ms == 0) rough_ms = ROW(Control, CONTROL_BASE, 0)->hostMs;
  rough_ms += tick % 500 == 0 ? 7100 : STEP_MS;
  if (tick % 777 == 0) rough_ms -= 150;
  HEADER->ringTail = HEADER->ringHead;
  ROW(Control, CONTROL_BASE, 0)->hostMs = rough_ms;
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) write_rough_port(tick, port);
}

void workload_write(enum workload kind, uint32_t tick) {
  if (kind == WORKLOAD_STEADY) write_steady(tick);
  else write_rough(tick);
}
