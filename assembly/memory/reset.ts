/** An empty array: every byte of the tables is set, so that a reset memory is the same whatever was in it. */
import {
  ARRIVAL_MAX,
  HEALTH_MAX,
  INITIATOR_MAX,
  MOVE_MAX,
  NONE,
  REGISTRATION_CHANGE_MAX,
  RESIDENCE_MAX,
  SESSION_MAX,
  TARGET_MAX,
  TARGET_PORT_MAX,
  TARGET_PORT_WORDS,
  TARGET_WORD_MAX,
} from "../limits";
import { resetHealth } from "../members/health";
import { resetArrival } from "../policies/ports/arrivals";
import {
  endPlan,
  freeChange,
  freeMoveRow,
  resetInitiator,
  resetPort,
  resetSession,
} from "../policies/ports/rows";
import { HEALTH_KIND_MAX, HealthConfig } from "../tables/health";
import { Residence } from "../tables/move";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy, PortPolicy } from "../tables/policy";
import { RegistrationState, TargetById, TargetConfig } from "../tables/target";
import { TargetPortById, TargetPortConfig, TargetPortOrder } from "../tables/target-port";
import { TargetPortSet } from "../tables/target-port-set";
import { CONSTANTS_ADDRESS, Call, Header, LAYOUT_VERSION, MAGIC, TABLES_ADDRESS, TABLE_DEADLINES_ADDRESS, TABLE_MAX } from "./header";
import { NEVER } from "./scheduling";
import { seal } from "./seals";

/** Sets all to the empty array; the magic word comes last, so that a half-reset memory isn't taken for one. */
export function resetMemory(): void {
  zero(0, CONSTANTS_ADDRESS);
  Header.get().callUnderWay = Call.RESET;
  zero(TABLES_ADDRESS, MEMORY_BYTES);
  resetDeadlines();
  resetConfiguration();
  resetPortTables();
  resetSessionTables();
  const header = Header.get();
  header.layoutVersion = LAYOUT_VERSION;
  header.layoutHashLow = LAYOUT_HASH_LOW;
  header.layoutHashHigh = LAYOUT_HASH_HIGH;
  header.profile = PROFILE;
  header.memoryBytes = MEMORY_BYTES;
  header.directoryAddress = DIRECTORY_ADDRESS;
  header.tableCount = TABLE_COUNT;
  header.nextDeadlineMs = NEVER;
  header.magic = MAGIC;
  header.callUnderWay = Call.NONE;
}

function zero(from: u32, to: u32): void {
  for (let address = from; address < MEMORY_BYTES; address += 8) {
    if (address >= to) break;
    store<u64>(address, 0);
  }
}

/** Nothing is due in an empty array. */
function resetDeadlines(): void {
  for (let table: u32 = 0; table < TABLE_MAX; table++) {
    store<u64>(TABLE_DEADLINES_ADDRESS + table * 8, NEVER);
  }
  resetBlocks(TARGET_PORT_STATE_DEADLINES_BASE, TARGET_PORT_MAX);
  resetBlocks(REGISTRATION_CHANGE_DEADLINES_BASE, REGISTRATION_CHANGE_MAX);
  resetBlocks(MOVE_DEADLINES_BASE, MOVE_MAX);
  resetBlocks(ARRIVAL_STATE_DEADLINES_BASE, ARRIVAL_MAX);
  resetBlocks(HEALTH_STATE_DEADLINES_BASE, HEALTH_MAX);
}

function resetBlocks(base: usize, capacity: u32): void {
  for (let row: u32 = 0; row < SESSION_MAX; row += 64) {
    if (row >= capacity) break;
    store<u64>(base + (row >> 6) * 8, NEVER);
  }
}

function resetConfiguration(): void {
  seal(CommonPolicy.get());
  seal(PortPolicy.get());
  for (let kind: u32 = 0; kind < HEALTH_KIND_MAX; kind++) {
    seal(HealthConfig.at(kind));
  }
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    seal(TargetPortConfig.at(port));
    TargetPortById.at(port).port = <u16>NONE;
    TargetPortOrder.at(port).port = <u16>NONE;
  }
  for (let target: u32 = 0; target < TARGET_MAX; target++) {
    seal(TargetConfig.at(target));
    TargetById.at(target).target = <u16>NONE;
  }
}

function resetPortTables(): void {
  seal(ModuleState.get());
  endPlan();
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    resetPort(port);
  }
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    seal(TargetPortSet.at(word));
  }
  for (let row: u32 = 0; row < HEALTH_MAX; row++) {
    resetHealth(row);
  }
  for (let row: u32 = 0; row < TARGET_WORD_MAX; row++) {
    seal(RegistrationState.at(row));
  }
  for (let row: u32 = 0; row < REGISTRATION_CHANGE_MAX; row++) {
    freeChange(row);
  }
}

function resetSessionTables(): void {
  for (let row: u32 = 0; row < INITIATOR_MAX; row++) {
    resetInitiator(row);
  }
  for (let row: u32 = 0; row < SESSION_MAX; row++) {
    resetSession(row);
  }
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    freeMoveRow(row);
  }
  for (let row: u32 = 0; row < ARRIVAL_MAX; row++) {
    resetArrival(row);
  }
  for (let row: u32 = 0; row < RESIDENCE_MAX; row++) {
    seal(Residence.at(row));
  }
}
