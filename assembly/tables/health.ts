/** Health of whatever can fail: target ports, network ports, members. One row each, in that order. */

import { NETWORK_PORT_MAX, TARGET_PORT_MAX } from "../limits";

/** First health row of each kind. */
export const HEALTH_TARGET_PORTS: u32 = 0;
export const HEALTH_NETWORK_PORTS: u32 = TARGET_PORT_MAX;
export const HEALTH_MEMBERS: u32 = TARGET_PORT_MAX + NETWORK_PORT_MAX;

/** Kinds with knobs of their own: rows of `HealthConfig`. */
export enum HealthKind {
  TARGET_PORT = 0,
  NETWORK_PORT = 1,
  PROCESSOR = 2,
  SERVER = 3,
  APPARATUS = 4,
  AGENT = 5,
}
export const HEALTH_KIND_MAX: u32 = 6;

export enum HealthStatus {
  /** Nothing heard yet. */
  UNKNOWN = 0,
  UP = 1,
  DOWN = 2,
  /** Would be up, but is held down after flapping. */
  HELD_DOWN = 3,
}

/** How a kind is judged. */
@unmanaged
@table("health-config", "configuration", HEALTH_KIND_MAX)
export class HealthConfig {
  /** Time between two looks at a subject in doubt. */
  @knob("ms", 10, 60000, 100) intervalMs: u32;
  /** Looks in a row that find it well before it counts as up. */
  @knob("looks", 1, 100, 2) riseCount: u8;
  /** Looks in a row that find it failed before it counts as down. */
  @knob("looks", 1, 100, 2) fallCount: u8;
  /** Share of the subjects of the kind, in permille, that falling silent together means panic; 1000 switches it off. */
  @knob("permille", 100, 1000, 500) panicPermille: u16;
  /** Silence longer than this is a failure. */
  @knob("ms", 30, 600000, 3000) silenceMs: u32;
  /** Hold-down after the first flap. */
  @knob("ms", 0, 3600000, 2000) holdDownMs: u32;
  /** Hold-down doubles with each flap up to this. */
  @knob("ms", 0, 86400000, 300000) holdDownMaxMs: u32;
  /** A flap is forgotten after this time without another. */
  @knob("ms", 1000, 86400000, 600000) flapForgetMs: u32;
  /** Panic, once raised, ends after this. */
  @knob("ms", 100, 3600000, 10000) panicMs: u32;
  @field("check") check: u32;

  @inline static at(kind: u32): HealthConfig {
    return changetype<HealthConfig>(HEALTH_CONFIG_BASE + kind * <u32>offsetof<HealthConfig>());
  }
  @inline static stagedAt(kind: u32): HealthConfig {
    return changetype<HealthConfig>(HEALTH_CONFIG_STAGED_BASE + kind * <u32>offsetof<HealthConfig>());
  }
}
if (offsetof<HealthConfig>() != 32) ERROR("HealthConfig");

@unmanaged
@table("health-state", "state", HEALTH_MAX)
@deadlines
export class HealthState {
  @field("enum", "HealthStatus") status: u8;
  /** What the latest look found: `HealthStatus.UP`, `DOWN` or `UNKNOWN`. */
  @field("enum", "HealthStatus") observed: u8;
  /** Looks in a row that found `observed`. */
  @field("count") looks: u8;
  /** 1: nothing has been heard of it for too long. */
  @field("boolean") silent: u8;
  /** Flaps not yet forgotten. */
  @field("count") flaps: u16;
  @field("pad") pad: u16;
  @field("check") check: u32;
  @field("number") reserved: u32;
  /** Latest time something was heard. */
  @field("time") heardMs: u64;
  /** Latest change of status. */
  @field("time") changedMs: u64;
  /** End of the hold-down. */
  @field("time") heldUntilMs: u64;
  /** A member: its silence was put down to the observer (panic) until then; of no account once it was heard again. */
  @field("time") silenceHeldMs: u64;
  /** Next look. */
  @field("time") deadlineMs: u64;

  @inline static at(index: u32): HealthState {
    return changetype<HealthState>(HEALTH_STATE_BASE + index * <u32>offsetof<HealthState>());
  }
}
if (offsetof<HealthState>() != 56) ERROR("HealthState");
