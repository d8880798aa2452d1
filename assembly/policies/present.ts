/**
 * Policies that this build decides on. `POLICIES` is a compile-time integer (`asc --use POLICIES=1`), the sum of the
 * bits below; ports are always among them. Code of a policy that is left out isn't reached, so the compiler drops it; its
 * tables stay, so that the layout is the same for all builds.
 */

/** Election of the active processor, routes and server scopes. */
const PROCESSORS: u32 = 2;
/** Interface failover: network ports, addresses, storage units. */
const INTERFACES: u32 = 4;

export const HAS_PROCESSORS: bool = (POLICIES & PROCESSORS) != 0;
export const HAS_INTERFACES: bool = (POLICIES & INTERFACES) != 0;
/** Heartbeats, silence and scopes of members: for every policy but the ports'. */
export const HAS_MEMBERS: bool = (POLICIES & (PROCESSORS | INTERFACES)) != 0;
