/** What a new configuration means for the port policy: rows that stay keep their state. */
import { NONE, SESSION_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { markChanged, nowMs } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { Control } from "../../tables/control";
import { Reason } from "../../tables/decision";
import { HEALTH_TARGET_PORTS } from "../../tables/health";
import { SessionFlag, SessionInput } from "../../tables/session";
import {
  TargetPortConfig,
  TargetPortFlag,
  TargetPortOrder,
  TargetPortState,
  TargetPortStatus,
} from "../../tables/target-port";
import { markAllTargets } from "./marks";
import { dropMovesOfRemoved, holdAnew } from "./moves";
import { dropChangesOf } from "./registrations";
import { beginGrace } from "../../memory/verify";
import { endPlan, portAt, wakePort } from "./rows";
import { endSessionsOf, markSession } from "./sessions";
import { refreshSets } from "./sets";

export function portAdded(port: u32): void {
  resetRow(TARGET_PORT_STATE_TABLE, port);
  resetRow(HEALTH_STATE_TABLE, HEALTH_TARGET_PORTS + port);
  resetRow(TARGET_PORT_INPUT_TABLE, port);
  portKept(port);
}

/** Owner and maintenance may have changed. */
export function portKept(port: u32): void {
  const config = TargetPortConfig.at(port);
  const state = portAt(port);
  state.generation = config.generation;
  const wasInMaintenance = (state.status & TargetPortStatus.MAINTENANCE) != 0;
  const inMaintenance = (config.flags & TargetPortFlag.MAINTENANCE) != 0;
  state.status &= ~(TargetPortStatus.OWN | TargetPortStatus.MAINTENANCE);
  if (config.owner == Control.get().controllerIndex) state.status |= TargetPortStatus.OWN;
  if (inMaintenance) {
    state.status |= TargetPortStatus.MAINTENANCE;
    state.withdrawReason = <u8>Reason.MAINTENANCE;
  } else {
    state.status &= ~TargetPortStatus.DRAINED;
    if (wasInMaintenance) state.restoreReason = <u8>Reason.MAINTENANCE_ENDED;
  }
  wakePort(port, state, nowMs());
}

/** Its registrations and moves go when they are looked at next; its sessions now, since its row may be given out anew. */
export function portRemoved(port: u32): void {
  endSessionsOf(port);
  const state = portAt(port);
  state.status = 0;
  state.arrivingPermille = 0;
  seal(state);
  resetRow(HEALTH_STATE_TABLE, HEALTH_TARGET_PORTS + port);
}

/** A target that was added or removed has no registrations yet, or any more. */
export function resetTarget(target: u32): void {
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    const row = target * TARGET_PORT_WORDS + word;
    resetRow(REGISTRATION_STATE_TABLE, row);
    resetRow(REGISTRATION_INPUT_TABLE, row);
  }
  dropChangesOf(target);
}

/** After all rows are adopted. The first configuration begins with a grace period. */
export function endConfiguration(first: bool): void {
  endPlan();
  dropMovesOfRemoved();
  writeListingOrder();
  holdAnew();
  refreshSets();
  markAllTargets();
  for (let row: u32 = 0; row < SESSION_MAX; row++) {
    if (SessionInput.at(row).flags & SessionFlag.LOGGED_IN) markSession(row);
  }
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (TargetPortConfig.at(port).id != 0) markChanged(TARGET_PORT_INPUT_TABLE, port);
  }
  if (first) beginGrace();
}

/** Ports by (listOrder, id): a port's place is the number of ports before it. */
function writeListingOrder(): void {
  for (let place: u32 = 0; place < TARGET_PORT_MAX; place++) {
    TargetPortOrder.at(place).port = <u16>NONE;
  }
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (TargetPortConfig.at(port).id == 0) continue;
    let rank: u32 = 0;
    for (let other: u32 = 0; other < TARGET_PORT_MAX; other++) {
      if (other != port && isListedBefore(other, port)) rank++;
    }
    TargetPortOrder.at(rank).port = <u16>port;
    const state: TargetPortState = portAt(port);
    state.rank = <u16>rank;
    seal(state);
  }
}

function isListedBefore(other: u32, port: u32): bool {
  const one = TargetPortConfig.at(other);
  const two = TargetPortConfig.at(port);
  if (one.id == 0) return false;
  return one.listOrder != two.listOrder ? one.listOrder < two.listOrder : one.id < two.id;
}
