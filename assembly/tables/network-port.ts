/** Network ports: they host addresses of virtual interfaces. */

/** How a network port is set up. */
@unmanaged
@table("network-port-config", "configuration", NETWORK_PORT_MAX)
@planned("interface failover")
export class NetworkPortConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "network-port") assigned: u16;
  /** Its server. */
  @field("index", "member") server: u16;
  /** Broadcast domain. */
  @knob("domain", 0, 63, 0) domain: u16;
  /** Place in the network spread. */
  @knob("rank", 0, 65535, 0) rank: u16;
  /** Speed: weight of the port. */
  @knob("Mbit/s", 1, 800000, 1000) speed: u32;
  @field("check") check: u32;
}
if (offsetof<NetworkPortConfig>() != 24) ERROR("NetworkPortConfig");

/** A network port as its server reports it. */
@unmanaged
@table("network-port-input", "input", NETWORK_PORT_MAX)
@planned("interface failover")
export class NetworkPortInput {
  @field("generation") generation: u32;
  @field("count") incarnation: u32;
  @field("enum", "LinkState") link: u16;
  @field("count") errors: u16;
}
if (offsetof<NetworkPortInput>() != 12) ERROR("NetworkPortInput");

/** What the module keeps of a network port. */
@unmanaged
@table("network-port-state", "state", NETWORK_PORT_MAX)
@planned("interface failover")
export class NetworkPortState {
  @field("generation") generation: u32;
  @field("number") status: u16;
  /** Interfaces that it hosts. */
  @field("count") interfaces: u16;
  /** Interfaces in permille of its speed. */
  @field("permille") loadPermille: u32;
  @field("check") check: u32;
}
if (offsetof<NetworkPortState>() != 16) ERROR("NetworkPortState");
