/** Target ports as bitmaps, so that a target is judged by words and not by ports. They follow from the ports' states. */

@unmanaged
@table("target-port-set", "state", TARGET_PORT_WORDS)
export class TargetPortSet {
  /** Configured ports of this controller. */
  @field("bitmap", "target-port") own: u32;
  /** Health is up. */
  @field("bitmap", "target-port") operative: u32;
  /** Health is down or held down. */
  @field("bitmap", "target-port") failed: u32;
  @field("bitmap", "target-port") maintenance: u32;
  @field("bitmap", "target-port") overloaded: u32;
  /** Silent: its load is not known, so nothing is moved from or to it. */
  @field("bitmap", "target-port") silent: u32;
  @field("pad") pad: u32;
  @field("check") check: u32;

  @inline static at(word: u32): TargetPortSet {
    return changetype<TargetPortSet>(TARGET_PORT_SET_BASE + word * <u32>offsetof<TargetPortSet>());
  }
}
if (offsetof<TargetPortSet>() != 32) ERROR("TargetPortSet");
