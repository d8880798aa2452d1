/* Twin of assembly/tick.ts and of the steps of assembly/policies/ports/ports.ts that latch and judge. */
#include "twin.h"

#include "memory.h"
#include "ports.h"

enum clock_step { CLOCK_STEADY, CLOCK_GAP };

static enum clock_step advance_clock(void) {
  const Control *control = ROW(Control, CONTROL_BASE, 0);
  const uint64_t before = HEADER->hostMs;
  HEADER->hostMs = control->hostMs;
  if (HEADER->incarnation != control->incarnation) fairlead_twin_broken(CONTROL_TABLE, 0);
  if (control->hostMs < before) {
    HEADER->clockGaps++;
    return CLOCK_GAP;
  }
  const uint64_t step = control->hostMs - before;
  const uint64_t most = ROW(CommonPolicy, COMMON_POLICY_BASE, 0)->timeStepMaxMs;
  HEADER->nowMs += MIN(step, most);
  if (step <= most) return CLOCK_STEADY;
  HEADER->clockGaps++;
  return CLOCK_GAP;
}

static void restart_port_detectors(void) {
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    TargetPortState *state = port_at(port);
    state->highSamples = 0;
    state->lowSamples = 0;
    state->status &= ~(uint32_t)TargetPortStatus_SAMPLED;
    wake_port(port, state, now_ms());
    SEAL(TargetPortState, state);
  }
  HEADER->graceUntilMs = now_ms() + ROW(CommonPolicy, COMMON_POLICY_BASE, 0)->graceMs;
}

/* There are no members, but who follows them is told to look again. */
static void restart_members(void) {
  ModuleState *module = module_state();
  module->stirred |= Stirred_PROCESSORS | Stirred_INTERFACES | Stirred_REQUESTS;
  SEAL(ModuleState, module);
}

/* The twin has no code for rows of these tables: none may have changed or be due. */
static void nothing_of(uint32_t table) {
  if (take_changed(table, WORK_PER_TICK_MAX) != 0) fairlead_twin_broken(table, 0);
}

static void nothing_due_of(uint32_t table) {
  if (take_due(table, WORK_PER_TICK_MAX) != 0) fairlead_twin_broken(table, 0);
}

/* Nor are there network ports, interfaces or units: the policy looks, and that is all. */
static void take_stirred(uint16_t policy) {
  if ((ROW(ModuleState, MODULE_STATE_BASE, 0)->stirred & policy) == 0) return;
  ModuleState *module = module_state();
  module->stirred &= (uint16_t)~policy;
  SEAL(ModuleState, module);
}

static void observe_hosting(void) {
  nothing_of(NETWORK_PORT_INPUT_TABLE);
  take_stirred(Stirred_INTERFACES);
  nothing_of(INTERFACE_INPUT_TABLE);
  nothing_due_of(INTERFACE_STATE_TABLE);
  nothing_of(UNIT_INPUT_TABLE);
  nothing_due_of(UNIT_STATE_TABLE);
}

static void latch_ports(void) {
  const uint32_t count = take_changed(TARGET_PORT_COUNTERS_TABLE, WORK_PER_TICK_MAX);
  for (uint32_t n = 0; n < count; n++) {
    const uint32_t port = ROW(Work, WORK_BASE, n)->row;
    if (latch_target_port(port)) counters_came(port);
  }
}

static void observe_ports(void) {
  for (uint32_t word = 0; word < TARGET_PORT_WORDS; word++) verify(TARGET_PORT_SET_TABLE, word);
  const Scope *scope = ROW(Scope, SCOPE_BASE, SCOPE_PORTS);
  const bool told =
      scope->kind == ScopeKind_PORTS && scope->incarnation == ROW(Control, CONTROL_BASE, 0)->incarnation;
  const bool deciding = told && scope->role == ScopeRole_DECIDING;
  take_changed(SCOPE_TABLE, WORK_PER_TICK_MAX);
  if (module_state()->deciding != (uint16_t)deciding) fairlead_twin_broken(SCOPE_TABLE, 0);
  nothing_of(TARGET_PORT_INPUT_TABLE);
  nothing_due_of(HEALTH_STATE_TABLE);
  if (module_state()->rebuild != 0) fairlead_twin_broken(MODULE_STATE_TABLE, 0);
  nothing_of(SESSION_INPUT_TABLE);
  nothing_of(SESSION_COUNTERS_TABLE);
  take_changed(INITIATOR_INPUT_TABLE, WORK_PER_TICK_MAX);
  nothing_of(REGISTRATION_INPUT_TABLE);
}

static void judge_ports(void) {
  const uint32_t count = take_due(TARGET_PORT_STATE_TABLE, WORK_PER_TICK_MAX);
  for (uint32_t n = 0; n < count; n++) judge_port(ROW(Work, WORK_BASE, n)->row);
}

/* Without sessions no port qualifies, so that every plan ends where it began. */
static void plan_nothing(void) {
  module_state();
  verify(PLAN_TABLE, 0);
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    if (ROW(TargetPortConfig, TARGET_PORT_CONFIG_BASE, port)->id == 0) continue;
    if (port_at(port)->sessions != 0) fairlead_twin_broken(TARGET_PORT_STATE_TABLE, port);
  }
  reset_row(PLAN_TABLE, 0);
}

static bool planning_wanted(void) {
  uint32_t any = 0;
  for (uint32_t word = 0; word < TARGET_PORT_WORDS; word++) {
    const TargetPortSet *set = ROW(TargetPortSet, TARGET_PORT_SET_BASE, word);
    any |= set->own & (set->overloaded | set->maintenance);
  }
  return any != 0;
}

static void report_drained(void) {
  const uint32_t draining = TargetPortStatus_OWN | TargetPortStatus_MAINTENANCE;
  for (uint32_t port = 0; port < TARGET_PORT_MAX; port++) {
    const uint32_t status = ROW(TargetPortState, TARGET_PORT_STATE_BASE, port)->status;
    if ((status & (draining | TargetPortStatus_DRAINED)) == draining) {
      fairlead_twin_broken(TARGET_PORT_STATE_TABLE, port);
    }
  }
}

static bool may_decide(void) {
  if (module_state()->held != 0 || (ROW(Control, CONTROL_BASE, 0)->flags & ControlFlag_HOLD) != 0) return false;
  return HEADER->generation != 0 && due(HEADER->graceUntilMs) && due(HEADER->panicUntilMs);
}

static void decide_others(void) {
  const uint16_t stirred = ROW(ModuleState, MODULE_STATE_BASE, 0)->stirred;
  if ((stirred & Stirred_PROCESSORS) != 0 && may_decide()) take_stirred(Stirred_PROCESSORS);
  take_stirred(Stirred_REQUESTS);
  for (uint32_t group = 0; group < GROUP_MAX; group++) {
    const bool wished = ROW(InterfaceGroup, INTERFACE_GROUP_BASE, group)->wishes != 0;
    const uint32_t scope = SCOPE_GROUP_0 + group;
    if (wished && ROW(ScopeState, SCOPE_STATE_BASE, scope)->deciding != 0) fairlead_twin_broken(SCOPE_STATE_TABLE, scope);
  }
}

static void decide_ports(void) {
  if (!module_state()->deciding || !may_decide()) return;
  HEADER->ringFull = 0;
  nothing_of(ARRIVAL_INPUT_TABLE);
  nothing_due_of(ARRIVAL_STATE_TABLE);
  if (module_state()->movesInUse != 0) fairlead_twin_broken(MOVE_TABLE, 0);
  nothing_due_of(MOVE_TABLE);
  if (planning_wanted()) plan_nothing();
  report_drained();
  nothing_of(REGISTRATION_STATE_TABLE);
  nothing_due_of(REGISTRATION_CHANGE_TABLE);
}

static uint64_t next_deadline(void) {
  uint64_t next = earliest_deadline();
  if (ROW(Plan, PLAN_BASE, 0)->port != NONE || HEADER->ringFull != 0) return HEADER->nowMs;
  if (HEADER->graceUntilMs > HEADER->nowMs) next = MIN(next, HEADER->graceUntilMs);
  if (HEADER->panicUntilMs > HEADER->nowMs) next = MIN(next, HEADER->panicUntilMs);
  return next;
}

static void work(enum clock_step clock) {
  HEADER->busyTicks++;
  check_ring();
  if (clock == CLOCK_GAP) restart_port_detectors();
  if (clock == CLOCK_GAP || module_state()->rebuild != 0) restart_members();
  latch_ports();
  nothing_of(HEARTBEAT_TABLE);
  nothing_of(MEMBER_INPUT_TABLE);
  nothing_of(CONTROL_TABLE);
  nothing_of(REQUEST_TABLE);
  observe_ports();
  observe_hosting();
  nothing_of(OUTCOME_TABLE);
  judge_ports();
  nothing_due_of(SCOPE_STATE_TABLE);
  nothing_due_of(PROCESSOR_STATE_TABLE);
  decide_others();
  decide_ports();
  HEADER->nextDeadlineMs = next_deadline();
}

uint32_t fairlead_twin_tick(void) {
  HEADER->callUnderWay = Call_TICK;
  const enum clock_step clock = advance_clock();
  const bool idle = clock == CLOCK_STEADY && HEADER->nowMs < HEADER->nextDeadlineMs && !any_changed();
  if (!idle) work(clock);
  HEADER->callUnderWay = Call_NONE;
  return decisions_waiting();
}
