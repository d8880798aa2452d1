/**
 * Samples of a port: from counters to smoothed usage, from usage to load, from load to the two detectors.
 *
 *   RELIEVED ──load ≥ high watermark, `highSamples` in a row (step 101)──▶ OVERLOADED
 *   OVERLOADED ──load ≤ low watermark, `lowSamples` in a row (step 110)──▶ RELIEVED
 */
import { TARGET_PORT_MAX } from "../../limits";
import { Header } from "../../memory/header";
import { alarm } from "../../memory/ring";
import { due, nowMs } from "../../memory/scheduling";
import { NEVER, seal } from "../../memory/seals";
import { Reason, SubjectKind } from "../../tables/decision";
import { HealthConfig, HealthKind } from "../../tables/health";
import {
  Resource,
  TargetPortConfig,
  TargetPortCounters,
  TargetPortState,
  TargetPortStatus,
} from "../../tables/target-port";
import { portLoad } from "./loads";
import { markAllTargets } from "./marks";
import { policy, portAt, wakePort } from "./rows";
import { refreshSets } from "./sets";

/** A counter that began anew has no difference. */
const NO_DIFFERENCE: u64 = 0xffff_ffff_ffff_ffff;
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
  seal(state);
}

/** A port whose deadline has come. */
export function judgePort(port: u32): void {
  const config = TargetPortConfig.at(port);
  const state = portAt(port);
  if (config.id == 0) {
    state.deadlineMs = NEVER;
    seal(state);
    return;
  }
  if (due(state.sampleDueMs)) sample(port, state, config);
  checkSilence(state);
  state.deadlineMs = NEVER;
  wakePort(port, state, nextLook(state));
  seal(state);
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
  state.status &= ~TargetPortStatus.FRESH;
  const elapsedMs = counters.sampledMs - state.sampledMs;
  const known = (state.status & TargetPortStatus.SAMPLED) != 0;
  if (known && elapsedMs == 0) return;
  const busyUs = difference(state.busyUs, counters.busyUs);
  const bytes = difference(state.bytes, counters.bytes);
  const operations = difference(state.operations, counters.operations);
  const whole = busyUs != NO_DIFFERENCE && bytes != NO_DIFFERENCE && operations != NO_DIFFERENCE;
  if (known && whole && elapsedMs < 0x8000_0000) {
    smooth(port, state, counters, elapsedMs, busyUs, bytes, operations);
  } else if (known) {
    Header.get().counterResets++;
  }
  state.status |= TargetPortStatus.SAMPLED;
  state.sampledMs = counters.sampledMs;
  state.busyUs = counters.busyUs;
  state.bytes = counters.bytes;
  state.operations = counters.operations;
}

/** What a counter gained: one that came from 32 bits goes round, any other that falls began anew. */
function difference(before: u64, now: u64): u64 {
  if (now >= before) return now - before;
  const wasNearEnd = before >= 0x8000_0000 && before <= 0xffff_ffff;
  if (!wasNearEnd || now >= 0x8000_0000) return NO_DIFFERENCE;
  Header.get().counterWraps++;
  return 0x1_0000_0000 - before + now;
}

function smooth(
  port: u32,
  state: TargetPortState,
  counters: TargetPortCounters,
  elapsedMs: u32,
  busyUs: u64,
  bytes: u64,
  operations: u64,
): void {
  const weight = policy().smoothingPermille;
  // Processor time alone says nothing: a server that is only asked for its counters uses some.
  const moving = bytes + operations != 0 || counters.queueDepth != 0;
  if (follows(port, state, Resource.PROCESSOR, counters.busyUs, busyUs, moving)) {
    state.processorUsage = blend(state.processorUsage, (busyUs * 1000) / elapsedMs, weight);
  }
  if (follows(port, state, Resource.BANDWIDTH, counters.bytes, bytes, moving)) {
    state.bandwidthUsage = blend(state.bandwidthUsage, ((bytes >> 10) * 1000) / elapsedMs, weight);
  }
  if (follows(port, state, Resource.OPERATIONS, counters.operations, operations, moving)) {
    state.operationsUsage = blend(state.operationsUsage, (operations * 1000) / elapsedMs, weight);
  }
  state.queueUsage = blend(state.queueUsage, counters.queueDepth, weight);
}

/** Exponential average, rounded towards the sample so that it arrives. */
function blend(before: u32, sample: u64, weightPermille: u32): u32 {
  const target = min(sample, <u64>0xffff_ffff);
  const step = (<i64>target - <i64>before) * weightPermille;
  if (step > 0) return <u32>(<i64>before + (step + 999) / 1000);
  return <u32>(<i64>before + (step - 999) / 1000);
}

/** True if the counter can be believed. One that stands still while others of its port move keeps its last good usage. */
function follows(port: u32, state: TargetPortState, counter: u32, value: u64, gained: u64, moving: bool): bool {
  const shift = counter * 2;
  const stood = (<u32>state.stuckSamples >> shift) & 3;
  state.stuckSamples &= <u16>~((<u32>3) << shift);
  if (gained != 0 || value == 0 || !moving) return true;
  const now = min(stood + 1, STUCK_SAMPLES);
  state.stuckSamples |= <u16>(now << shift);
  if (now < STUCK_SAMPLES) return true;
  if (stood < STUCK_SAMPLES) Header.get().counterStuck++;
  if ((state.status & TargetPortStatus.STUCK) == 0) {
    if (alarm(Reason.COUNTER_STUCK, SubjectKind.TARGET_PORT, port, state.generation, counter)) {
      state.status |= TargetPortStatus.STUCK;
    }
  }
  return false;
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
  if (!due(state.changedMs + HealthConfig.at(HealthKind.TARGET_PORT).silenceMs)) return;
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
