/** Loads in permille of capacity: of a port, of a session on a port, and after a move. */
import { TargetPortConfig, TargetPortState } from "../../tables/target-port";
import { SessionState } from "../../tables/session";

/** Loads beyond this say no more: ten times the capacity. */
const LOAD_MAX: u64 = 10000;

/** Usage in permille of a capacity; a capacity of 0 leaves the resource out. */
export function permilleOf(usage: u64, capacity: u32): u32 {
  if (capacity == 0) return 0;
  return <u32>min((usage * 1000) / capacity, LOAD_MAX);
}

/** Of what a load is made: a port's usage, a session's share, or both. */
export enum Sum {
  PORT = 0,
  PORT_WITH_SESSION = 1,
  PORT_WITHOUT_SESSION = 2,
  SESSION = 3,
}

/** The fullest of a port's resources, from its smoothed usage. */
export function portLoad(state: TargetPortState, config: TargetPortConfig): u32 {
  // Any session will do: nothing of it is counted.
  return loadOf(Sum.PORT, state, config, SessionState.at(0), state);
}

/** The fullest of a port's resources, with or without a session that is on the port `from` now, or of the session alone. */
export function loadOf(
  sum: Sum,
  state: TargetPortState,
  config: TargetPortConfig,
  session: SessionState,
  from: TargetPortState,
): u32 {
  const processor = sum == Sum.PORT ? 0 : sessionProcessor(session, from);
  let load = permilleOf(combine(sum, state.processorUsage, processor), config.processorCapacity);
  load = max(load, permilleOf(combine(sum, state.bandwidthUsage, session.bandwidthRate), config.bandwidthCapacity));
  load = max(load, permilleOf(combine(sum, state.operationsUsage, session.operationsRate), config.operationsCapacity));
  load = max(load, permilleOf(combine(sum, state.queueUsage, session.inFlight), config.queueCapacity));
  return max(load, permilleOf(combine(sum, state.sessions, 1), config.sessionsCapacity));
}

function combine(sum: Sum, port: u64, session: u64): u64 {
  if (sum == Sum.PORT_WITH_SESSION) return port + session;
  if (sum == Sum.PORT_WITHOUT_SESSION) return less(port, session);
  return sum == Sum.PORT ? port : session;
}

/**
 * What a session takes of its port's processor, in microseconds a second: the share of the port's commands that are
 * its own, or of the bytes, or else an equal part.
 */
export function sessionProcessor(session: SessionState, from: TargetPortState): u64 {
  const usage: u64 = from.processorUsage;
  if (from.operationsUsage > 0) {
    return (usage * min(session.operationsRate, from.operationsUsage)) / from.operationsUsage;
  }
  if (from.bandwidthUsage > 0) {
    return (usage * min(session.bandwidthRate, from.bandwidthUsage)) / from.bandwidthUsage;
  }
  return usage / max(from.sessions, 1);
}

/** Difference that stops at zero. */
export function less(from: u64, what: u64): u64 {
  return from > what ? from - what : 0;
}
