/** Target ports: configuration, counters, state as the host sees it, and what the module keeps of each. */

export enum TargetPortFlag {
  /** In maintenance: drain it, then report. */
  MAINTENANCE = 1,
}

/** The resources whose fullest is the load of a port. */
export enum Resource {
  /** Time of the port's own processor. */
  PROCESSOR = 0,
  BANDWIDTH = 1,
  OPERATIONS = 2,
  QUEUE = 3,
  SESSIONS = 4,
}
export const RESOURCE_COUNT: u32 = 5;

@unmanaged
@table("target-port-config", "configuration", TARGET_PORT_MAX)
export class TargetPortConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "target-port") assigned: u16;
  @field("flags", "TargetPortFlag") flags: u16;
  /** Controller that owns the port: its row among the servers. */
  @knob("row", 0, 127, 0) owner: u16;
  /** Portal group tag of the portal (RFC 7143, section 4.4.1); 0 means NULL in iSNS and can't be configured. */
  @knob("tag", 1, 65535, 1) portalGroupTag: u16;
  /** Place in the order in which the iSNS server lists portals; ties are broken by id. */
  @knob("rank", 0, 65535, 0) listOrder: u16;
  @field("pad") pad0: u16;
  /** Capacity: microseconds of processor time in a second; 1,000,000 is one whole processor, 0 leaves it out of the load. */
  @knob("us/s", 0, 64000000, 1000000) processorCapacity: u32;
  /** Capacity: bytes in a second, in KiB; 0 leaves it out. */
  @knob("KiB/s", 0, 100000000, 0) bandwidthCapacity: u32;
  /** Capacity: commands in a second; 0 leaves it out. */
  @knob("1/s", 0, 100000000, 0) operationsCapacity: u32;
  /** Capacity: commands under way at one time; 0 leaves it out. */
  @knob("commands", 0, 1000000, 0) queueCapacity: u32;
  /** Capacity: sessions; 0 leaves it out. */
  @knob("sessions", 0, 32768, 0) sessionsCapacity: u32;
  @field("check") check: u32;
  @field("pad") pad3: u32;
  @field("pad") pad1: u64;
  @field("pad") pad2: u64;

  /** Capacity of a resource. */
  @inline capacity(resource: u32): u32 {
    return load<u32>(changetype<usize>(this) + resource * 4, offsetof<TargetPortConfig>("processorCapacity"));
  }

  @inline static at(index: u32): TargetPortConfig {
    return changetype<TargetPortConfig>(TARGET_PORT_CONFIG_BASE + index * <u32>offsetof<TargetPortConfig>());
  }
  @inline static stagedAt(index: u32): TargetPortConfig {
    return changetype<TargetPortConfig>(TARGET_PORT_CONFIG_STAGED_BASE + index * <u32>offsetof<TargetPortConfig>());
  }
}
if (offsetof<TargetPortConfig>() != 64) ERROR("TargetPortConfig");

/** Counters of a port as a writer thread leaves them, under a sequence word; and, as `TargetPortLatched`, as the latch took them. */
@unmanaged
@table("target-port-counters", "latched", TARGET_PORT_MAX)
export class TargetPortCounters {
  /** Odd while a writer is in the row. */
  @field("sequenceWord") sequence: u32;
  /** Generation of the port's row; others are dropped. */
  @field("generation") generation: u32;
  /** When the counters were read: the host's monotonic milliseconds, low word. */
  @field("hostTime") sampledMs: u32;
  /** Commands under way, now. */
  @field("count") queueDepth: u32;
  /** Microseconds of processor time used, monotonic. */
  @field("counter") busyUs: u64;
  /** Bytes sent and received, monotonic. */
  @field("counter") bytes: u64;
  /** Commands completed, monotonic. */
  @field("counter") operations: u64;
  @field("pad") pad0: u64;
  @field("pad") pad1: u64;
  @field("pad") pad2: u64;

  /** Counter of a counted resource. */
  @inline counter(resource: u32): u64 {
    return load<u64>(changetype<usize>(this) + resource * 8, offsetof<TargetPortCounters>("busyUs"));
  }

  @inline static at(index: u32): TargetPortCounters {
    return changetype<TargetPortCounters>(TARGET_PORT_COUNTERS_BASE + index * <u32>offsetof<TargetPortCounters>());
  }
  /** The latch's copy of the row: where policies read. */
  @inline static latchedAt(index: u32): TargetPortCounters {
    return changetype<TargetPortCounters>(
      TARGET_PORT_COUNTERS_LATCHED_BASE + index * <u32>offsetof<TargetPortCounters>(),
    );
  }
}
if (offsetof<TargetPortCounters>() != 64) ERROR("TargetPortCounters");

export enum LinkState {
  UNKNOWN = 0,
  UP = 1,
  DOWN = 2,
}

@unmanaged
@table("target-port-input", "input", TARGET_PORT_MAX)
export class TargetPortInput {
  @field("generation") generation: u32;
  /** Incarnation that wrote the row; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  @field("enum", "LinkState") link: u8;
  @field("pad") pad0: u8;
  /** Another controller's port: its load, by its own module's judgement; stale ones are no candidates. */
  @field("permille") remoteLoadPermille: u16;
  /** Another controller's port: load reserved there for arrivals. */
  @field("permille") remotePlannedPermille: u16;
  @field("pad") pad1: u16;

  @inline static at(index: u32): TargetPortInput {
    return changetype<TargetPortInput>(TARGET_PORT_INPUT_BASE + index * <u32>offsetof<TargetPortInput>());
  }
}
if (offsetof<TargetPortInput>() != 16) ERROR("TargetPortInput");

export enum TargetPortStatus {
  /** The first sample of the counters is known: rates follow. */
  SAMPLED = 1,
  /** At or above the high watermark for the configured number of samples, and not yet relieved (step 101). */
  OVERLOADED = 2,
  /** Link up, not silent, past its hold-down. */
  OPERATIVE = 4,
  /** Counted as failed: its registrations are withdrawn. */
  FAILED = 8,
  /** In maintenance. */
  MAINTENANCE = 16,
  /** In maintenance, and no session or registration is left; said once. */
  DRAINED = 32,
  /** New counters have come since the latest sample. */
  FRESH = 64,
  /** An alarm that no session qualifies has been said for this overload. */
  ALARMED = 128,
  /** Belongs to this controller. */
  OWN = 256,
  /** An alarm for a stuck counter has been said. */
  STUCK = 512,
  /** Its counters, or another controller's reports of it, have stopped coming. */
  SILENT = 1024,
}

/** What the module keeps of a port. Usage is smoothed; loads follow from usage and capacity. */
@unmanaged
@table("target-port-state", "state", TARGET_PORT_MAX)
@deadlines
export class TargetPortState {
  @field("generation") generation: u32;
  @field("flags", "TargetPortStatus") status: u32;
  /** Samples in a row at or above the high watermark. */
  @field("count") highSamples: u8;
  /** Samples in a row at or below the low watermark. */
  @field("count") lowSamples: u8;
  /** Moves under way from the port. */
  @field("count") leaving: u16;
  /** Smoothed usage: microseconds of processor time in a second. */
  @field("rate") processorUsage: u32;
  /** Smoothed usage: KiB in a second. */
  @field("rate") bandwidthUsage: u32;
  /** Smoothed usage: commands in a second. */
  @field("rate") operationsUsage: u32;
  /** Smoothed usage: commands under way. */
  @field("rate") queueUsage: u32;
  /** Sessions logged in through the port, now. */
  @field("count") sessions: u32;
  /** The fullest resource, in permille of its capacity: the load of the port. */
  @field("permille") loadPermille: u32;
  /** Load that moves under way will bring, in permille of the capacity of this port's fullest resource. */
  @field("permille") arrivingPermille: u32;
  /** Load that moves under way will take away. */
  @field("permille") leavingPermille: u32;
  /** First session of the port's list, or `NONE`. */
  @field("index", "session") firstSession: u16;
  /** Why its registrations were withdrawn or restored latest. */
  @field("enum", "Reason") withdrawReason: u8;
  @field("enum", "Reason") restoreReason: u8;
  /** Which counters stood still for how many samples: two bits each. */
  @field("number") stuckSamples: u16;
  /** Place of the port in the listing order of all configured ports. */
  @field("number") rank: u16;
  /** Host's milliseconds of the counters in the latest sample. */
  @field("hostTime") sampledMs: u32;
  /** Counters of the latest sample. */
  @field("counter") busyUs: u64;
  @field("counter") bytes: u64;
  @field("counter") operations: u64;
  /** Next time to look at the port though nothing changes. */
  @field("time") deadlineMs: u64;
  /** Next sample, not before. */
  @field("time") sampleDueMs: u64;
  /** Latest change of the counters. */
  @field("time") changedMs: u64;
  /** When it became operative again: its capacity counts in part for a while. */
  @field("time") returnedMs: u64;
  /** No move from the port before. */
  @field("time") backOffUntilMs: u64;
  /** Moves from the port that failed, ever. */
  @field("count") failedMoves: u32;
  @field("check") check: u32;

  /** Counter of a counted resource at the latest sample. */
  @inline counter(resource: u32): u64 {
    return load<u64>(changetype<usize>(this) + resource * 8, offsetof<TargetPortState>("busyUs"));
  }

  /** Smoothed usage of a resource; of `Resource.SESSIONS` the number of sessions. */
  @inline usage(resource: u32): u32 {
    return load<u32>(changetype<usize>(this) + resource * 4, offsetof<TargetPortState>("processorUsage"));
  }

  @inline setUsage(resource: u32, usage: u32): void {
    store<u32>(changetype<usize>(this) + resource * 4, usage, offsetof<TargetPortState>("processorUsage"));
  }

  @inline static at(index: u32): TargetPortState {
    return changetype<TargetPortState>(TARGET_PORT_STATE_BASE + index * <u32>offsetof<TargetPortState>());
  }
}
if (offsetof<TargetPortState>() != 128) ERROR("TargetPortState");

/** Target ports in listing order: what the initiator meets next. */
@unmanaged
@table("target-port-order", "state", TARGET_PORT_MAX)
export class TargetPortOrder {
  /** Port at this place, or `NONE`. */
  @field("index", "target-port") port: u16;

  @inline static at(index: u32): TargetPortOrder {
    return changetype<TargetPortOrder>(TARGET_PORT_ORDER_BASE + index * <u32>offsetof<TargetPortOrder>());
  }
}

/** Configured target ports in ascending order of id: ties are broken by it, and `configure` matches by it. */
@unmanaged
@table("target-port-by-id", "state", TARGET_PORT_MAX)
export class TargetPortById {
  /** Port at this place, or `NONE`. */
  @field("index", "target-port") port: u16;

  @inline static at(index: u32): TargetPortById {
    return changetype<TargetPortById>(TARGET_PORT_BY_ID_BASE + index * <u32>offsetof<TargetPortById>());
  }
}
