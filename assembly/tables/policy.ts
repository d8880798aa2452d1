/** Knobs. Each has its range, default and effect here, and nowhere else. */

@unmanaged
@table("common-policy", "configuration", 1)
export class CommonPolicy {
  /** Number of staged target ports, and of staged targets; the host writes them with the staged rows. */
  @field("count") targetPortCount: u32;
  @field("count") targetCount: u32;
  /** Number of staged members of each kind; each kind is staged from its own first row. */
  @field("count") processorCount: u16;
  @field("count") serverCount: u16;
  @field("count") apparatusCount: u16;
  @field("count") agentCount: u16;
  /** Number of staged network ports, eligible sets, virtual interfaces and storage units. */
  @field("count") networkPortCount: u16;
  @field("count") eligibleSetCount: u16;
  @field("count") interfaceCount: u16;
  @field("count") unitCount: u16;
  /** Largest step of the module's time in one tick; a larger gap of the host's clock starts detectors anew. */
  @knob("ms", 100, 60000, 5000) timeStepMaxMs: u32;
  /** After a start, a gap or a new role: observe for this long before anything is moved. */
  @knob("ms", 0, 600000, 2000) graceMs: u32;
  @field("check") check: u32;
  @field("pad") pad: u32;

  @inline static get(): CommonPolicy {
    return changetype<CommonPolicy>(COMMON_POLICY_BASE);
  }
  @inline static staged(): CommonPolicy {
    return changetype<CommonPolicy>(COMMON_POLICY_STAGED_BASE);
  }
}

export enum ReservationMoves {
  /** Sessions that hold persistent reservations are moved after all others. */
  LAST = 0,
  /** … are never moved for balance. */
  NEVER = 1,
}

@unmanaged
@table("port-policy", "configuration", 1)
export class PortPolicy {
  /** Time between two samples of a port's counters. */
  @knob("ms", 10, 60000, 500) sampleMs: u32;
  /** A port at or above this load for `highSamples` samples in a row is overloaded (step 101). */
  @knob("permille", 1, 10000, 800) highWatermarkPermille: u16;
  /** A port at or below this load for `lowSamples` samples in a row is relieved (step 110). */
  @knob("permille", 0, 9999, 600) lowWatermarkPermille: u16;
  /** Samples in a row that make a port overloaded. */
  @knob("samples", 1, 100, 3) highSamples: u8;
  /** Samples in a row that make a port relieved. */
  @knob("samples", 1, 100, 3) lowSamples: u8;
  /** Weight of a new sample in the smoothed usage; 1000 means no smoothing. */
  @knob("permille", 10, 1000, 500) smoothingPermille: u16;
  /** A move must lower the worse of the two loads by more than this. */
  @knob("permille", 0, 1000, 20) hysteresisPermille: u16;
  /** Moves under way at one time. */
  @knob("moves", 1, 256, 4) movesUnderWayMax: u16;
  /** Moves under way from one port at one time. */
  @knob("moves", 1, 256, 2) movesFromPortMax: u16;
  /** What becomes of sessions that hold persistent reservations: 0 moved last, 1 never. */
  @knob("choice", 0, 1, 0) reservationMoves: u16;
  /** A session that was moved for balance stays at least this long. */
  @knob("ms", 0, 86400000, 60000) residenceMs: u32;
  /** A registration change that is not seen done after this is said again; the wait doubles each time. */
  @knob("ms", 10, 600000, 1000) registrationMs: u32;
  /** A withdrawal that a move waits for must be seen done within this, or the move fails. */
  @knob("ms", 10, 600000, 10000) withdrawMs: u32;
  /** Given to the initiator between the request to log out and the closing of its connection. */
  @knob("ms", 0, 600000, 3000) logoutMs: u32;
  /** A whole move, from its first decision to the login elsewhere, must end within this. */
  @knob("ms", 100, 3600000, 20000) moveMs: u32;
  /** Another controller's port must answer a reservation within this. */
  @knob("ms", 10, 600000, 1000) reserveMs: u32;
  /** After a failed move its pair is left alone for this long; it doubles with each failure. */
  @knob("ms", 10, 3600000, 5000) backOffMs: u32;
  /** The back-off doubles up to this. */
  @knob("ms", 10, 86400000, 300000) backOffMaxMs: u32;
  /** A landed move counts as planned for this long, until samples show it. */
  @knob("ms", 0, 600000, 1500) settleMs: u32;
  /** A returned port's capacity grows from `slowStartPermille` to the whole over this time, when judged as a place to land. */
  @knob("ms", 0, 3600000, 10000) slowStartMs: u32;
  /** Share of its capacity that counts right after a port returned. */
  @knob("permille", 1, 1000, 250) slowStartPermille: u16;
  /**
   * 1: a session may be steered past the portal that its initiator would take next, by withdrawing the target from the
   * ports listed before the wanted one until it has landed; 0: only the next portal is considered.
   */
  @knob("choice", 0, 1, 1) steering: u16;
  @field("check") check: u32;
  @field("pad") pad1: u32;

  @inline static get(): PortPolicy {
    return changetype<PortPolicy>(PORT_POLICY_BASE);
  }
  @inline static staged(): PortPolicy {
    return changetype<PortPolicy>(PORT_POLICY_STAGED_BASE);
  }
}
if (offsetof<PortPolicy>() != 72) ERROR("PortPolicy");

export enum FailBack {
  OFF = 0,
  /** Only when an operator asks. */
  MANUAL = 1,
  AUTOMATIC = 2,
}

/** Knobs of the processor election, and of campaigning for scopes in general. */
@unmanaged
@table("processor-policy", "configuration", 1)
export class ProcessorPolicy {
  /** Self-tests (`SelfTest`) of which a failed one makes a processor unhealthy; another failed one makes it degraded. */
  @knob("tests", 0, 63, 31) unhealthyTests: u16;
  /** Whether the preferred processor becomes active again: 0 off, 1 manual, 2 automatic. */
  @knob("choice", 0, 2, 2) failBack: u16;
  /** The preferred processor is well for this long before the active one gives way to it. */
  @knob("ms", 0, 86400000, 60000) failBackMs: u32;
  /** A planned switch-over waits for requests under way at most this long. */
  @knob("ms", 0, 600000, 10000) drainMs: u32;
  /** A role or a web server that is not seen changed after this is said again; the wait doubles each time. */
  @knob("ms", 10, 600000, 1000) effectMs: u32;
  /** A campaign that did not win the scope, or a key that did not go, is said again after this; the wait doubles each time. */
  @knob("ms", 10, 600000, 500) campaignMs: u32;
  /** Waits double up to this. */
  @knob("ms", 10, 600000, 5000) backOffMaxMs: u32;
  /** Each better candidate that could campaign for a free scope is waited for this long. */
  @knob("ms", 0, 60000, 200) deferMs: u32;
  @field("check") check: u32;

  @inline static get(): ProcessorPolicy {
    return changetype<ProcessorPolicy>(PROCESSOR_POLICY_BASE);
  }
  @inline static staged(): ProcessorPolicy {
    return changetype<ProcessorPolicy>(PROCESSOR_POLICY_STAGED_BASE);
  }
}
if (offsetof<ProcessorPolicy>() != 32) ERROR("ProcessorPolicy");

/** Knobs of the interface failover. */
@unmanaged
@table("interface-policy", "configuration", 1)
export class InterfacePolicy {
  /** Whether interfaces return to their home ports: 0 off, 1 manual (when an operator asks), 2 automatic, too. */
  @knob("choice", 0, 2, 2) failBack: u8;
  /** 1: fail back only when all ports of the group are well. */
  @knob("choice", 0, 1, 0) followOver: u8;
  /** 1: an interface for which its own group has no port may go to the other group, never to the partner. */
  @knob("choice", 0, 1, 0) otherGroup: u8;
  /** Whether units return to their owners: 0 off, 1 manual (when an operator asks), 2 automatic, too. */
  @knob("choice", 0, 2, 2) unitReturn: u8;
  /** A home port is well for this long before its interfaces return. */
  @knob("ms", 0, 86400000, 60000) failBackMs: u32;
  /** An owner is well for this long before its units return. */
  @knob("ms", 0, 86400000, 60000) unitReturnMs: u32;
  /** An address that is not seen gone from its port after this: said again; the wait doubles each time. */
  @knob("ms", 10, 600000, 1000) unhostMs: u32;
  /** An address that is not seen on its port after this: said again, or placed on another one. */
  @knob("ms", 10, 600000, 1000) moveMs: u32;
  /** A unit that is not seen with its server after this: said again; the wait doubles each time. */
  @knob("ms", 10, 600000, 2000) unitMs: u32;
  /** After a failed move the port is left alone for this interface for this long; it doubles with each failure. */
  @knob("ms", 10, 3600000, 2000) backOffMs: u32;
  /** Waits double up to this. */
  @knob("ms", 10, 86400000, 60000) backOffMaxMs: u32;
  /** Says and moves under way at one time, for rebalance and fail-back; failures are not held back. */
  @knob("moves", 1, 65535, 16) movesUnderWayMax: u16;
  @field("pad") pad: u16;
  @field("check") check: u32;

  @inline static get(): InterfacePolicy {
    return changetype<InterfacePolicy>(INTERFACE_POLICY_BASE);
  }
  @inline static staged(): InterfacePolicy {
    return changetype<InterfacePolicy>(INTERFACE_POLICY_STAGED_BASE);
  }
}
if (offsetof<InterfacePolicy>() != 40) ERROR("InterfacePolicy");
