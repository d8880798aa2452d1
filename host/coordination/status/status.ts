/** What a controller says of itself, and what one part of such a message says. Things are named by their places in the array file. */

/** Words of the bitmap of controllers. */
export const HEARS_WORDS = 4;
/** Controllers at most: bits of that bitmap. */
export const CONTROLLER_MAX = 32 * HEARS_WORDS;

/** Heads every part. */
export interface StatusFacts {
  /** Digest of the configuration in force; places mean something only where it is the receiver's own. */
  configuration: number;
  reachesLeaseService: boolean;
  /** Bits of `SelfTest` that pass. */
  selfTests: number;
  /** Sum of the weighted inputs that fail, 0 to 65535. */
  penalty: number;
  /** As `Heartbeat.role` of a processor: `WebServerKind` in bits 0 to 7, `ProcessorRole` in bits 8 to 15. */
  role: number;
  /** Milliseconds for which it still takes nothing over: it has promised so, or has just started. */
  holdsBackMs: number;
  /** Units that it exports. */
  carried: number;
}

export interface NetworkPortStatus {
  place: number;
  /** `LinkState`. */
  link: number;
  /** Errors lately, 0 to 65535. */
  errors: number;
}

/** An interface's address is held on a port, by the kernel. */
export interface HeldAddress {
  interface: number;
  port: number;
}

/** What is held of the interfaces from `first` to `last`; what isn't named isn't held by the sender. */
export interface HeldRange {
  first: number;
  last: number;
  held: readonly HeldAddress[];
}

export interface TargetPortStatus {
  place: number;
  /** `LinkState`. */
  link: number;
  loadPermille: number;
  /** Load reserved for arrivals. */
  plannedPermille: number;
}

/** Targets from `first` (a multiple of 32) whose registration through the port is listed and not withdrawn. */
export interface RegistrationWords {
  port: number;
  first: number;
  words: ArrayLike<number>;
}

/** Units from `first` (a multiple of 32) that the sender exports. */
export interface UnitWords {
  first: number;
  words: ArrayLike<number>;
}

/** The highest epoch that the sender has stored of a scope. */
export interface StoredEpoch {
  /** `ScopeKind`. */
  kind: number;
  /** Group, or place of the pair's lower controller; 0 otherwise. */
  subject: number;
  epoch: number;
}

/** The things of a message, in one list each. */
export interface StatusRecords {
  networkPorts: NetworkPortStatus[];
  held: HeldRange[];
  targetPorts: TargetPortStatus[];
  registrations: RegistrationWords[];
  units: UnitWords[];
  epochs: StoredEpoch[];
}

/** What a controller says of itself; boot count, sequence, echoes and whom it hears are the channel's. */
export type OwnStatus = StatusFacts & StatusRecords;

/** One part as it was received, known to be of that controller, whole, fresh and not seen before. */
export interface ReceivedStatus extends StatusFacts, StatusRecords {
  /** Place of the sender in the own configuration. */
  controller: number;
  boot: number;
  sequence: number;
  part: number;
  parts: number;
  /** With this part all parts of the message have come, on whatever links. */
  complete: boolean;
  /** Same configuration as the receiver's: the lists by places are filled. */
  sameConfiguration: boolean;
  /** Bitmap, by place, of controllers that the sender hears. */
  hears: Uint32Array;
}

/** A status that says nothing yet. */
export function emptyStatus(configuration: number): OwnStatus {
  return { ...emptyFacts(configuration), ...emptyRecords() };
}

function emptyFacts(configuration: number): StatusFacts {
  return {
    configuration,
    reachesLeaseService: false,
    selfTests: 0,
    penalty: 0,
    role: 0,
    holdsBackMs: 0,
    carried: 0,
  };
}

export function emptyRecords(): StatusRecords {
  return { networkPorts: [], held: [], targetPorts: [], registrations: [], units: [], epochs: [] };
}
