/** Loads in permille of capacity: of a port, of a session on a port, and after a move. */
import { quotient } from "../../memory/division";
import { RESOURCE_COUNT, Resource, TargetPortConfig, TargetPortState } from "../../tables/target-port";
import { SessionState } from "../../tables/session";
import { policy } from "./rows";

/** Loads beyond this say no more: ten times the capacity. */
const LOAD_MAX: u64 = 10000;

/** Usage in permille of a capacity; a capacity of 0 leaves the resource out. */
export function permilleOf(usage: u64, capacity: u32): u32 {
  if (capacity == 0) return 0;
  return <u32>min(quotient(usage * 1000, capacity), LOAD_MAX);
}

/** Exponential average: `before`, moved towards a sample by a part; `roundUp` is what is added of the step's 1000ths. */
export function approach(before: u32, sample: u32, roundUp: u64): u32 {
  const falls = sample < before;
  const distance = falls ? before - sample : sample - before;
  const step = <u32>quotient(<u64>distance * policy().smoothingPermille + roundUp, 1000);
  return falls ? before - step : before + step;
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
  let load: u32 = 0;
  for (let resource: u32 = 0; resource < RESOURCE_COUNT; resource++) {
    load = max(load, permilleOf(state.usage(resource), config.capacity(resource)));
  }
  return load;
}

/** The fullest of a port's resources, with or without a session that is on the port `from` now, or of the session alone. */
export function loadOf(
  sum: Sum,
  state: TargetPortState,
  config: TargetPortConfig,
  session: SessionState,
  from: TargetPortState,
): u32 {
  let load: u32 = 0;
  for (let resource: u32 = 0; resource < RESOURCE_COUNT; resource++) {
    let usage: u64 = state.usage(resource);
    usage = combine(sum, usage, shareOf(session, resource, from));
    load = max(load, permilleOf(usage, config.capacity(resource)));
  }
  return load;
}

/** What a session takes of a resource. */
function shareOf(session: SessionState, resource: u32, from: TargetPortState): u64 {
  if (resource == Resource.PROCESSOR) return sessionProcessor(session, from);
  return resource == Resource.SESSIONS ? 1 : session.usage(resource);
}

function combine(sum: Sum, port: u64, session: u64): u64 {
  if (sum == Sum.PORT_WITH_SESSION) return port + session;
  return sum == Sum.PORT_WITHOUT_SESSION ? less(port, session) : session;
}

/**
 * What a session takes of its port's processor, in microseconds a second: the share of the port's commands that are
 * its own, or of the bytes, or else an equal part.
 */
export function sessionProcessor(session: SessionState, from: TargetPortState): u64 {
  const usage: u64 = from.processorUsage;
  if (from.operationsUsage > 0) {
    return quotient(usage * min(session.operationsRate, from.operationsUsage), from.operationsUsage);
  }
  if (from.bandwidthUsage > 0) {
    return quotient(usage * min(session.bandwidthRate, from.bandwidthUsage), from.bandwidthUsage);
  }
  return from.processorUsage / max(from.sessions, 1);
}

/** Difference that stops at zero. */
export function less(from: u64, what: u64): u64 {
  return from > what ? from - what : 0;
}
