/** Module time: it follows the host's monotonic clock by differences, never backwards, never by more than a cap. */
import { Control } from "../tables/control";
import { CommonPolicy } from "../tables/policy";
import { Header } from "./header";

/** What the host's clock did since the latest tick. */
export enum ClockStep {
  STEADY = 0,
  /** It jumped: time moved on by the cap only, and detectors start anew. */
  GAP = 1,
  /** Another start of the host: its clock's zero may be another one, and nothing has passed. */
  RESTART = 2,
}

/** Takes the host's clock and incarnation over into the header. */
export function advanceClock(): ClockStep {
  const header = Header.get();
  const control = Control.get();
  const before = header.hostMs;
  header.hostMs = control.hostMs;
  if (header.incarnation != control.incarnation) {
    header.incarnation = control.incarnation;
    header.sequence = 0;
    return ClockStep.RESTART;
  }
  if (control.hostMs < before) return gap();
  const step = control.hostMs - before;
  const most: u64 = CommonPolicy.get().timeStepMaxMs;
  header.nowMs += min(step, most);
  return step > most ? gap() : ClockStep.STEADY;
}

function gap(): ClockStep {
  Header.get().clockGaps++;
  return ClockStep.GAP;
}
