/** The clock that all threads of a process share. */

/**
 * Milliseconds of CLOCK_MONOTONIC. `performance.now()` counts from a start of its own in each thread; the difference
 * of the two, taken once in each, makes their times comparable without a call that allocates.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1_000_000;
}
