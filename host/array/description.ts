/** What an array file describes, after defaults and units are worked out. See README.md for the file itself. */

import type { ProfileName } from "../shim/generated/layout.js";

/** Capacities of a port's resources; 0 leaves a resource out of the port's load. */
export interface CapacityDescription {
  /** Microseconds of processor time in a second; 1,000,000 is one whole processor. */
  processor: number;
  /** KiB in a second. */
  bandwidth: number;
  /** Commands in a second. */
  operations: number;
  /** Commands under way at one time. */
  queue: number;
  /** Sessions. */
  sessions: number;
}

/** A target port: an iSCSI portal. */
export interface PortDescription {
  name: string;
  /** Stable id, at least 1; without one the shim's id book gives the next free one. */
  id?: number;
  /** Name of the controller that owns the port. */
  controller: string;
  /** `address:port` of the portal; empty where no real portal is meant. */
  address: string;
  /** Portal group tag (RFC 7143, section 4.4.1), 1 to 65535. */
  tag: number;
  /** Place in the order in which the iSNS server lists portals. */
  listOrder: number;
  maintenance: boolean;
  capacity: CapacityDescription;
}

/** A target and the ports it is configured for, by name. */
export interface TargetDescription {
  name: string;
  id?: number;
  ports: string[];
  /** Its sessions are never moved for balance. */
  pinned: boolean;
  /** The target server can redirect logins (RFC 7143, section 11.13.1). */
  redirection: boolean;
}

/** What is known beforehand of an initiator; one that is not described has the defaults. */
export interface InitiatorDescription {
  name: string;
  pinned: boolean;
  /** Which listed portal it takes when it has to log in again. */
  nextPortal: "first" | "following";
  /** 1 first; 0: computed. */
  switchingPriority: number;
}

/** What lowers a processor's priority while it is down. */
export interface TrackedDescription {
  links: { device: string; weight: number }[];
  scripts: TrackedScriptDescription[];
}

/** A script that is run again and again: exit code 0 in time is good. */
export interface TrackedScriptDescription {
  name: string;
  /** Absolute path; no shell reads it or the arguments. */
  program: string;
  arguments: string[];
  intervalMs: number;
  timeoutMs: number;
  /** Runs in a row before it counts as up, or as down. */
  riseCount: number;
  fallCount: number;
  /** By how much it lowers the priority while it is down; 65535: by all of it. */
  weight: number;
}

/** A controller: it runs a server (network ports, interfaces, units) and a processor. */
export interface ControllerDescription {
  name: string;
  /** Stable id of its server and its processor. */
  id?: number;
  /** The other controller of the failover pair. */
  partner?: string;
  /** Group of its server, 0 or 1; derived from the pairs if not given. */
  group?: number;
  /** Of its processor: higher is preferred; 100 if not given. */
  priority?: number;
  /** Failure domain, from 0; 0 if not given. */
  failureDomain?: number;
  maintenance?: boolean;
  /** Its processor is to be active whenever it can. */
  preferred?: boolean;
  /** Where it takes status messages: `address:port`, one for each link. */
  control?: string[];
  /** Where it takes commands of other controllers: `address:port`. */
  command?: string;
  track?: TrackedDescription;
}

/** A network port, which hosts addresses of virtual interfaces. */
export interface NetworkPortDescription {
  name: string;
  id?: number;
  controller: string;
  /** Name of its network device; its own name if not given. */
  device: string;
  /** Mbit/s: its weight. */
  speed: number;
  /** Broadcast domain, by name. */
  domain: string;
  /** Place in the network spread: lower is taken first among equally loaded ones. */
  rank: number;
}

/** A virtual interface: an address that moves. */
export interface InterfaceDescription {
  name: string;
  id?: number;
  /** Address with the length of its prefix. */
  address: string;
  /** Network port that it lives on. */
  home: string;
  /** Network ports that may host it; undefined: all of its domain. */
  eligible?: string[];
  /** It returns to its home port by itself. */
  failBack: boolean;
}

/** A storage unit. */
export interface UnitDescription {
  name: string;
  id?: number;
  /** Controller that serves it; its partner takes over. */
  owner: string;
}

/** Knobs by section, under the names of `build/knobs.md`; those that the file leaves out have their defaults here. */
export interface PolicyDescription {
  common: Record<string, number>;
  ports: Record<string, number>;
  processors?: Record<string, number>;
  interfaces?: Record<string, number>;
  /** By kind: `targetPort`, `networkPort`, `processor`, `server`, `apparatus`, `agent`. */
  health: Record<string, Record<string, number>>;
}

export interface ArrayDescription {
  name: string;
  profile: ProfileName;
  controllers: ControllerDescription[];
  /** Absent where no interfaces move. */
  networkPorts?: NetworkPortDescription[];
  interfaces?: InterfaceDescription[];
  units?: UnitDescription[];
  ports: PortDescription[];
  targets: TargetDescription[];
  initiators: InitiatorDescription[];
  policy: PolicyDescription;
  /** Sections of sources and effectors (`simulated`, `tgt`, …), as written; their owners check them. */
  sources: Record<string, unknown>;
  /** Section of status messages and the lease, as written; its owners check it. */
  coordination?: Record<string, unknown>;
}

/** One thing wrong with an input file. Lines and columns count from 1; 0 where a file has no such place. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  /** Path of the field, such as `ports[2].capacity.bandwidth`. */
  field: string;
  message: string;
  /** What would be right. */
  expected: string;
}

export { parseArray } from "./parse.js";
