/*
 * The native twin of the module's tick: latch and judge, in C written by hand.
 *
 * It does what the module does in a tick in which counters of ports have come and samples are due, on the same bytes,
 * and leaves the same bytes: an array of ports without targets and sessions, so that nothing is left to move. What
 * would need more than that (a broken seal, a row of another kind that changed) ends it by `fairlead_twin_broken`.
 */
#ifndef FAIRLEAD_TWIN_H
#define FAIRLEAD_TWIN_H

#include <stdint.h>

/* One step; the host has written its rows and `Control.hostMs` before. Returns how many decisions wait. */
uint32_t fairlead_twin_tick(void);

/* Provided by the program: the twin met what it has no code for. Must not return. `table` by its number. */
void fairlead_twin_broken(uint32_t table, uint32_t row);

#endif
