/** What a scenario file describes, after arrays, units and defaults are worked out. See tests/scenarios/README.md. */

import type { ControllerChange, ScopeChange } from "./controllers.js";
import type { ArrayDescription, PolicyDescription } from "../array/description.js";
import type { ProfileName } from "../shim/generated/layout.js";

/** What the iSNS server does with a change of a registration. */
export type RegistrationDoes = "apply" | "ignore" | "refuse" | "fail" | "timeout" | "silent";
/** What a kernel or a shelf does when it is told to change an address or a unit. */
export type HostingDoes = "apply" | "ignore" | "refuse" | "fail" | "timeout" | "silent";
/** What becomes of a request to log out: `close`: the initiator does not answer, the target closes at the deadline. */
export type LogoutDoes = "end" | "close" | "ignore" | "refuse" | "fail" | "timeout" | "silent";
/** Where an initiator that lost its session logs in again. */
export type ReturnDoes = "listed" | "same" | "port" | "never";
/** What another controller answers to a request for room. */
export type ReserveDoes = "grant" | "refuse" | "fail" | "timeout" | "silent";

/** One rule of the world's behaviour. The latest rule that fits, and has times left, is followed. */
export interface Behaviour<Does extends string> {
  does: Does;
  afterMs: number;
  /** How often it is followed; Infinity for always. */
  times: number;
  /** Target (withdraw, restore) or initiator (logout, return) that it is for; "" for all. */
  only: string;
  /** Port of `does: port`. */
  port: string;
}

export interface WorldRules {
  withdraw: Behaviour<RegistrationDoes>;
  restore: Behaviour<RegistrationDoes>;
  logout: Behaviour<LogoutDoes>;
  return: Behaviour<ReturnDoes>;
  reserve: Behaviour<ReserveDoes>;
  /** What kernels and shelves do when told to take an address, give one up, or admit another server. */
  move: Behaviour<HostingDoes>;
  unhost: Behaviour<HostingDoes>;
  unit: Behaviour<HostingDoes>;
}

export interface Login {
  initiator: string;
  target: string;
  port: string;
  pinned: boolean;
  reservation: boolean;
  /** The target can ask the initiator to log out. */
  asyncLogout: boolean;
  switchingPriority: number;
}

/** Rates of what an initiator does with a target, over all its sessions to it. */
export interface Load {
  initiator: string;
  target: string;
  /** Commands, KiB and microseconds of processor time in a second. */
  operations: number;
  bandwidth: number;
  processor: number;
  inFlight: number;
}

/** Rates of a port that belong to no session. */
export interface PortLoad {
  port: string;
  operations: number;
  bandwidth: number;
  processor: number;
  queue: number;
}

export type CounterName = "busyUs" | "bytes" | "operations";

export interface CounterFault {
  port: string;
  /** No sample comes any more. */
  silent: boolean;
  /** These counters stand still. */
  stuck: CounterName[];
  /** All counters begin anew at 0. */
  reset: boolean;
  /** All counters jump to shortly before 2^32. */
  nearWrap: boolean;
}

export interface Pair {
  target: string;
  port: string;
}

export type Action =
  | { do: "login"; login: Login }
  | { do: "logout"; initiator: string; target: string; port: string; returns: boolean }
  | { do: "load"; load: Load }
  | { do: "portLoad"; load: PortLoad }
  | { do: "counters"; fault: CounterFault }
  | { do: "link"; port: string; state: "up" | "down" | "unknown" }
  | { do: "forget" | "add"; pair: Pair }
  | { do: "serverRestart"; lists: "nothing" | "everything" }
  | { do: "networkLink"; port: string; state: "up" | "down" | "unknown" }
  | { do: "server"; server: string; change: ServerChange }
  | { do: "place"; name: string; at: string }
  | { do: "hold scope"; scope: ScopeName; role: "deciding" | "shadow" | "unknown"; epoch: number; holder: string }
  | { do: "request"; kind: "rebalance" | "failBack" | "switchOver"; subject: string }
  | { do: "world"; rules: Partial<WorldRules> }
  | { do: "maintenance"; port: string; on: boolean }
  | { do: "reconfigure"; array: ArrayDescription | undefined; knobs: Record<string, unknown>; refused: boolean }
  | { do: "restart"; attach: boolean; downMs: number }
  | { do: "clock"; forwardMs: number; stopMs: number }
  | { do: "hold"; on: boolean }
  | { do: "swap"; module: string; refused: boolean }
  | { do: "scope"; role: "deciding" | "shadow" | "unknown"; epoch: number }
  | { do: "controllers"; changes: Record<string, ControllerChange> }
  | { do: "keys"; changes: Record<string, ScopeChange> }
  | { do: "requestsUnderWay"; count: number }
  | { do: "remote"; port: string; loadPermille: number; plannedPermille: number }
  | { do: "arrival"; row: number; requester: number; pair: Pair; loadPermille: number; sequence: number }
  | { do: "drain"; on: boolean }
  | { do: "break"; table: string; row: string | number; field: string; value: number }
  | { do: "scrub"; rows: number }
  | { do: "check"; state: StateExpectation };

/** What changes of a server: see `ServerState` in hosting.ts. */
export interface ServerChange {
  up?: boolean;
  heard?: boolean;
  lease?: "leased" | "gone" | "unknown";
  acknowledged?: boolean;
  configuration?: number;
}

/** The scope of a group, or of the pair of a controller. */
export type ScopeName = { group: number } | { pair: string };

export interface ScenarioEvent {
  atMs: number;
  action: Action;
  /** Line of the event, for messages. */
  line: number;
}

/** Fields of a decision that must be as given. */
export interface DecisionExpectation {
  atMs?: number;
  withinMs?: number;
  kind?: string;
  subject?: string;
  from?: string;
  to?: string;
  reason?: string;
  detail?: number;
  epoch?: number;
}

export interface StateExpectation {
  /** Ports that the iSNS server lists, by target. */
  registrations?: Record<string, string[]>;
  /** Sessions by port. */
  sessions?: Record<string, number>;
  /** Ports through which an initiator is logged in; one port may stand alone. */
  logins?: Record<string, string | string[]>;
  /** Port that holds each interface's address, "" for none. */
  interfaces?: Record<string, string>;
  /** Controller that each unit's shelf admits; `admitted/serving` where another one serves. */
  units?: Record<string, string>;
  /** Operative ports of the groups `0` and `1`, as the module lists them. */
  groups?: Record<string, string[]>;
  /** Fields by table and row. */
  tables?: Record<string, Record<string, unknown>>;
}

export interface Expectation {
  /** All decisions, in order. */
  exactly?: DecisionExpectation[];
  /** Some decisions, in this order. */
  includes?: DecisionExpectation[];
  /** Decisions none of which is made. */
  none?: DecisionExpectation[];
  end?: StateExpectation;
}

export interface ScenarioCase {
  name: string;
  /** Place in the file's list. */
  index: number;
  line: number;
  array: ArrayDescription;
  /** Name of the controller that runs the module. */
  controller: string;
  profile: ProfileName;
  tickMs: number;
  untilMs: number;
  toleranceMs: number;
  world: WorldRules;
  /** In order of time; events at one time in the order of the file. */
  events: ScenarioEvent[];
  expect: Expectation | undefined;
}

export interface Scenario {
  file: string;
  cases: ScenarioCase[];
}

/** Knobs of a case over those of its array. */
export type KnobOverrides = Partial<PolicyDescription>;
