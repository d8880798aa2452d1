/**
 * Verification of check words apart from use: `scrub` walks all sealed tables in a cycle, `attach` walks them once.
 * A broken state row is left to its reader, which rebuilds it; a broken configuration row holds its policy.
 */
import { Header } from "./header";
import { alarm } from "./ring";
import { seal, sealed } from "./seals";
import { ARRIVAL_MAX, HEALTH_MAX, INITIATOR_MAX, MOVE_MAX, REGISTRATION_CHANGE_MAX, RESIDENCE_MAX, SESSION_MAX, TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS, TARGET_WORD_MAX } from "../limits";
import { healthOf } from "../members/health";
import { changeAt, initiatorAt, moduleState, moveAt, planRow, portAt, registrationAt, reportBroken, sessionAt } from "../policies/ports/rows";
import { arrivalAt } from "../policies/ports/arrivals";
import { residenceAt } from "../policies/ports/residence";
import { refreshSets } from "../policies/ports/sets";
import { Reason, SubjectKind } from "../tables/decision";
import { HEALTH_KIND_MAX, HealthConfig, HealthState } from "../tables/health";
import { InitiatorState } from "../tables/initiator";
import { ModuleState } from "../tables/module-state";
import { ArrivalState, Move, Residence } from "../tables/move";
import { Plan } from "../tables/plan";
import { CommonPolicy, PortPolicy } from "../tables/policy";
import { SessionState } from "../tables/session";
import { RegistrationChange, RegistrationState, TargetConfig } from "../tables/target";
import { TargetPortConfig, TargetPortState } from "../tables/target-port";
import { TargetPortSet } from "../tables/target-port-set";

/** Sealed tables, in the order of the walk: first the configuration. */
enum Sealed {
  COMMON_POLICY = 0,
  PORT_POLICY = 1,
  HEALTH_CONFIG = 2,
  TARGET_PORT_CONFIG = 3,
  TARGET_CONFIG = 4,
  MODULE = 5,
  TARGET_PORT = 6,
  TARGET_PORT_SET = 7,
  HEALTH = 8,
  REGISTRATION = 9,
  CHANGE = 10,
  INITIATOR = 11,
  SESSION = 12,
  MOVE = 13,
  ARRIVAL = 14,
  RESIDENCE = 15,
  PLAN = 16,
}
const SEALED_COUNT: u32 = 17;
/** More rows than all sealed tables of the large profile hold together. */
const WALK_MAX: u32 = 0x2_0000;

function rowsOf(table: u32): u32 {
  switch (table) {
    case Sealed.HEALTH_CONFIG:
      return HEALTH_KIND_MAX;
    case Sealed.TARGET_PORT_CONFIG:
    case Sealed.TARGET_PORT:
      return TARGET_PORT_MAX;
    case Sealed.TARGET_CONFIG:
      return TARGET_MAX;
    case Sealed.TARGET_PORT_SET:
      return TARGET_PORT_WORDS;
    case Sealed.HEALTH:
      return HEALTH_MAX;
    case Sealed.REGISTRATION:
      return TARGET_WORD_MAX;
    case Sealed.CHANGE:
      return REGISTRATION_CHANGE_MAX;
    case Sealed.INITIATOR:
      return INITIATOR_MAX;
    case Sealed.SESSION:
      return SESSION_MAX;
    case Sealed.MOVE:
      return MOVE_MAX;
    case Sealed.ARRIVAL:
      return ARRIVAL_MAX;
    case Sealed.RESIDENCE:
      return RESIDENCE_MAX;
    default:
      return 1;
  }
}

/** Number of the table in the directory. */
function numberOf(table: u32): u32 {
  switch (table) {
    case Sealed.COMMON_POLICY:
      return COMMON_POLICY_TABLE;
    case Sealed.PORT_POLICY:
      return PORT_POLICY_TABLE;
    case Sealed.HEALTH_CONFIG:
      return HEALTH_CONFIG_TABLE;
    case Sealed.TARGET_PORT_CONFIG:
      return TARGET_PORT_CONFIG_TABLE;
    case Sealed.TARGET_CONFIG:
      return TARGET_CONFIG_TABLE;
    case Sealed.MODULE:
      return MODULE_STATE_TABLE;
    case Sealed.TARGET_PORT:
      return TARGET_PORT_STATE_TABLE;
    case Sealed.TARGET_PORT_SET:
      return TARGET_PORT_SET_TABLE;
    case Sealed.HEALTH:
      return HEALTH_STATE_TABLE;
    case Sealed.REGISTRATION:
      return REGISTRATION_STATE_TABLE;
    case Sealed.CHANGE:
      return REGISTRATION_CHANGE_TABLE;
    case Sealed.INITIATOR:
      return INITIATOR_STATE_TABLE;
    case Sealed.SESSION:
      return SESSION_STATE_TABLE;
    case Sealed.MOVE:
      return MOVE_TABLE;
    case Sealed.ARRIVAL:
      return ARRIVAL_STATE_TABLE;
    case Sealed.RESIDENCE:
      return RESIDENCE_TABLE;
    default:
      return PLAN_TABLE;
  }
}

function isWhole(table: u32, row: u32): bool {
  switch (table) {
    case Sealed.COMMON_POLICY:
      return sealed(CommonPolicy.get());
    case Sealed.PORT_POLICY:
      return sealed(PortPolicy.get());
    case Sealed.HEALTH_CONFIG:
      return sealed(HealthConfig.at(row));
    case Sealed.TARGET_PORT_CONFIG:
      return sealed(TargetPortConfig.at(row));
    case Sealed.TARGET_CONFIG:
      return sealed(TargetConfig.at(row));
    case Sealed.MODULE:
      return sealed(ModuleState.get());
    case Sealed.TARGET_PORT:
      return sealed(TargetPortState.at(row));
    case Sealed.TARGET_PORT_SET:
      return sealed(TargetPortSet.at(row));
    case Sealed.HEALTH:
      return sealed(HealthState.at(row));
    case Sealed.REGISTRATION:
      return sealed(RegistrationState.at(row));
    case Sealed.CHANGE:
      return sealed(RegistrationChange.at(row));
    case Sealed.INITIATOR:
      return sealed(InitiatorState.at(row));
    case Sealed.SESSION:
      return sealed(SessionState.at(row));
    case Sealed.MOVE:
      return sealed(Move.at(row));
    case Sealed.ARRIVAL:
      return sealed(ArrivalState.at(row));
    case Sealed.RESIDENCE:
      return sealed(Residence.at(row));
    default:
      return sealed(Plan.get());
  }
}

/** Reads the row the way its policy does, which rebuilds it. */
function repair(table: u32, row: u32): void {
  switch (table) {
    case Sealed.COMMON_POLICY:
    case Sealed.PORT_POLICY:
    case Sealed.HEALTH_CONFIG:
    case Sealed.TARGET_PORT_CONFIG:
    case Sealed.TARGET_CONFIG: {
      holdPolicy(numberOf(table), row);
      break;
    }
    case Sealed.MODULE: {
      moduleState();
      break;
    }
    case Sealed.TARGET_PORT: {
      portAt(row);
      break;
    }
    case Sealed.TARGET_PORT_SET: {
      reportBroken(TARGET_PORT_SET_TABLE, row);
      refreshSets();
      break;
    }
    case Sealed.HEALTH: {
      healthOf(row);
      break;
    }
    case Sealed.REGISTRATION: {
      registrationAt(row);
      break;
    }
    case Sealed.CHANGE: {
      changeAt(row);
      break;
    }
    case Sealed.INITIATOR: {
      initiatorAt(row);
      break;
    }
    case Sealed.SESSION: {
      sessionAt(row);
      break;
    }
    case Sealed.MOVE: {
      moveAt(row);
      break;
    }
    case Sealed.ARRIVAL: {
      arrivalAt(row);
      break;
    }
    case Sealed.RESIDENCE: {
      residenceAt(row);
      break;
    }
    default: {
      planRow();
      break;
    }
  }
}

/** Nothing can replace a configuration but a new one: until then the policy says nothing. */
function holdPolicy(table: u32, row: u32): void {
  const module = moduleState();
  if (module.held != 0) return;
  Header.get().brokenSeals++;
  alarm(Reason.BROKEN_CONFIGURATION, SubjectKind.TABLE_ROW, row, 0, table);
  module.held = 1;
  seal(module);
}

/** Verifies so many further rows; returns how many were broken. */
export function scrubRows(rows: u32): u32 {
  const header = Header.get();
  let broken: u32 = 0;
  if (header.scrubTable >= SEALED_COUNT || header.scrubRow >= rowsOf(header.scrubTable)) {
    header.scrubTable = 0;
    header.scrubRow = 0;
  }
  for (let n: u32 = 0; n < WALK_MAX; n++) {
    if (n == rows) break;
    if (!isWhole(header.scrubTable, header.scrubRow)) {
      broken++;
      repair(header.scrubTable, header.scrubRow);
    }
    header.scrubRow++;
    if (header.scrubRow < rowsOf(header.scrubTable)) continue;
    header.scrubRow = 0;
    header.scrubTable = header.scrubTable + 1 == SEALED_COUNT ? 0 : header.scrubTable + 1;
  }
  return broken;
}

/** The first broken row of all: table number << 8 | row << 16, or 0. */
export function firstBroken(): u32 {
  for (let table: u32 = 0; table < SEALED_COUNT; table++) {
    for (let row: u32 = 0; row < WALK_MAX; row++) {
      if (row == rowsOf(table)) break;
      if (!isWhole(table, row)) return (numberOf(table) << 8) | (row << 16);
    }
  }
  return 0;
}
