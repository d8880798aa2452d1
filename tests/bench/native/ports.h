/*
 * Twin of the judging half of assembly/policies/ports: verified rows, sets, samples. A row with a wrong check word is
 * beyond it: the twin stops, since then there is nothing to compare.
 */
#ifndef FAIRLEAD_TWIN_PORTS_H
#define FAIRLEAD_TWIN_PORTS_H

#include "memory.h"

#define NO_DIFFERENCE UINT64_MAX
#define STUCK_SAMPLES 3u
#define PANIC_SUBJECTS_MIN 4u
#define LOAD_MAX 10000u

/* Called for a state row whose check word is wrong. */
void fairlead_twin_broken(uint32_t table, uint32_t row);

static const PortPolicy *policy(void) { return ROW(PortPolicy, PORT_POLICY_BASE, 0); }

static void verify(uint32_t table, uint32_t row) {
  if (!is_whole(table, row)) fairlead_twin_broken(table, row);
}

static TargetPortState *port_at(uint32_t port) {
  verify(TARGET_PORT_STATE_TABLE, port);
  return ROW(TargetPortState, TARGET_PORT_STATE_BASE, port);
}

static ModuleState *module_state(void) {
  verify(MODULE_STATE_TABLE, 0);
  return ROW(ModuleState, MODULE_STATE_BASE, 0);
}

static void wake_port(uint32_t port, TargetPortState *state, uint64_t at_ms) {
  if (at_ms < state->deadlineMs) state->deadlineMs = at_ms;
  set_deadline(TARGET_PORT_STATE_TABLE, port, state->deadlineMs);
}

/* Sets: see assembly/policies/ports/sets.ts. */

static void refresh_sets(void) {
  for (uint32_t word = 0; word < TARGET_PORT_WORDS; word++) reset_row(TARGET_PORT_SET_TABLE, word);
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    if (ROW(TargetPortConfig, TARGET_PORT_CONFIG_BASE, port)->id == 0) continue;
    const uint32_t status = ROW(TargetPortState, TARGET_PORT_STATE_BASE, port)->status;
    TargetPortSet *set = ROW(TargetPortSet, TARGET_PORT_SET_BASE, port >> 5);
    const uint32_t bit = UINT32_C(1) << (port & 31);
    if (status & TargetPortStatus_OWN) set->own |= bit;
    if (status & TargetPortStatus_OPERATIVE) set->operative |= bit;
    if (status & TargetPortStatus_FAILED) set->failed |= bit;
    if (status & TargetPortStatus_MAINTENANCE) set->maintenance |= bit;
    if (status & TargetPortStatus_OVERLOADED) set->overloaded |= bit;
    if (status & TargetPortStatus_SILENT) set->silent |= bit;
  }
  for (uint32_t word = 0; word < TARGET_PORT_WORDS; word++) {
    SEAL(TargetPortSet, ROW(TargetPortSet, TARGET_PORT_SET_BASE, word));
  }
}

/* Latch: see assembly/memory/latch.ts, plain build. */

static bool copy_whole(const TargetPortCounters *from, TargetPortCounters *to) {
  const uint32_t before = from->sequence;
  if ((before & 1) != 0) return false;
  memcpy(to, from, offsetof(TargetPortCounters, operations) + sizeof from->operations);
  return true;
}

static bool latch_target_port(uint32_t row) {
  const TargetPortCounters *from = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_BASE, row);
  TargetPortCounters *to = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_LATCHED_BASE, row);
  if (copy_whole(from, to)) return true;
  HEADER->tornRows++;
  mark_changed(TARGET_PORT_COUNTERS_TABLE, row);
  return false;
}

/* Loads: see assembly/policies/ports/loads.ts. */

static uint32_t permille_of(uint64_t usage, uint32_t capacity) {
  if (capacity == 0) return 0;
  const uint64_t load = usage * 1000 / capacity;
  return (uint32_t)MIN(load, (uint64_t)LOAD_MAX);
}

static uint32_t port_load(const TargetPortState *state, const TargetPortConfig *config) {
  uint32_t load = permille_of(state->processorUsage, config->processorCapacity);
  uint32_t other = permille_of(state->bandwidthUsage, config->bandwidthCapacity);
  load = MAX(load, other);
  other = permille_of(state->operationsUsage, config->operationsCapacity);
  load = MAX(load, other);
  other = permille_of(state->queueUsage, config->queueCapacity);
  load = MAX(load, other);
  other = permille_of(state->sessions, config->sessionsCapacity);
  return MAX(load, other);
}

/* Samples: see assembly/policies/ports/samples.ts. */

static void counters_came(uint32_t port) {
  const TargetPortConfig *config = ROW(TargetPortConfig, TARGET_PORT_CONFIG_BASE, port);
  const TargetPortCounters *counters = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_LATCHED_BASE, port);
  if (config->id == 0 || counters->generation != config->generation) {
    HEADER->droppedRows++;
    return;
  }
  TargetPortState *state = port_at(port);
  state->status |= TargetPortStatus_FRESH;
  state->changedMs = now_ms();
  if (state->status & TargetPortStatus_SILENT) {
    state->status &= ~(uint32_t)TargetPortStatus_SILENT;
    refresh_sets();
  }
  wake_port(port, state, state->sampleDueMs);
  SEAL(TargetPortState, state);
}

static uint64_t difference(uint64_t before, uint64_t now) {
  if (now >= before) return now - before;
  const bool was_near_end = before >= UINT64_C(0x80000000) && before <= UINT64_C(0xffffffff);
  if (!was_near_end || now >= UINT64_C(0x80000000)) return NO_DIFFERENCE;
  HEADER->counterWraps++;
  return UINT64_C(0x100000000) - before + now;
}

static uint32_t blend(uint32_t before, uint64_t sample, uint32_t weight_permille) {
  const uint64_t target = MIN(sample, UINT64_C(0xffffffff));
  const int64_t step = ((int64_t)target - (int64_t)before) * weight_permille;
  if (step > 0) return (uint32_t)((int64_t)before + (step + 999) / 1000);
  return (uint32_t)((int64_t)before + (step - 999) / 1000);
}

static bool follows(uint32_t port, TargetPortState *state, uint32_t counter, uint64_t value, uint64_t gained, bool moving) {
  const uint32_t shift = counter * 2;
  const uint32_t stood = ((uint32_t)state->stuckSamples >> shift) & 3;
  state->stuckSamples &= (uint16_t) ~(UINT32_C(3) << shift);
  if (gained != 0 || value == 0 || !moving) return true;
  const uint32_t now = MIN(stood + 1, STUCK_SAMPLES);
  state->stuckSamples |= (uint16_t)(now << shift);
  if (now < STUCK_SAMPLES) return true;
  if (stood < STUCK_SAMPLES) HEADER->counterStuck++;
  if ((state->status & TargetPortStatus_STUCK) == 0) {
    if (alarm_about(Reason_COUNTER_STUCK, SubjectKind_TARGET_PORT, port, state->generation, counter)) {
      state->status |= TargetPortStatus_STUCK;
    }
  }
  return false;
}

static void smooth(uint32_t port, TargetPortState *state, const TargetPortCounters *counters, uint32_t elapsed_ms,
                   uint64_t busy_us, uint64_t bytes, uint64_t operations) {
  const uint32_t weight = policy()->smoothingPermille;
  const bool moving = bytes + operations != 0 || counters->queueDepth != 0;
  if (follows(port, state, Resource_PROCESSOR, counters->busyUs, busy_us, moving)) {
    state->processorUsage = blend(state->processorUsage, busy_us * 1000 / elapsed_ms, weight);
  }
  if (follows(port, state, Resource_BANDWIDTH, counters->bytes, bytes, moving)) {
    state->bandwidthUsage = blend(state->bandwidthUsage, (bytes >> 10) * 1000 / elapsed_ms, weight);
  }
  if (follows(port, state, Resource_OPERATIONS, counters->operations, operations, moving)) {
    state->operationsUsage = blend(state->operationsUsage, operations * 1000 / elapsed_ms, weight);
  }
  state->queueUsage = blend(state->queueUsage, counters->queueDepth, weight);
}

static void take_counters(uint32_t port, TargetPortState *state) {
  const TargetPortCounters *counters = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_LATCHED_BASE, port);
  state->status &= ~(uint32_t)TargetPortStatus_FRESH;
  const uint32_t elapsed_ms = counters->sampledMs - state->sampledMs;
  const bool known = (state->status & TargetPortStatus_SAMPLED) != 0;
  if (known && elapsed_ms == 0) return;
  const uint64_t busy_us = difference(state->busyUs, counters->busyUs);
  const uint64_t bytes = difference(state->bytes, counters->bytes);
  const uint64_t operations = difference(state->operations, counters->operations);
  const bool whole = busy_us != NO_DIFFERENCE && bytes != NO_DIFFERENCE && operations != NO_DIFFERENCE;
  if (known && whole && elapsed_ms < UINT32_C(0x80000000)) {
    smooth(port, state, counters, elapsed_ms, busy_us, bytes, operations);
  } else if (known) {
    HEADER->counterResets++;
  }
  state->status |= TargetPortStatus_SAMPLED;
  state->sampledMs = counters->sampledMs;
  state->busyUs = counters->busyUs;
  state->bytes = counters->bytes;
  state->operations = counters->operations;
}

/* Marks the targets: see assembly/policies/ports/marks.ts. */
static void mark_all_targets(void) {
  for (uint32_t target = 0; target < TARGET_MAX; target++) {
    if (ROW(TargetConfig, TARGET_CONFIG_BASE, target)->id == 0) continue;
    mark_changed(REGISTRATION_STATE_TABLE, target * TARGET_PORT_WORDS);
  }
}

static void relieve(TargetPortState *state) {
  state->status &= ~(uint32_t)(TargetPortStatus_OVERLOADED | TargetPortStatus_ALARMED);
  state->restoreReason = Reason_RELIEVED;
  refresh_sets();
  mark_all_targets();
}

static void detect(TargetPortState *state) {
  const PortPolicy *knobs = policy();
  const uint32_t load = state->loadPermille;
  const uint32_t high = MIN(state->highSamples + 1u, 255u);
  const uint32_t low = MIN(state->lowSamples + 1u, 255u);
  state->highSamples = load >= knobs->highWatermarkPermille ? (uint8_t)high : 0;
  state->lowSamples = load <= knobs->lowWatermarkPermille ? (uint8_t)low : 0;
  const bool overloaded = (state->status & TargetPortStatus_OVERLOADED) != 0;
  if (!overloaded && state->highSamples >= knobs->highSamples) {
    state->status |= TargetPortStatus_OVERLOADED;
    state->status &= ~(uint32_t)TargetPortStatus_ALARMED;
    state->withdrawReason = Reason_OVERLOADED;
    refresh_sets();
  }
  if (overloaded && state->lowSamples >= knobs->lowSamples) relieve(state);
}

static void sample(uint32_t port, TargetPortState *state, const TargetPortConfig *config) {
  state->sampleDueMs = now_ms() + policy()->sampleMs;
  if (state->status & TargetPortStatus_FRESH) take_counters(port, state);
  state->loadPermille = port_load(state, config);
  if (state->status & TargetPortStatus_OWN) detect(state);
}

static void check_panic(void) {
  uint32_t ports = 0;
  uint32_t silent = 0;
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    if (ROW(TargetPortConfig, TARGET_PORT_CONFIG_BASE, port)->id == 0) continue;
    ports++;
    if (ROW(TargetPortState, TARGET_PORT_STATE_BASE, port)->status & TargetPortStatus_SILENT) silent++;
  }
  const HealthConfig *config = ROW(HealthConfig, HEALTH_CONFIG_BASE, HealthKind_TARGET_PORT);
  if (ports < PANIC_SUBJECTS_MIN || silent * 1000 <= ports * config->panicPermille) return;
  if (!due(HEADER->panicUntilMs)) return;
  HEADER->panicUntilMs = now_ms() + config->panicMs;
  alarm_about(Reason_PANIC, SubjectKind_NONE, 0, 0, silent);
}

static void check_silence(TargetPortState *state) {
  if ((state->status & TargetPortStatus_SAMPLED) == 0 || (state->status & TargetPortStatus_SILENT) != 0) return;
  const HealthConfig *config = ROW(HealthConfig, HEALTH_CONFIG_BASE, HealthKind_TARGET_PORT);
  if (!due(state->changedMs + config->silenceMs)) return;
  state->status |= TargetPortStatus_SILENT;
  state->status &= ~(uint32_t)TargetPortStatus_SAMPLED;
  refresh_sets();
  check_panic();
}

static uint64_t next_look(const TargetPortState *state) {
  const uint32_t status = state->status;
  uint64_t next = NEVER;
  const uint32_t drain = TargetPortStatus_MAINTENANCE | TargetPortStatus_DRAINED;
  const bool draining = (status & drain) == TargetPortStatus_MAINTENANCE;
  const bool counting = state->loadPermille >= policy()->highWatermarkPermille;
  if (counting || draining || (status & (TargetPortStatus_FRESH | TargetPortStatus_OVERLOADED)) != 0) {
    next = state->sampleDueMs;
  }
  if ((status & (TargetPortStatus_SAMPLED | TargetPortStatus_SILENT)) == TargetPortStatus_SAMPLED) {
    const HealthConfig *config = ROW(HealthConfig, HEALTH_CONFIG_BASE, HealthKind_TARGET_PORT);
    const uint64_t silence = state->changedMs + config->silenceMs;
    next = MIN(next, silence);
  }
  return next;
}

static void judge_port(uint32_t port) {
  const TargetPortConfig *config = ROW(TargetPortConfig, TARGET_PORT_CONFIG_BASE, port);
  TargetPortState *state = port_at(port);
  if (config->id == 0) {
    state->deadlineMs = NEVER;
    SEAL(TargetPortState, state);
    return;
  }
  if (due(state->sampleDueMs)) sample(port, state, config);
  check_silence(state);
  state->deadlineMs = NEVER;
  wake_port(port, state, next_look(state));
  SEAL(TargetPortState, state);
}

#endif
