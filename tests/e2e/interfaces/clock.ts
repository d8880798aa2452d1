/** Microseconds of CLOCK_MONOTONIC, as the probers count. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}
