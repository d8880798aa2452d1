/** Ports as bitmaps: they follow from the ports' states, and let a target be judged by words. */
import { TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { resetRow, seal } from "../../memory/seals";
import { TargetPortConfig, TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { TargetPortSet } from "../../tables/target-port-set";

/** Makes the bitmaps anew from the ports' states; cheap enough to do at each change of one. */
export function refreshSets(): void {
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    resetRow(TARGET_PORT_SET_TABLE, word);
  }
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (TargetPortConfig.at(port).id == 0) continue;
    const status = TargetPortState.at(port).status;
    const set = TargetPortSet.at(port >> 5);
    const bit: u32 = 1 << (port & 31);
    if (status & TargetPortStatus.OWN) set.own |= bit;
    if (status & TargetPortStatus.OPERATIVE) set.operative |= bit;
    if (status & TargetPortStatus.FAILED) set.failed |= bit;
    if (status & TargetPortStatus.MAINTENANCE) set.maintenance |= bit;
    if (status & TargetPortStatus.OVERLOADED) set.overloaded |= bit;
    if (status & TargetPortStatus.SILENT) set.silent |= bit;
  }
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    seal(TargetPortSet.at(word));
  }
}

/** True if any port is overloaded or in maintenance: something may be planned. */
export function planningWanted(): bool {
  let any: u32 = 0;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    const set = TargetPortSet.at(word);
    any |= set.own & (set.overloaded | set.maintenance);
  }
  return any != 0;
}
