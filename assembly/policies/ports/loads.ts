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

/** The fullest of a port's resources, from its smoothed usage. */
export function portLoad(state: TargetPortState, config: TargetPortConfig): u32 {
  let load = permilleOf(state.processorUsage, config.processorCapacity);
  load = max(load, permilleOf(state.bandwidthUsage, config.bandwidthCapacity));
  load = max(load, permilleOf(state.operationsUsage, config.operationsCapacity));
  load = max(load, permilleOf(state.queueUsage, config.queueCapacity));
  return max(load, permilleOf(state.sessions, config.sessionsCapacity));
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

/** The fullest of a port's resources without the session. */
export function loadWithout(
  state: TargetPortState,
  config: TargetPortConfig,
  session: SessionState,
): u32 {
  const processor = less(state.processorUsage, sessionProcessor(session, state));
  let load = permilleOf(processor, config.processorCapacity);
  load = max(load, permilleOf(less(state.bandwidthUsage, session.bandwidthRate), config.bandwidthCapacity));
  load = max(load, permilleOf(less(state.operationsUsage, session.operationsRate), config.operationsCapacity));
  load = max(load, permilleOf(less(state.queueUsage, session.inFlight), config.queueCapacity));
  return max(load, permilleOf(less(state.sessions, 1), config.sessionsCapacity));
}

/** The fullest of a port's resources with the session, which is on `from` now, added. */
export function loadWith(
  state: TargetPortState,
  config: TargetPortConfig,
  session: SessionState,
  from: TargetPortState,
): u32 {
  const processor = <u64>state.processorUsage + sessionProcessor(session, from);
  let load = permilleOf(processor, config.processorCapacity);
  load = max(load, permilleOf(<u64>state.bandwidthUsage + session.bandwidthRate, config.bandwidthCapacity));
  load = max(load, permilleOf(<u64>state.operationsUsage + session.operationsRate, config.operationsCapacity));
  load = max(load, permilleOf(<u64>state.queueUsage + session.inFlight, config.queueCapacity));
  return max(load, permilleOf(<u64>state.sessions + 1, config.sessionsCapacity));
}

/** What the session alone takes of a port, in permille of its fullest resource. */
export function sessionLoad(
  config: TargetPortConfig,
  session: SessionState,
  from: TargetPortState,
): u32 {
  let load = permilleOf(sessionProcessor(session, from), config.processorCapacity);
  load = max(load, permilleOf(session.bandwidthRate, config.bandwidthCapacity));
  load = max(load, permilleOf(session.operationsRate, config.operationsCapacity));
  load = max(load, permilleOf(session.inFlight, config.queueCapacity));
  return max(load, permilleOf(1, config.sessionsCapacity));
}

/** Difference that stops at zero. */
export function less(from: u64, what: u64): u64 {
  return from > what ? from - what : 0;
}
