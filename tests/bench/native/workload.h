/*
 * What the host writes before each tick of the bench: the same numbers in tests/bench/workload.ts, so that module and
 * twin see the same inputs. All ports' counters change with each tick; every port is due.
 */
#ifndef FAIRLEAD_TWIN_WORKLOAD_H
#define FAIRLEAD_TWIN_WORKLOAD_H

#include <stdint.h>

/* Steady: the counters of a healthy array. Rough: overload, relief, stuck and restarted counters, gaps of the clock. */
enum workload { WORKLOAD_STEADY = 0, WORKLOAD_ROUGH = 1 };

/* Writes the inputs of tick number `tick`, from 1; writing the same tick twice leaves the same bytes. */
void workload_write(enum workload kind, uint32_t tick);

#endif
