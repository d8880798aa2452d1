/** Limits on what one source may ask, and on failed logins. Their memory is bounded, whoever asks. */

/** Sources remembered at most; the longest silent is forgotten. */
const SOURCES_MAX = 4096;

/** A map that forgets what was used longest ago. */
class Recent<T> {
  private readonly entries = new Map<string, T>();

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: T): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > SOURCES_MAX) this.entries.delete(this.entries.keys().next().value as string);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}

/** So many requests in a second on average, and so many at once: a token bucket a source. */
export class RateLimit {
  private readonly sources = new Recent<{ left: number; atMs: number; told: boolean }>();

  /** @param now monotonic milliseconds */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one; where there is none, the seconds to wait, and whether this is the first refusal since one was granted. */
  take(source: string): { granted: true } | { granted: false; retryAfterS: number; first: boolean } {
    const nowMs = this.now();
    const known = this.sources.get(source) ?? { left: this.burst, atMs: nowMs, told: false };
    const left = Math.min(this.burst, known.left + ((nowMs - known.atMs) / 1000) * this.perSecond);
    if (left >= 1) {
      this.sources.set(source, { left: left - 1, atMs: nowMs, told: false });
      return { granted: true };
    }
    this.sources.set(source, { left, atMs: nowMs, told: true });
    return { granted: false, retryAfterS: Math.ceil((1 - left) / this.perSecond), first: !known.told };
  }
}

const FAILURES_FREE = 5;
const LOCKED_FIRST_MS = 60_000;
const LOCKED_MOST_MS = 3_600_000;
const FORGET_MS = 24 * 3_600_000;

/** After five failures in a row a user is locked out from a source, for a minute that doubles up to an hour. */
export class Lockout {
  private readonly failures = new Recent<{ count: number; untilMs: number; atMs: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Seconds for which the key is locked; 0 for not. */
  lockedS(key: string): number {
    const known = this.failures.get(key);
    return known === undefined ? 0 : Math.max(0, Math.ceil((known.untilMs - this.now()) / 1000));
  }

  failed(key: string): void {
    const nowMs = this.now();
    const known = this.failures.get(key);
    const before = known === undefined || nowMs - known.atMs > FORGET_MS ? 0 : known.count;
    const count = before + 1;
    const lockedMs =
      count < FAILURES_FREE ? 0 : Math.min(LOCKED_MOST_MS, LOCKED_FIRST_MS * 2 ** Math.min(12, count - FAILURES_FREE));
    this.failures.set(key, { count, untilMs: nowMs + lockedMs, atMs: nowMs });
  }

  succeeded(key: string): void {
    this.failures.delete(key);
  }
}
