/** Targets, and for each the ports it is configured for, registered through, and withdrawn from. */

export enum TargetFlag {
  /** Its sessions are never moved for balance. */
  PINNED = 1,
  /** The target server can redirect logins (RFC 7143, section 11.13.1: target moved temporarily). */
  REDIRECTION = 2,
}

@unmanaged
@table("target-config", "configuration", TARGET_MAX)
export class TargetConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "target") assigned: u16;
  @field("flags", "TargetFlag") flags: u16;
  @field("check") check: u32;

  @inline static at(index: u32): TargetConfig {
    return changetype<TargetConfig>(TARGET_CONFIG_BASE + index * <u32>offsetof<TargetConfig>());
  }
  @inline static stagedAt(index: u32): TargetConfig {
    return changetype<TargetConfig>(TARGET_CONFIG_STAGED_BASE + index * <u32>offsetof<TargetConfig>());
  }
}
if (offsetof<TargetConfig>() != 16) ERROR("TargetConfig");

/** Ports of a target: row `target * TARGET_PORT_WORDS + word`. Staged: bit `n` is the port in staged row `n`. */
@unmanaged
@table("target-ports-config", "configuration", TARGET_WORD_MAX)
export class TargetPortsConfig {
  @field("bitmap", "target-port") ports: u32;

  @inline static at(index: u32): TargetPortsConfig {
    return changetype<TargetPortsConfig>(TARGET_PORTS_CONFIG_BASE + index * <u32>offsetof<TargetPortsConfig>());
  }
  @inline static stagedAt(index: u32): TargetPortsConfig {
    return changetype<TargetPortsConfig>(TARGET_PORTS_CONFIG_STAGED_BASE + index * <u32>offsetof<TargetPortsConfig>());
  }
}

/** Registrations as read back from the iSNS server: row `target * TARGET_PORT_WORDS + word`. */
@unmanaged
@table("registration-input", "input", TARGET_WORD_MAX)
export class RegistrationInput {
  /** Incarnation that wrote the row; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  /** Ports that the server lists for the target with a portal group tag that is not NULL. */
  @field("bitmap", "target-port") ports: u32;

  @inline static at(index: u32): RegistrationInput {
    return changetype<RegistrationInput>(REGISTRATION_INPUT_BASE + index * <u32>offsetof<RegistrationInput>());
  }
}

/** Registrations as the module wants them: row `target * TARGET_PORT_WORDS + word`. Its changed bits are the module's own: targets to judge. */
@unmanaged
@table("registration-state", "state", TARGET_WORD_MAX)
@changed
export class RegistrationState {
  /** Ports withdrawn, for whatever reason: wanted is configured less withdrawn. */
  @field("bitmap", "target-port") withdrawn: u32;
  /** Of those, the ones that a move under way needs withdrawn until it ends. */
  @field("bitmap", "target-port") held: u32;
  /** Of those, the ones from which a move has landed elsewhere: they stay withdrawn until the port is relieved. */
  @field("bitmap", "target-port") landed: u32;
  /** Ports whose registration was last seen as wanted: a difference after that is the server's doing. */
  @field("bitmap", "target-port") confirmed: u32;
  /** Registrations of own ports that another controller's arrival pins. */
  @field("bitmap", "target-port") pinned: u32;
  /** Ports with a registration change that was said and not yet seen done. */
  @field("bitmap", "target-port") changing: u32;
  /** Ports for which `Reason.ONLY_PORT` was said. */
  @field("bitmap", "target-port") alarmed: u32;
  /** Term of deciding in which `withdrawn` was first taken from what is observed. */
  @field("count") term: u32;
  /** Of those withdrawn, the ones that are so only to steer an initiator past them. */
  @field("bitmap", "target-port") steered: u32;
  @field("check") check: u32;

  @inline static at(index: u32): RegistrationState {
    return changetype<RegistrationState>(REGISTRATION_STATE_BASE + index * <u32>offsetof<RegistrationState>());
  }
}
if (offsetof<RegistrationState>() != 40) ERROR("RegistrationState");

/** A registration change that has been said and not yet seen done. */
@unmanaged
@table("registration-change", "state", REGISTRATION_CHANGE_MAX)
@deadlines
export class RegistrationChange {
  /** `NONE` in a free row. */
  @field("index", "target") target: u16;
  @field("index", "target-port") port: u16;
  @field("enum", "DecisionKind") kind: u8;
  /** Times it was said. */
  @field("count") said: u8;
  @field("enum", "Reason") reason: u16;
  /** Sequence of the latest decision for it. */
  @field("sequence") sequence: u32;
  @field("check") check: u32;
  /** Said again then. */
  @field("time") deadlineMs: u64;

  @inline static at(index: u32): RegistrationChange {
    return changetype<RegistrationChange>(REGISTRATION_CHANGE_BASE + index * <u32>offsetof<RegistrationChange>());
  }
}
if (offsetof<RegistrationChange>() != 24) ERROR("RegistrationChange");

/** Configured targets in ascending order of id. */
@unmanaged
@table("target-by-id", "state", TARGET_MAX)
export class TargetById {
  /** Target at this place, or `NONE`. */
  @field("index", "target") target: u16;

  @inline static at(index: u32): TargetById {
    return changetype<TargetById>(TARGET_BY_ID_BASE + index * <u32>offsetof<TargetById>());
  }
}
