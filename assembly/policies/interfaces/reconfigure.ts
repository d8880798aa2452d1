/** What a new configuration means for the interface policy: rows that stay keep their state. */
import { GROUP_PORT_WORD_MAX, INTERFACE_MAX, NETWORK_PORT_MAX, NETWORK_PORT_WORDS, NONE } from "../../limits";
import { groupOf } from "../../members/pairs";
import { markChanged } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { HEALTH_NETWORK_PORTS } from "../../tables/health";
import { InterfaceConfig } from "../../tables/interface";
import { GroupPorts, NetworkPortConfig, NetworkPortStatus } from "../../tables/network-port";
import { followServers } from "./ports";
import { interfaceAt, lookAtGroups, portAt, serverOf } from "./rows";
import { followUnits } from "./units";

/** A network port that was added or removed has no state yet, or any more. */
export function resetNetworkPort(port: u32): void {
  resetRow(NETWORK_PORT_STATE_TABLE, port);
  resetRow(NETWORK_PORT_INPUT_TABLE, port);
  resetRow(HEALTH_STATE_TABLE, HEALTH_NETWORK_PORTS + port);
}

export function resetInterface(row: u32): void {
  resetRow(INTERFACE_STATE_TABLE, row);
  resetRow(INTERFACE_INPUT_TABLE, row);
}

export function resetUnit(unit: u32): void {
  resetRow(UNIT_STATE_TABLE, unit);
  resetRow(UNIT_INPUT_TABLE, unit);
}

/** After all rows are adopted: lists and counts are made anew; nothing that stays is moved for it. */
export function endInterfaceConfiguration(): void {
  for (let row: u32 = 0; row < GROUP_PORT_WORD_MAX; row++) {
    resetRow(GROUP_PORTS_TABLE, row);
  }
  for (let port: u32 = 0; port < NETWORK_PORT_MAX; port++) {
    if (NetworkPortConfig.at(port).id != 0) listPort(port);
  }
  for (let row: u32 = 0; row < INTERFACE_MAX; row++) {
    if (InterfaceConfig.at(row).id != 0) countInterface(row);
  }
  followServers();
  lookAtGroups();
  followUnits();
}

function listPort(port: u32): void {
  const state = portAt(port);
  state.interfaces = 0;
  seal(state);
  markChanged(NETWORK_PORT_INPUT_TABLE, port);
  if ((state.status & NetworkPortStatus.OPERATIVE) == 0) return;
  const list = GroupPorts.at(groupOf(serverOf(port)) * NETWORK_PORT_WORDS + (port >> 5));
  list.operative |= 1 << (port & 31);
  seal(list);
}

function countInterface(row: u32): void {
  const held: u32 = interfaceAt(row).held;
  markChanged(INTERFACE_INPUT_TABLE, row);
  if (held == NONE) return;
  const port = portAt(held);
  port.interfaces++;
  seal(port);
}
