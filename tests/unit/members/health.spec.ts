import { healthOf, lookAgain, report } from "../../../assembly/members/health";
import { Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { NEVER } from "../../../assembly/memory/seals";
import { HealthConfig, HealthKind, HealthStatus } from "../../../assembly/tables/health";

const ROW: u32 = 2;

function start(): void {
  resetMemory();
  const config = HealthConfig.at(HealthKind.TARGET_PORT);
  config.intervalMs = 100;
  config.riseCount = 2;
  config.fallCount = 3;
  config.holdDownMs = 1000;
  config.holdDownMaxMs = 3000;
  config.flapForgetMs = 60000;
}

function see(found: HealthStatus): bool {
  return report(ROW, HealthKind.TARGET_PORT, found);
}

/** Looks whenever the row is due until the given time. */
function passUntil(ms: u64): void {
  for (let n = 0; n < 1000; n++) {
    const deadlineMs = healthOf(ROW).deadlineMs;
    if (deadlineMs > ms) break;
    Header.get().nowMs = deadlineMs;
    lookAgain(ROW, HealthKind.TARGET_PORT);
  }
  Header.get().nowMs = ms;
}

function status(): u32 {
  return healthOf(ROW).status;
}

describe("health", () => {
  it("takes a first observation as it is", () => {
    start();
    expect<bool>(see(HealthStatus.UP)).toBe(true);
    expect<u32>(status()).toBe(HealthStatus.UP);
    expect<u64>(healthOf(ROW).deadlineMs).toBe(NEVER, "in no doubt");
  });

  it("falls after the configured number of looks", () => {
    start();
    see(HealthStatus.UP);
    expect<bool>(see(HealthStatus.DOWN)).toBe(false, "one look");
    passUntil(100);
    expect<u32>(status()).toBe(HealthStatus.UP, "two looks");
    passUntil(200);
    expect<u32>(status()).toBe(HealthStatus.DOWN, "three looks");
  });

  it("forgets a doubt that went away", () => {
    start();
    see(HealthStatus.UP);
    see(HealthStatus.DOWN);
    see(HealthStatus.UP);
    passUntil(5000);
    expect<u32>(status()).toBe(HealthStatus.UP);
    expect<u16>(healthOf(ROW).flaps).toBe(0);
  });

  it("holds down after a flap, twice as long after the next, up to the limit", () => {
    start();
    see(HealthStatus.UP);
    const expected: u64[] = [1000, 2000, 3000, 3000];
    for (let flap = 0; flap < expected.length; flap++) {
      see(HealthStatus.DOWN);
      passUntil(Header.get().nowMs + 200);
      expect<u32>(status()).toBe(HealthStatus.DOWN);
      see(HealthStatus.UP);
      passUntil(Header.get().nowMs + 100);
      expect<u32>(status()).toBe(HealthStatus.HELD_DOWN);
      const heldMs = healthOf(ROW).heldUntilMs - Header.get().nowMs;
      expect<u64>(heldMs).toBe(expected[flap]);
      passUntil(healthOf(ROW).heldUntilMs);
      expect<u32>(status()).toBe(HealthStatus.UP);
    }
  });

  it("goes down again from its hold-down at once", () => {
    start();
    see(HealthStatus.UP);
    see(HealthStatus.DOWN);
    passUntil(200);
    see(HealthStatus.UP);
    passUntil(300);
    expect<u32>(status()).toBe(HealthStatus.HELD_DOWN);
    see(HealthStatus.DOWN);
    expect<u32>(status()).toBe(HealthStatus.DOWN);
  });

  it("forgets flaps with time", () => {
    start();
    see(HealthStatus.UP);
    see(HealthStatus.DOWN);
    passUntil(200);
    see(HealthStatus.UP);
    passUntil(2000);
    expect<u16>(healthOf(ROW).flaps).toBe(1);
    passUntil(70000);
    expect<u16>(healthOf(ROW).flaps).toBe(0);
  });
});
