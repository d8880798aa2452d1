/** Failover pairs of servers, and the two groups that follow from them: partners are never in one group. */
import { NONE } from "../limits";
import { MEMBER_SERVERS, MemberConfig } from "../tables/member";
import { SCOPE_PAIRS } from "../tables/scope";

/** Group that is derived from the pairs: no group is given. */
const DERIVED: u32 = 2;

/**
 * Group of a staged server: the one given; else not its partner's; else, where neither has one, that of the lower id is 0.
 * It depends on the pair alone, so that a pair that is added or removed changes no other's.
 */
export function groupOfPair(server: MemberConfig): u32 {
  if (server.group != <u16>DERIVED) return server.group;
  if (server.partner == <u16>NONE) return 0;
  const partner = MemberConfig.stagedAt(server.partner);
  if (partner.group != <u16>DERIVED) return 1 - <u32>partner.group;
  return server.id < partner.id ? 0 : 1;
}

/** The other server of a server's failover pair, or `NONE`. */
export function partnerOf(server: u32): u32 {
  return MemberConfig.at(server).partner;
}

/** Group of a server: 0 or 1. */
export function groupOf(server: u32): u32 {
  return MemberConfig.at(server).group;
}

/** Row of the scope of a server's pair, or `NONE` for a server without a partner. */
export function pairScopeOf(server: u32): u32 {
  const partner = partnerOf(server);
  if (partner == NONE) return NONE;
  return SCOPE_PAIRS + min(server, partner) - MEMBER_SERVERS;
}
