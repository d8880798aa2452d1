/*
 * Guard pages for the ahead-of-time adapter on POSIX hosts with 64-bit addresses: the module's memory lies at the
 * beginning of 8 GiB of reserved addresses, so that no address and offset of a 32-bit module reach past them, and
 * accesses need no comparison (FAIRLEAD_BOUNDS_GUARD=1). An access behind the memory faults, and the fault becomes the
 * same FAIRLEAD_ERROR_TRAPPED as everywhere.
 */
#ifndef FAIRLEAD_GUARD_H
#define FAIRLEAD_GUARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A 32-bit address and a 32-bit offset, and the widest access. */
#define FAIRLEAD_GUARD_BYTES (((uint64_t)1 << 33) + 65536u)

/* Reserves the addresses and makes the first `memory_bytes` (a multiple of 65536) of them memory, all zero; NULL, with
   errno set, where the system refuses. Call from: a thread. */
void *fairlead_guard_map(size_t memory_bytes);

/* Gives the addresses back. Call from: a thread, after the instance's last call. */
void fairlead_guard_unmap(void *memory);

/* Installs the handler of SIGSEGV and SIGBUS for the process; faults elsewhere than in a module's call take their former
   course. 0, or -1 with errno set. Call once, from a thread. A process with a handler of its own calls
   fairlead_aot_fault from it instead. */
int fairlead_guard_install(void);

/* Leaves the call that is under way in this thread if `address` is in the guard behind its memory, and doesn't return;
   else does nothing. Call from: a handler of SIGSEGV that doesn't block the signal (SA_NODEFER). */
void fairlead_aot_fault(const void *address);

#ifdef __cplusplus
}
#endif

#endif
