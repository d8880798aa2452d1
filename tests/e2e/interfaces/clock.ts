/** Microseconds of CLOCK_MONOTONIC, as the probers count. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}

/** UTC to the millisecond, `09:30:00.123`: what the log of the controllers and complaints of clients are compared by. */
export function timeOfDay(): string {
  return new Date().toISOString().slice(11, -1);
}
