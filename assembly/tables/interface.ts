/** Virtual interfaces, and the sets of network ports that may host them. */

export enum InterfaceFlag {
  /** Not moved back to its home port by itself. */
  NO_FAIL_BACK = 1,
}

/** How an interface is set up. */
@unmanaged
@table("interface-config", "configuration", INTERFACE_MAX)
@planned("interface failover")
export class InterfaceConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "interface") assigned: u16;
  @field("flags", "InterfaceFlag") flags: u16;
  /** Home port. */
  @field("index", "network-port") home: u16;
  /** Eligible set. */
  @field("index", "eligible-set") eligibleSet: u16;
  @field("check") check: u32;
  @field("pad") pad: u32;
}
if (offsetof<InterfaceConfig>() != 24) ERROR("InterfaceConfig");

/** Where an address is. */
@unmanaged
@table("interface-input", "input", INTERFACE_MAX)
@planned("interface failover")
export class InterfaceInput {
  @field("generation") generation: u32;
  @field("count") incarnation: u32;
  /** Port that holds the address, by its kernel, or `NONE`. */
  @field("index", "network-port") port: u16;
  @field("pad") pad: u16;
}
if (offsetof<InterfaceInput>() != 12) ERROR("InterfaceInput");

/** What the module keeps of an interface. */
@unmanaged
@table("interface-state", "state", INTERFACE_MAX)
@planned("interface failover")
@deadlines
export class InterfaceState {
  @field("generation") generation: u32;
  /** Where it is wanted, or `NONE`. */
  @field("index", "network-port") wanted: u16;
  @field("enum", "Reason") reason: u8;
  @field("count") said: u8;
  /** Servers that failed while they held it since it was last at home. */
  @field("bitmap", "server") lostOn: u64;
  @field("bitmap", "server") lostOnMore: u64;
  @field("time") deadlineMs: u64;
  @field("sequence") sequence: u32;
  @field("check") check: u32;
}
if (offsetof<InterfaceState>() != 40) ERROR("InterfaceState");

/** Ports of an eligible set: row `set * NETWORK_PORT_WORDS + word`. */
@unmanaged
@table("eligible-set-config", "configuration", ELIGIBLE_SET_WORD_MAX)
@planned("interface failover")
export class EligibleSetConfig {
  @field("bitmap", "network-port") ports: u32;
}
if (offsetof<EligibleSetConfig>() != 4) ERROR("EligibleSetConfig");
