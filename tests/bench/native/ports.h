/*
 * Twin of the judging half of assembly/policies/ports: verified rows, sets, samples. A row with a wrong check word is
 * beyond it: the twin stops, since then there is nothing to compare.
 */
#ifndef FAIRLEAD_TWIN_PORTS_H
#define FAIRLEAD_TWIN_PORTS_H

#include "memory.h"

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

static uint64_t quotient(uint64_t dividend, uint32_t divisor) {
  return dividend >> 32 == 0 ? (uint32_t)dividend / divisor : dividend / divisor;
}

static uint32_t permille_of(uint64_t usage, uint32_t capacity) {
  if (capacity == 0) return 0;
  const uint64_t load = quotient(usage * 1000, capacity);
  return (uint32_t)MIN(load, (uint64_t)LOAD_MAX);
}

static uint32_t port_load(const TargetPortState *state, const TargetPortConfig *config) {
  const uint32_t *usage = &state->processorUsage;
  const uint32_t *capacity = &config->processorCapacity;
  uint32_t load = 0;
  for (uint32_t resource = 0; resource < RESOURCE_COUNT; resource++) {
    const uint32_t permille = permille_of(usage[resource], capacity[resource]);
    load = MAX(load, permille);
  }
  return load;
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

/* Counters of the counted resources, processor first, in state and in what was latched. */
#define COUNTER_COUNT 3u

static bool wraps(uint64_t before, uint64_t now) { return before >> 31 == 1 && now < UINT64_C(0x80000000); }

static bool are_whole(const uint64_t *before, const uint64_t *now) {
  for (uint32_t counter = 0; counter < COUNTER_COUNT; counter++) {
    if (now[counter] < before[counter] && !wraps(before[counter], now[counter])) return false;
  }
  return true;
}

static uint32_t approach(uint32_t before, uint64_t sample, uint32_t weight_permille) {
  const uint32_t target = (uint32_t)MIN(sample, (uint64_t)UINT32_MAX);
  const bool falls = target < before;
  const uint32_t distance = falls ? before - target : target - before;
  const uint32_t step = (uint32_t)quotient((uint64_t)distance * weight_permille + 999, 1000);
  return falls ? before - step : before + step;
}

static bool is_stuck(uint32_t port, TargetPortState *state, uint32_t counter) {
  const uint32_t shift = counter * 2;
  const uint32_t stood = ((uint32_t)state->stuckSamples >> shift) & 3;
  if (stood < STUCK_SAMPLES) {
    state->stuckSamples += (uint16_t)(1u << shift);
    if (stood + 1 < STUCK_SAMPLES) return false;
    HEADER->counterStuck++;
  }
  if ((state->status & TargetPortStatus_STUCK) == 0) {
    if (alarm_about(Reason_COUNTER_STUCK, SubjectKind_TARGET_PORT, port, state->generation, counter)) {
      state->status |= TargetPortStatus_STUCK;
    }
  }
  return true;
}

static void smooth(uint32_t port, TargetPortState *state, const TargetPortCounters *counters, uint32_t elapsed_ms) {
  const uint32_t weight = policy()->smoothingPermille;
  const uint64_t *before = &state->busyUs;
  const uint64_t *now = &counters->busyUs;
  uint32_t *usage = &state->processorUsage;
  const bool moving = before[1] != now[1] || before[2] != now[2] || counters->queueDepth != 0;
  for (uint32_t counter = 0; counter < COUNTER_COUNT; counter++) {
    uint64_t gained = now[counter] - before[counter];
    if (now[counter] < before[counter]) {
      gained += UINT64_C(0x100000000);
      HEADER->counterWraps++;
    }
    if (gained == 0 && now[counter] != 0 && moving) {
      if (is_stuck(port, state, counter)) continue;
    } else {
      state->stuckSamples &= (uint16_t) ~(3u << (counter * 2));
    }
    if (counter == Resource_BANDWIDTH) gained >>= 10;
    usage[counter] = approach(usage[counter], quotient(gained * 1000, elapsed_ms), weight);
  }
  state->queueUsage = approach(state->queueUsage, counters->queueDepth, weight);
}

static void take_counters(uint32_t port, TargetPortState *state) {
  const TargetPortCounters *counters = ROW(TargetPortCounters, TARGET_PORT_COUNTERS_LATCHED_BASE, port);
  const uint32_t status = state->status;
  state->status = (status & ~(uint32_t)TargetPortStatus_FRESH) | TargetPortStatus_SAMPLED;
  const uint32_t elapsed_ms = counters->sampledMs - state->sampledMs;
  if (status & TargetPortStatus_SAMPLED) {
    if (elapsed_ms == 0) return;
    const bool whole = elapsed_ms < UINT32_C(0x80000000) && are_whole(&state->busyUs, &counters->busyUs);
    if (whole) smooth(port, state, counters, elapsed_ms);
    else HEADER->counterResets++;
  }
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
