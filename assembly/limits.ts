/**
 * Capacities: every fixed size of the module, with its reason.
 *
 * `PROFILE` is a compile-time integer (`asc --use PROFILE=0|1|2`). The first number is the small profile (a
 * microcontroller in one 64 KiB page), the second the standard one (a dual-controller array), the third the large
 * one (a scale-out array).
 */

/** Row index that means "none": every table holds fewer rows than this. */
export const NONE: u32 = 0xffff;

/** Target ports (iSCSI portals) of the whole array. A small array has two controllers with four ports each. */
export const TARGET_PORT_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 256;
/** Words of a bitmap over target ports. */
export const TARGET_PORT_WORDS: u32 = (TARGET_PORT_MAX + 31) / 32;
/** Targets: a target per volume or per host group. */
export const TARGET_MAX: u32 = PROFILE == 0 ? 32 : PROFILE == 1 ? 512 : 4096;
/** Rows of the tables that keep a bitmap of target ports for each target. */
export const TARGET_WORD_MAX: u32 = TARGET_MAX * TARGET_PORT_WORDS;
/** Initiators known at one time. */
export const INITIATOR_MAX: u32 = PROFILE == 0 ? 32 : PROFILE == 1 ? 1024 : 8192;
/** Sessions (I_T nexuses): four for each initiator. */
export const SESSION_MAX: u32 = PROFILE == 0 ? 128 : PROFILE == 1 ? 4096 : 32768;
/** Moves that have a row at one time, settling ones included: one for each target port. */
export const MOVE_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 256;
/** Registration changes said and not yet seen done. */
export const REGISTRATION_CHANGE_MAX: u32 = PROFILE == 0 ? 16 : PROFILE == 1 ? 128 : 1024;
/** Arrivals reserved on own ports by other controllers: as many as moves. */
export const ARRIVAL_MAX: u32 = MOVE_MAX;
/** (initiator, target) pairs that are kept from moving for a time; a quarter of the sessions may be. */
export const RESIDENCE_MAX: u32 = SESSION_MAX / 4;
/** Pairs that share a bucket of the residence table: a move is not begun where its bucket is full. */
export const RESIDENCE_WAYS: u32 = 4;

/** Service processors. */
export const PROCESSOR_MAX: u32 = PROFILE == 0 ? 4 : PROFILE == 1 ? 16 : 64;
/** Servers (controllers that host interfaces and storage units). */
export const SERVER_MAX: u32 = PROFILE == 0 ? 4 : PROFILE == 1 ? 32 : 128;
/** Management apparatuses. */
export const APPARATUS_MAX: u32 = PROFILE == 0 ? 4 : PROFILE == 1 ? 32 : 128;
/** Replication agents. */
export const AGENT_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 256;
/** Members: whatever has heartbeats. Each kind has its own run of rows, in the order above. */
export const MEMBER_MAX: u32 = PROCESSOR_MAX + SERVER_MAX + APPARATUS_MAX + AGENT_MAX;
/** Network ports, which host addresses of virtual interfaces. */
export const NETWORK_PORT_MAX: u32 = PROFILE == 0 ? 16 : PROFILE == 1 ? 256 : 1024;
/** Words of a bitmap over network ports. */
export const NETWORK_PORT_WORDS: u32 = (NETWORK_PORT_MAX + 31) / 32;
/** Rows of the lists of operative ports, one bitmap for each of the two groups. */
export const GROUP_PORT_WORD_MAX: u32 = 2 * NETWORK_PORT_WORDS;
/** Groups of servers: the two servers of a failover pair are in different ones. */
export const GROUP_MAX: u32 = 2;
/** Virtual interfaces: addresses that move. */
export const INTERFACE_MAX: u32 = PROFILE == 0 ? 32 : PROFILE == 1 ? 1024 : 16384;
/** Eligible sets: interfaces share them by reference, since most interfaces of a domain have the same one. */
export const ELIGIBLE_SET_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 1024;
/** Rows of the table that keeps a bitmap of network ports for each eligible set. */
export const ELIGIBLE_SET_WORD_MAX: u32 = ELIGIBLE_SET_MAX * NETWORK_PORT_WORDS;
/** Places that one plan weighs: network ports of a group, the most of all that things are put on. */
export const PLACE_MAX: u32 = NETWORK_PORT_MAX;
/** Words of a bitmap over places. */
export const PLACE_WORDS: u32 = (PLACE_MAX + 31) / 32;
/** Classes of interchangeable things in one plan: interfaces with the same eligible set are one class. */
export const PLACE_CLASS_MAX: u32 = ELIGIBLE_SET_MAX;
/** Rows of the bitmaps of the places that a class may use. */
export const PLACE_CLASS_WORD_MAX: u32 = PLACE_CLASS_MAX * PLACE_WORDS;
/** Cells (class, place) that one plan weighs: all classes on half of the ports, since a plan is for one of two groups. */
export const PLACE_CELL_MAX: u32 = PROFILE == 0 ? 128 : PROFILE == 1 ? 16384 : 524288;
/** Rows of the cells, eight in a row. */
export const PLACE_CELL_ROW_MAX: u32 = PLACE_CELL_MAX / 8;
/** Storage units. */
export const UNIT_MAX: u32 = PROFILE == 0 ? 8 : PROFILE == 1 ? 64 : 256;
/** Storage systems that apparatuses manage. */
export const SYSTEM_MAX: u32 = PROFILE == 0 ? 16 : PROFILE == 1 ? 1024 : 16384;
/** Replication transfers. */
export const TRANSFER_MAX: u32 = PROFILE == 0 ? 16 : PROFILE == 1 ? 1024 : 16384;
/** Broadcast domains of network ports, and failure domains of members. */
export const DOMAIN_MAX: u32 = PROFILE == 0 ? 4 : PROFILE == 1 ? 16 : 64;
/** Scopes with a role and an epoch: own ports, two groups, the array, transfers, then one for each server's pair, under its lower one. */
export const SCOPE_MAX: u32 = 5 + SERVER_MAX;
/** Operators' wishes that wait at one time. */
export const REQUEST_MAX: u32 = 8;
/** Classes of management requests, each with a row for every processor. */
export const ROUTE_CLASS_MAX: u32 = 3;
/** Routes: row `class * PROCESSOR_MAX + processor`. */
export const ROUTE_MAX: u32 = ROUTE_CLASS_MAX * PROCESSOR_MAX;

/** Whatever has a health row: target ports, then network ports, then members. */
export const HEALTH_MAX: u32 = TARGET_PORT_MAX + NETWORK_PORT_MAX + MEMBER_MAX;

/** Decisions that wait for the host. */
export const DECISION_MAX: u32 = PROFILE == 0 ? 64 : PROFILE == 1 ? 1024 : 8192;
/** Slots of the ring kept for alarms and for giving up a role. */
export const DECISION_RESERVED: u32 = DECISION_MAX / 8;
/** Outcomes that wait for the module: fewer than decisions, since the module takes all of them in every tick. */
export const OUTCOME_MAX: u32 = DECISION_MAX / 2;

/** Rows of sessions, targets and plans looked at in one tick. */
export const WORK_PER_TICK_MAX: u32 = PROFILE == 0 ? 64 : PROFILE == 1 ? 512 : 2048;
/** Steps of placing in one tick: interfaces looked at or put, cells of a plan weighed. */
export const PLACE_WORK_MAX: u32 = PROFILE == 0 ? 128 : PROFILE == 1 ? 2048 : 16384;
/** Times that the latch reads a torn row again in one tick. */
export const LATCH_RETRY_MAX: u32 = 4;
/** Rows that share a deadline word, and rows that share a changed word. */
export const BLOCK_ROWS: u32 = 64;

if ((DECISION_MAX & (DECISION_MAX - 1)) != 0) ERROR("DECISION_MAX must be a power of two: the ring masks its indexes");
if (SESSION_MAX >= NONE || INTERFACE_MAX >= NONE || SYSTEM_MAX >= NONE || TRANSFER_MAX >= NONE) {
  ERROR("row indexes are 16 bits wide, and 0xffff means none");
}
if (REGISTRATION_CHANGE_MAX < MOVE_MAX) ERROR("each move may wait for a registration");
if (RESIDENCE_MAX % RESIDENCE_WAYS != 0) ERROR("the residence table is cut into whole buckets");
if (OUTCOME_MAX + DECISION_RESERVED > DECISION_MAX) ERROR("every decision that waits may have an outcome");
