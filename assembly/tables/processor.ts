/** Service processors: the state of each, as this module judges it, and who answers requests about it. */

import { PROCESSOR_MAX, ROUTE_MAX } from "../limits";

export enum ProcessorState {
  /** Nothing heard of it yet. */
  UNKNOWN = 0,
  HEALTHY = 1,
  /** It works, and is the last choice. */
  DEGRADED = 2,
  UNHEALTHY = 3,
  /** It reaches neither the lease service nor any peer. */
  ISOLATED = 4,
  /** Another controller's: not heard any more. */
  UNREACHABLE = 5,
  MAINTENANCE = 6,
}

/** What the module keeps of a processor. */
@unmanaged
@table("processor-state", "state", PROCESSOR_MAX)
@deadlines
export class ProcessorRow {
  @field("enum", "ProcessorState") state: u8;
  /** Web server that it is to run by its state. */
  @field("enum", "WebServerKind") webServer: u8;
  /** What it is for the array, by its own latest report. */
  @field("enum", "ProcessorRole") role: u8;
  /** Own processor: what it is to be. */
  @field("enum", "ProcessorRole") wantedRole: u8;
  /** Own processor: times that the web server, or the role, was said. */
  @field("count") webServerSaid: u8;
  @field("count") roleSaid: u8;
  /** Own processor: 1 while it has said that none is healthy. */
  @field("boolean") alarmed: u8;
  @field("pad") pad: u8;
  /** Own processor: for whom the active role is being given up, or `NONE`, and why. */
  @field("index", "processor") yieldTo: u16;
  @field("enum", "Reason") reason: u16;
  @field("check") check: u32;
  /** Since when it is in its state. */
  @field("time") sinceMs: u64;
  /** Own processor: until then a planned switch-over waits for requests under way. */
  @field("time") drainUntilMs: u64;
  /** Own processor: after a planned switch-over it doesn't campaign before. */
  @field("time") standBackUntilMs: u64;
  /** Own processor: web server and role are not said again before. */
  @field("time") webServerAgainMs: u64;
  @field("time") roleAgainMs: u64;
  /** Next look. */
  @field("time") deadlineMs: u64;

  @inline static at(index: u32): ProcessorRow {
    return changetype<ProcessorRow>(PROCESSOR_ROW_BASE + index * <u32>offsetof<ProcessorRow>());
  }
}
if (offsetof<ProcessorRow>() != 64) ERROR("ProcessorRow");

/** Classes of management requests. */
export enum RouteClass {
  /** Status of a processor: it runs the command itself; its last known status does where it can't be reached. */
  STATUS = 0,
  /** What also the restricted server does for its own processor: logs, self-test, restart of the service. */
  SERVICE = 1,
  /** Whatever concerns the whole array: by the active processor's full server only. */
  ARRAY = 2,
}

export enum RouteReason {
  NONE = 0,
  /** The subject runs the command itself. */
  SUBJECT = 1,
  /** The answerer runs the command itself. */
  ANSWERER = 2,
  /** The subject can't be reached: its last known status is returned, with its age. */
  LAST_KNOWN = 3,
  /** The subject can't be reached. */
  UNREACHABLE = 4,
  /** None is active: a caretaker answers, by its restricted server. */
  CARETAKER = 5,
  /** Nobody has the address. */
  NOBODY = 6,
  /** The subject is not configured. */
  NO_SUCH_PROCESSOR = 7,
}

/** Who answers a request of a class about a processor: row `class * PROCESSOR_MAX + processor`. */
@unmanaged
@table("route-state", "state", ROUTE_MAX)
export class RouteState {
  /** Processor that answers at the array's address, or `NONE`. */
  @field("index", "processor") answerer: u16;
  /** Processor that carries the request out, or `NONE`. */
  @field("index", "processor") executor: u16;
  @field("enum", "RouteReason") reason: u16;
  @field("pad") pad: u16;
  @field("check") check: u32;
  @field("pad") pad1: u32;

  @inline static at(index: u32): RouteState {
    return changetype<RouteState>(ROUTE_STATE_BASE + index * <u32>offsetof<RouteState>());
  }
}
if (offsetof<RouteState>() != 16) ERROR("RouteState");
