/** Virtual interfaces, the sets of network ports that may host them, and the plan under way for a group of them. */

export enum InterfaceFlag {
  /** Not moved back to its home port by itself. */
  NO_FAIL_BACK = 1,
}

/** How an interface is set up. */
@unmanaged
@table("interface-config", "configuration", INTERFACE_MAX)
export class InterfaceConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "interface") assigned: u16;
  @field("flags", "InterfaceFlag") flags: u16;
  /** Home port. Staged: its staged row. */
  @field("index", "network-port") home: u16;
  /** Eligible set: the same row staged and in force. */
  @field("index", "eligible-set") eligibleSet: u16;
  @field("check") check: u32;
  @field("pad") pad: u32;

  @inline static at(index: u32): InterfaceConfig {
    return changetype<InterfaceConfig>(INTERFACE_CONFIG_BASE + index * <u32>offsetof<InterfaceConfig>());
  }
  @inline static stagedAt(index: u32): InterfaceConfig {
    return changetype<InterfaceConfig>(INTERFACE_CONFIG_STAGED_BASE + index * <u32>offsetof<InterfaceConfig>());
  }
}
if (offsetof<InterfaceConfig>() != 24) ERROR("InterfaceConfig");

/** Configured interfaces in ascending order of id: ties are broken by it, and `configure` matches by it. */
@unmanaged
@table("interface-by-id", "state", INTERFACE_MAX)
export class InterfaceById {
  /** Interface at this place, or `NONE`. */
  @field("index", "interface") row: u16;

  @inline static at(index: u32): InterfaceById {
    return changetype<InterfaceById>(INTERFACE_BY_ID_BASE + index * <u32>offsetof<InterfaceById>());
  }
}

/** Where an address is. */
@unmanaged
@table("interface-input", "input", INTERFACE_MAX)
export class InterfaceInput {
  @field("generation") generation: u32;
  /** Incarnation that wrote the row; of an earlier one the address counts as held by nobody who has reported. */
  @field("count") incarnation: u32;
  /** Port whose kernel holds the address, or `NONE`. */
  @field("index", "network-port") port: u16;
  @field("pad") pad: u16;

  @inline static at(index: u32): InterfaceInput {
    return changetype<InterfaceInput>(INTERFACE_INPUT_BASE + index * <u32>offsetof<InterfaceInput>());
  }
}
if (offsetof<InterfaceInput>() != 12) ERROR("InterfaceInput");

export enum InterfaceStatus {
  /** Nobody holds it, as was seen in this term: its holder gave it up, or that server's lease is gone. */
  FREE = 1,
  /** An alarm that no port may host it has been said. */
  ALARMED = 2,
  /** Placed by a rebalance: fail-back leaves it there. */
  BALANCED = 4,
  /** Its move was not forced by a failure and counts against the moves under way. */
  UNFORCED = 8,
  /** It has no place though it should have one. */
  WAITING = 16,
  /** It is to leave its port only if another can take it (maintenance). */
  SOFT = 32,
  /** An operator wants it home. */
  RETURNING = 64,
  /** Its unforced move has begun. */
  BEGUN = 128,
  /** The plan under way has counted it among those without a place. */
  COUNTED = 256,
  /** The latest plan found no port for it. */
  UNPLACED = 512,
}

/** What the module keeps of an interface. */
@unmanaged
@table("interface-state", "state", INTERFACE_MAX)
@deadlines
export class InterfaceState {
  /** Term of the group's scope in which it was adopted: what is observed then is what is wanted. */
  @field("count") term: u32;
  /** Where it is wanted, or `NONE`. */
  @field("index", "network-port") wanted: u16;
  /** Where it was observed latest. */
  @field("index", "network-port") held: u16;
  /** Port where it was last: what it leaves, or `NONE`. */
  @field("index", "network-port") last: u16;
  /** Port that was told to take it and has not been seen to, or `NONE`: it may yet. */
  @field("index", "network-port") asked: u16;
  /** Port that was tried in vain: left alone until `barredUntilMs`. */
  @field("index", "network-port") barred: u16;
  /** Why it is where it is wanted, or why it is nowhere. */
  @field("enum", "Reason") reason: u8;
  /** Times that the present difference was said. */
  @field("count") said: u8;
  /** Failures since it was last where it was wanted: the bar doubles with each. */
  @field("count") failures: u16;
  @field("pad") pad: u16;
  @field("flags", "InterfaceStatus") status: u32;
  @field("time") barredUntilMs: u64;
  /** Servers that lost it since it was last at home, and are not back: bit `n` is the `n`th server. */
  @field("bitmap", "server") lostOn: u64;
  @field("bitmap", "server") lostOnMore: u64;
  /** Next look: said again, or back home. */
  @field("time") deadlineMs: u64;
  /** Latest decision. */
  @field("sequence") sequence: u32;
  @field("check") check: u32;

  @inline get lostOnSet(): usize {
    return changetype<usize>(this) + offsetof<InterfaceState>("lostOn");
  }

  @inline static at(index: u32): InterfaceState {
    return changetype<InterfaceState>(INTERFACE_STATE_BASE + index * <u32>offsetof<InterfaceState>());
  }
}
if (offsetof<InterfaceState>() != 64) ERROR("InterfaceState");

/** Ports of an eligible set: row `set * NETWORK_PORT_WORDS + word`. All are of one broadcast domain. */
@unmanaged
@table("eligible-set-config", "configuration", ELIGIBLE_SET_WORD_MAX)
export class EligibleSetConfig {
  @field("bitmap", "network-port") ports: u32;

  @inline static at(index: u32): EligibleSetConfig {
    return changetype<EligibleSetConfig>(ELIGIBLE_SET_CONFIG_BASE + index * <u32>offsetof<EligibleSetConfig>());
  }
  @inline static stagedAt(index: u32): EligibleSetConfig {
    return changetype<EligibleSetConfig>(ELIGIBLE_SET_CONFIG_STAGED_BASE + index * <u32>offsetof<EligibleSetConfig>());
  }
}
if (offsetof<EligibleSetConfig>() != 4) ERROR("EligibleSetConfig");

/** What the plan under way makes of an eligible set. */
@unmanaged
@table("eligible-set-state", "state", ELIGIBLE_SET_MAX)
export class EligibleSetState {
  /** Class of the plan, or `NONE`. */
  @field("number") placementClass: u16;

  @inline static at(index: u32): EligibleSetState {
    return changetype<EligibleSetState>(ELIGIBLE_SET_STATE_BASE + index * <u32>offsetof<EligibleSetState>());
  }
}

/** What is to be planned for a group. */
export enum GroupWish {
  /** Ports, servers or interfaces have changed. */
  LOOK = 1,
  /** An operator's: as even as can be, with the fewest moves. */
  REBALANCE = 2,
  /** An operator's: back home. */
  FAIL_BACK = 4,
}

/** What the module keeps of a group's interfaces. */
@unmanaged
@table("interface-group", "state", GROUP_MAX)
export class InterfaceGroup {
  @field("flags", "GroupWish") wishes: u16;
  /** Server whose interfaces an operator wants home, or `NONE` for all. */
  @field("index", "member") returning: u16;
  /** 1: every server that may hold one of its interfaces has reported under the present epoch, or its lease is gone. */
  @field("boolean") reported: u16;
  /** Moves under way that no failure forced. */
  @field("count") unforced: u16;
  /** Since when all its ports are operative; 0 while one is not. */
  @field("time") wellMs: u64;
  /** Servers in maintenance that have been reported drained. */
  @field("bitmap", "server") drained: u64;
  @field("bitmap", "server") drainedMore: u64;
  /** Its servers that are up with all their ports operative: what they lost earlier counts no more. */
  @field("bitmap", "server") well: u64;
  @field("bitmap", "server") wellMore: u64;
  /** Term of its scope for which it was looked at. */
  @field("count") term: u32;
  @field("check") check: u32;

  @inline get drainedSet(): usize {
    return changetype<usize>(this) + offsetof<InterfaceGroup>("drained");
  }

  @inline get wellSet(): usize {
    return changetype<usize>(this) + offsetof<InterfaceGroup>("well");
  }

  @inline static at(index: u32): InterfaceGroup {
    return changetype<InterfaceGroup>(INTERFACE_GROUP_BASE + index * <u32>offsetof<InterfaceGroup>());
  }
}
if (offsetof<InterfaceGroup>() != 56) ERROR("InterfaceGroup");

/** How far the plan under way has come. */
export enum InterfacePlanStep {
  NONE = 0,
  /** Interfaces are looked at: which stay, which need a place. */
  COLLECT = 1,
  /** `placement/` finds the best spread. */
  SOLVE = 2,
  /** Those that are where the plan leaves one stay there. */
  KEEP = 3,
  /** The others take the places that are left, in order of id. */
  ASSIGN = 4,
}

@unmanaged
@table("interface-plan", "state", 1)
export class InterfacePlan {
  @field("enum", "InterfacePlanStep") step: u16;
  /** The group that it is for. */
  @field("number") group: u16;
  /** Wishes that it grants. */
  @field("flags", "GroupWish") wishes: u16;
  /** Where it goes on, in order of id. */
  @field("count") cursor: u16;
  /** Interfaces that it has put on another port, and those for which it found none. */
  @field("count") moved: u16;
  @field("count") unplaced: u16;
  @field("check") check: u32;

  @inline static get(): InterfacePlan {
    return changetype<InterfacePlan>(INTERFACE_PLAN_BASE);
  }
}
if (offsetof<InterfacePlan>() != 16) ERROR("InterfacePlan");
