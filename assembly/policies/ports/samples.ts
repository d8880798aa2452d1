/**
 * Samples of a port: from counters to smoothed usage, from usage to load, from load to the two detectors.
 *
 *   RELIEVED ──load ≥ high watermark, `highSamples` in a row (step 101)──▶ OVERLOADED
 *   OVERLOADED ──load ≤ low watermark, `lowSamples` in a row (step 110)──▶ RELIEVED
 */
import { TARGET_PORT_MAX } from "../../limits";
import { quotient } from "../../memory/division";
import { Header } from "../../memory/header";
import { alarm } from "../../memory/ring";
import { due, nowMs, rest } from "../../memory/scheduling";
import { NEVER } from "../../memory/seals";
import { Reason, SubjectKind } from "../../tables/decision";
import { HealthConfig, HealthKind } from "../../tables/health";
import {
  Resource,
  TargetPortConfig,
  TargetPortCounters,
  TargetPortState,
  TargetPortStatus,
} from "../../tables/target-port";
import { approach, portLoad } from "./loads";
import { markAllTargets } from "./marks";
import { policy, portAt, wakePort } from "./rows";
import { refreshSets } from "./sets";

/** Resources that are counted come first; the queue's depth comes behind them. */
const COUNTED: u32 = 3;
/** Samples that a counter may stand still while others of its port move. */
const STUCK_SAMPLES: u32 = 3;
/** Subjects below which falling silent together says nothing. */
const PANIC_SUBJECTS_MIN: u32 = 4;

/** Counters have been latched: the next sample is due as soon as its time has come. */
export function countersCame(port: u32): void {
  const config = TargetPortConfig.at(port);
  if (config.id == 0 || TargetPortCounters.latchedAt(port).generation != config.generation) {
    Header.get().droppedRows++;
    return;
  }
  const state = portAt(port);
  state.status |= TargetPortStatus.FRESH;
  state.changedMs = nowMs();
  if (state.status & TargetPortStatus.SILENT) {
    state.status &= ~TargetPortStatus.SILENT;
    refreshSets();
  }
  wakePort(port, state, state.sampleDueMs);
}

/** A port whose deadline has come. */
export function judgePort(port: u32): void {
  const config = TargetPortConfig.at(port);
  const state = portAt(port);
  if (config.id == 0) {
    rest(TARGET_PORT_STATE_TABLE, port, NEVER);
    return;
  }
  if (state.sampleDueMs <= nowMs()) sample(port, state, config);
  checkSilence(state);
  rest(TARGET_PORT_STATE_TABLE, port, nextLook(state));
}

function sample(port: u32, state: TargetPortState, config: TargetPortConfig): void {
  state.sampleDueMs = nowMs() + policy().sampleMs;
  if (state.status & TargetPortStatus.FRESH) takeCounters(port, state);
  // The load of another controller's port is what that one reports.
  if ((state.status & TargetPortStatus.OWN) == 0) return;
  state.loadPermille = portLoad(state, config);
  detect(state);
}

function takeCounters(port: u32, state: TargetPortState): void {
  const counters = TargetPortCounters.latchedAt(port);
  const status = state.status;
  state.status = (status & ~TargetPortStatus.FRESH) | TargetPortStatus.SAMPLED;
  const elapsedMs = counters.sampledMs - state.sampledMs;
  if (status & TargetPortStatus.SAMPLED) {
    if (elapsedMs == 0) return;
    if (elapsedMs < 0x8000_0000 && areWhole(state, counters)) smooth(port, state, counters, elapsedMs);
    else Header.get().counterResets++;
  }
  state.sampledMs = counters.sampledMs;
  state.busyUs = counters.busyUs;
  state.bytes = counters.bytes;
  state.operations = counters.operations;
}

/** False if a counter began anew: one that came from 32 bits goes round, any other that falls began anew. */
function areWhole(state: TargetPortState, counters: TargetPortCounters): bool {
  for (let resource: u32 = 0; resource < COUNTED; resource++) {
    const before = state.counter(resource);
    const now = counters.counter(resource);
    const wentRound = before >> 31 == 1 && now < 0x8000_0000;
    if (now < before && !wentRound) return false;
  }
  return true;
}

function smooth(port: u32, state: TargetPortState, counters: TargetPortCounters, elapsedMs: u32): void {
  // Processor time alone says nothing: a server that is only asked for its counters uses some.
  const traffic = state.bytes != counters.bytes || state.operations != counters.operations;
  const moving = traffic || counters.queueDepth != 0;
  for (let resource: u32 = 0; resource <= COUNTED; resource++) {
    let sample: u64 = counters.queueDepth;
    if (resource < COUNTED) {
      const now = counters.counter(resource);
      let gained = now - state.counter(resource);
      if (now < state.counter(resource)) {
        gained += 0x1_0000_0000;
        Header.get().counterWraps++;
      }
      if (gained != 0 || now == 0 || !moving) state.stuckSamples &= <u16>~((<u32>3) << (resource * 2));
      else if (isStuck(port, state, resource)) continue;
      sample = quotient((resource == Resource.BANDWIDTH ? gained >> 10 : gained) * 1000, elapsedMs);
    }
    // Rounded towards the sample, so that it arrives.
    state.setUsage(resource, approach(state.usage(resource), <u32>min(sample, <u64>0xffff_ffff), 999));
  }
}

/** True if a counter has stood still for too long while others of its port moved: it keeps its last good usage. */
function isStuck(port: u32, state: TargetPortState, counter: u32): bool {
  const shift = counter * 2;
  const stood = (<u32>state.stuckSamples >> shift) & 3;
  if (stood < STUCK_SAMPLES) {
    state.stuckSamples += <u16>((<u32>1) << shift);
    if (stood + 1 < STUCK_SAMPLES) return false;
    Header.get().counterStuck++;
  }
  if ((state.status & TargetPortStatus.STUCK) == 0) {
    if (alarm(Reason.COUNTER_STUCK, SubjectKind.TARGET_PORT, port, state.generation, counter)) {
      state.status |= TargetPortStatus.STUCK;
    }
  }
  return true;
}

/** Steps 101 and 110, each for a number of samples in a row. */
function detect(state: TargetPortState): void {
  const knobs = policy();
  const load = state.loadPermille;
  state.highSamples = load >= knobs.highWatermarkPermille ? <u8>min(<u32>state.highSamples + 1, 255) : 0;
  state.lowSamples = load <= knobs.lowWatermarkPermille ? <u8>min(<u32>state.lowSamples + 1, 255) : 0;
  const overloaded = (state.status & TargetPortStatus.OVERLOADED) != 0;
  if (!overloaded && state.highSamples >= knobs.highSamples) {
    state.status |= TargetPortStatus.OVERLOADED;
    state.status &= ~TargetPortStatus.ALARMED;
    state.backOffUntilMs = 0;
    state.withdrawReason = <u8>Reason.OVERLOADED;
    refreshSets();
  }
  if (overloaded && state.lowSamples >= knobs.lowSamples) relieve(state);
}

/** Steps 110 and 111: the port's withdrawn registrations may return. */
function relieve(state: TargetPortState): void {
  state.status &= ~(TargetPortStatus.OVERLOADED | TargetPortStatus.ALARMED);
  state.restoreReason = <u8>Reason.RELIEVED;
  refreshSets();
  markAllTargets();
}

/** Counters, or another controller's reports, that stop coming make the port's load unknown. */
function checkSilence(state: TargetPortState): void {
  if ((state.status & TargetPortStatus.SAMPLED) == 0 || (state.status & TargetPortStatus.SILENT) != 0) return;
  if (nowMs() < state.changedMs + HealthConfig.at(HealthKind.TARGET_PORT).silenceMs) return;
  state.status |= TargetPortStatus.SILENT;
  state.status &= ~TargetPortStatus.SAMPLED;
  refreshSets();
  checkPanic();
}

/** Where more than the configured share of at least four ports is silent, the observer is the likelier fault. */
function checkPanic(): void {
  let ports: u32 = 0;
  let silent: u32 = 0;
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (TargetPortConfig.at(port).id == 0) continue;
    ports++;
    if (TargetPortState.at(port).status & TargetPortStatus.SILENT) silent++;
  }
  const config = HealthConfig.at(HealthKind.TARGET_PORT);
  if (ports < PANIC_SUBJECTS_MIN || silent * 1000 <= ports * config.panicPermille) return;
  const header = Header.get();
  if (!due(header.panicUntilMs)) return;
  header.panicUntilMs = nowMs() + config.panicMs;
  alarm(Reason.PANIC, SubjectKind.NONE, 0, 0, silent);
}

/** At the next sample while a detector counts or a plan is wanted, at the end of patience with silence; else never. */
function nextLook(state: TargetPortState): u64 {
  const knobs = policy();
  const status = state.status;
  let next = NEVER;
  const counting = state.loadPermille >= knobs.highWatermarkPermille;
  const draining = (status & (TargetPortStatus.MAINTENANCE | TargetPortStatus.DRAINED)) == TargetPortStatus.MAINTENANCE;
  const fresh = (status & TargetPortStatus.FRESH) != 0;
  const overloaded = (status & TargetPortStatus.OVERLOADED) != 0;
  if (counting || draining || fresh || overloaded) next = state.sampleDueMs;
  if ((status & TargetPortStatus.SAMPLED) != 0 && (status & TargetPortStatus.SILENT) == 0) {
    next = min(next, state.changedMs + HealthConfig.at(HealthKind.TARGET_PORT).silenceMs);
  }
  return next;
}
