/*
 * Twin of assembly/memory: directory, seals, changed bits, deadlines and ring, in plain C over the same bytes. Written
 * by hand, function by function, so that the bench compares the same work and not another algorithm.
 */
#ifndef FAIRLEAD_TWIN_MEMORY_H
#define FAIRLEAD_TWIN_MEMORY_H

#include "rows.h"

#define NEVER UINT64_MAX
#define NO_FIELD 255u
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef struct {
  uint32_t base, stride, capacity;
  uint16_t row_type, kind;
  uint32_t changed, deadlines, none_words;
  uint8_t check_offset, deadline_offset, changed_shift, reserved;
} TableEntry;
_Static_assert(sizeof(TableEntry) == 32, "entries of the directory have 32 bytes");

static inline const TableEntry *entry_of(uint32_t table) {
  return (const TableEntry *)(const void *)AT(CONSTANTS_ADDRESS + table * (uint32_t)sizeof(TableEntry));
}

static inline uint32_t ctz32(uint32_t bits) { return (uint32_t)__builtin_ctz(bits); }

/* Seals: see assembly/memory/seals.ts. */

static uint32_t seal_of(uint32_t address, uint32_t bytes, uint32_t check_offset) {
  uint64_t first = UINT64_C(0x666169726c656164) + address;
  uint64_t second = 0;
  for (uint32_t at = 0; at < bytes; at += 8) {
    first += load64(AT(address + at));
    second += first;
  }
  const uint64_t own = (uint64_t)load32(AT(address + check_offset)) << ((check_offset & 4) << 3);
  const uint64_t times = (bytes - (check_offset & ~7u)) >> 3;
  const uint64_t sum = first - own + (second - own * times) * UINT64_C(0x9e3779b97f4a7c16);
  return (uint32_t)(sum ^ (sum >> 32));
}

static uint32_t address_of(const void *row) { return (uint32_t)((const unsigned char *)row - AT(0)); }

static void seal_at(uint32_t address, uint32_t bytes, uint32_t check_offset) {
  store32(AT(address + check_offset), seal_of(address, bytes, check_offset));
}

#define SEAL(type, row) seal_at(address_of(row), (uint32_t)sizeof(type), (uint32_t)offsetof(type, check))

static bool is_whole(uint32_t table, uint32_t row) {
  const TableEntry *entry = entry_of(table);
  const uint32_t address = entry->base + row * entry->stride;
  return load32(AT(address + entry->check_offset)) == seal_of(address, entry->stride, entry->check_offset);
}

static void reset_row(uint32_t table, uint32_t row) {
  const TableEntry *entry = entry_of(table);
  const uint32_t address = entry->base + row * entry->stride;
  memset(AT(address), 0, entry->stride);
  for (uint32_t bits = entry->none_words; bits != 0; bits &= bits - 1) {
    memset(AT(address + 2 * ctz32(bits)), 0xff, 2);
  }
  if (entry->deadline_offset != NO_FIELD) store64(AT(address + entry->deadline_offset), NEVER);
  if (entry->check_offset != NO_FIELD) seal_at(address, entry->stride, entry->check_offset);
}

/* Changed bits and deadlines: see assembly/memory/scheduling.ts. */

static uint64_t now_ms(void) { return HEADER->nowMs; }
static bool due(uint64_t deadline_ms) { return deadline_ms <= HEADER->nowMs; }

static uint32_t exchange(uint32_t address) {
  const uint32_t bits = load32(AT(address));
  if (bits != 0) store32(AT(address), 0);
  return bits;
}

static void include(uint32_t address, uint32_t bits) { store32(AT(address), load32(AT(address)) | bits); }

static bool any_changed(void) {
  uint64_t any = 0;
  for (uint32_t table = 0; table < CHANGED_TABLES_END; table += 2) {
    any |= load64(AT(CHANGED_SUMMARIES_ADDRESS + table * 4));
  }
  return any != 0;
}

static void mark_changed(uint32_t table, uint32_t row) {
  const TableEntry *entry = entry_of(table);
  include(entry->changed + (row >> 5) * 4, UINT32_C(1) << (row & 31));
  include(CHANGED_SUMMARIES_ADDRESS + table * 4, UINT32_C(1) << ((row >> 5) >> entry->changed_shift));
}

static uint32_t take_group(uint32_t leaves, uint32_t first_leaf, uint32_t leaf_count, uint32_t taken) {
  uint32_t count = taken;
  for (uint32_t leaf = first_leaf; leaf < first_leaf + leaf_count; leaf++) {
    for (uint32_t bits = exchange(leaves + leaf * 4); bits != 0; bits &= bits - 1) {
      ROW(Work, WORK_BASE, count)->row = (uint16_t)((leaf << 5) + ctz32(bits));
      count++;
    }
  }
  return count;
}

static uint32_t take_changed(uint32_t table, uint32_t most) {
  const uint32_t summary_address = CHANGED_SUMMARIES_ADDRESS + table * 4;
  const uint32_t summary = exchange(summary_address);
  if (summary == 0) return 0;
  const TableEntry *entry = entry_of(table);
  const uint32_t shift = entry->changed_shift;
  const uint32_t group_rows = UINT32_C(32) << shift;
  uint32_t count = 0;
  uint32_t left = 0;
  const uint32_t start = HEADER->busyTicks & 31;
  uint32_t groups = start == 0 ? summary : summary >> start | summary << (32 - start);
  for (; groups != 0; groups &= groups - 1) {
    const uint32_t group = (ctz32(groups) + start) & 31;
    const uint32_t bit = UINT32_C(1) << group;
    if (count + group_rows > most) left |= bit;
    else count = take_group(entry->changed, group << shift, UINT32_C(1) << shift, count);
  }
  if (left != 0) include(summary_address, left);
  return count;
}

static void set_deadline(uint32_t table, uint32_t row, uint64_t deadline_ms) {
  unsigned char *block = AT(entry_of(table)->deadlines + (row / BLOCK_ROWS) * 8);
  unsigned char *whole = AT(TABLE_DEADLINES_ADDRESS + table * 8);
  if (deadline_ms < load64(block)) store64(block, deadline_ms);
  if (deadline_ms < load64(whole)) store64(whole, deadline_ms);
}

static uint32_t take_block(const TableEntry *entry, uint32_t block, uint64_t now, uint32_t taken) {
  uint32_t count = taken;
  uint64_t earliest = NEVER;
  const uint32_t first = block * BLOCK_ROWS;
  const uint32_t end = MIN(first + BLOCK_ROWS, entry->capacity);
  for (uint32_t row = first; row < end; row++) {
    const uint64_t deadline_ms = load64(AT(entry->base + row * entry->stride + entry->deadline_offset));
    if (deadline_ms > now) {
      earliest = MIN(earliest, deadline_ms);
      continue;
    }
    ROW(Work, WORK_BASE, count)->row = (uint16_t)row;
    count++;
  }
  store64(AT(entry->deadlines + block * 8), earliest);
  return count;
}

static uint32_t take_due(uint32_t table, uint32_t most) {
  const uint64_t now = now_ms();
  unsigned char *whole = AT(TABLE_DEADLINES_ADDRESS + table * 8);
  if (load64(whole) > now) return 0;
  const TableEntry *entry = entry_of(table);
  uint32_t count = 0;
  uint64_t earliest = NEVER;
  for (uint32_t block = 0; block * BLOCK_ROWS < entry->capacity; block++) {
    const unsigned char *deadline = AT(entry->deadlines + block * 8);
    if (load64(deadline) <= now && count + BLOCK_ROWS <= most) count = take_block(entry, block, now, count);
    earliest = MIN(earliest, load64(deadline));
  }
  store64(whole, earliest);
  return count;
}

static uint64_t earliest_deadline(void) {
  uint64_t earliest = NEVER;
  for (uint32_t table = 0; table < DEADLINE_TABLES_END; table++) {
    earliest = MIN(earliest, load64(AT(TABLE_DEADLINES_ADDRESS + table * 8)));
  }
  return earliest;
}

/* The ring: see assembly/memory/ring.ts. */

static uint32_t decisions_waiting(void) {
  const uint32_t waiting = HEADER->ringHead - HEADER->ringTail;
  return waiting <= DECISION_MAX ? waiting : 0;
}

static void check_ring(void) {
  if (HEADER->ringHead - HEADER->ringTail <= DECISION_MAX) return;
  HEADER->ringTail = HEADER->ringHead;
  HEADER->repairedWords++;
}

/* An alarm for a subject; false where the ring is full or this side is a shadow. */
static bool alarm_about(uint16_t reason, uint8_t subject_kind, uint32_t subject, uint32_t generation, uint32_t detail) {
  if (ROW(ModuleState, MODULE_STATE_BASE, 0)->deciding == 0) return false;
  if (decisions_waiting() == DECISION_MAX) {
    HEADER->ringFull = 1;
    return false;
  }
  Decision *decision = ROW(Decision, DECISION_BASE, HEADER->ringHead & (DECISION_MAX - 1));
  HEADER->sequence++;
  *decision = (Decision){
      .timeMs = HEADER->nowMs,
      .epoch = ROW(Scope, SCOPE_BASE, SCOPE_PORTS)->epoch,
      .incarnation = HEADER->incarnation,
      .sequence = HEADER->sequence,
      .kind = DecisionKind_ALARM,
      .subjectKind = subject_kind,
      .reason = reason,
      .subject = subject,
      .subjectGeneration = generation,
      .from = NONE,
      .to = NONE,
      .detail = detail,
      .scope = SCOPE_PORTS,
  };
  HEADER->ringHead++;
  return true;
}

#endif
