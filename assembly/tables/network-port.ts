/** Network ports: they host addresses of virtual interfaces. */

/** How a network port is set up. */
@unmanaged
@table("network-port-config", "configuration", NETWORK_PORT_MAX)
export class NetworkPortConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "network-port") assigned: u16;
  /** Its server. Staged: the server's staged row. */
  @field("index", "member") server: u16;
  /** Broadcast domain. */
  @knob("domain", 0, 63, 0) domain: u16;
  /** Place in the network spread: of equally loaded ports the one of the lower rank is taken first. */
  @knob("rank", 0, 65535, 0) rank: u16;
  /** Speed: weight of the port. */
  @knob("Mbit/s", 1, 800000, 1000) speed: u32;
  @field("check") check: u32;

  @inline static at(index: u32): NetworkPortConfig {
    return changetype<NetworkPortConfig>(NETWORK_PORT_CONFIG_BASE + index * <u32>offsetof<NetworkPortConfig>());
  }
  @inline static stagedAt(index: u32): NetworkPortConfig {
    return changetype<NetworkPortConfig>(NETWORK_PORT_CONFIG_STAGED_BASE + index * <u32>offsetof<NetworkPortConfig>());
  }
}
if (offsetof<NetworkPortConfig>() != 24) ERROR("NetworkPortConfig");

/** Configured network ports in ascending order of id: ties are broken by it, and `configure` matches by it. */
@unmanaged
@table("network-port-by-id", "state", NETWORK_PORT_MAX)
export class NetworkPortById {
  /** Port at this place, or `NONE`. */
  @field("index", "network-port") port: u16;

  @inline static at(index: u32): NetworkPortById {
    return changetype<NetworkPortById>(NETWORK_PORT_BY_ID_BASE + index * <u32>offsetof<NetworkPortById>());
  }
}

/** A network port as its server's kernel reports it: an own one directly, another controller's by status message. */
@unmanaged
@table("network-port-input", "input", NETWORK_PORT_MAX)
export class NetworkPortInput {
  @field("generation") generation: u32;
  /** Incarnation that wrote the row; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  @field("enum", "LinkState") link: u16;
  /** Errors that the kernel counted, for a reader. */
  @field("count") errors: u16;

  @inline static at(index: u32): NetworkPortInput {
    return changetype<NetworkPortInput>(NETWORK_PORT_INPUT_BASE + index * <u32>offsetof<NetworkPortInput>());
  }
}
if (offsetof<NetworkPortInput>() != 12) ERROR("NetworkPortInput");

export enum NetworkPortStatus {
  /** Link up past its hold-down, and its server is heard: it stands in its group's list. */
  OPERATIVE = 1,
  /** May be given addresses: operative, its server leased, acknowledged, of this configuration and not in maintenance. */
  USABLE = 2,
  /** Can't serve: its link is down though its server is heard, or its server's lease is gone. */
  FAILED = 4,
  /** Its server's lease is gone: what it held is free. */
  FREED = 8,
  /** Its server is heard and has acknowledged: it can be told to give up what it holds. */
  ANSWERS = 16,
  /** Its server is in maintenance. */
  MAINTENANCE = 32,
}

/** What the module keeps of a network port. */
@unmanaged
@table("network-port-state", "state", NETWORK_PORT_MAX)
export class NetworkPortState {
  @field("flags", "NetworkPortStatus") status: u16;
  /** Interfaces that are observed on it. */
  @field("count") interfaces: u16;
  /** Place that stands for it in the plan under way, or `NONE`. */
  @field("number") place: u16;
  @field("pad") pad: u16;
  /** Since when it is operative. */
  @field("time") operativeMs: u64;
  @field("check") check: u32;
  @field("pad") pad1: u32;

  @inline static at(index: u32): NetworkPortState {
    return changetype<NetworkPortState>(NETWORK_PORT_STATE_BASE + index * <u32>offsetof<NetworkPortState>());
  }
}
if (offsetof<NetworkPortState>() != 24) ERROR("NetworkPortState");

/** The two groups' lists of operative ports: row `group * NETWORK_PORT_WORDS + word`. */
@unmanaged
@table("group-ports", "state", GROUP_PORT_WORD_MAX)
export class GroupPorts {
  /** Ports that are operative. */
  @field("bitmap", "network-port") operative: u32;
  @field("check") check: u32;

  @inline static at(index: u32): GroupPorts {
    return changetype<GroupPorts>(GROUP_PORTS_BASE + index * <u32>offsetof<GroupPorts>());
  }
}
if (offsetof<GroupPorts>() != 8) ERROR("GroupPorts");
