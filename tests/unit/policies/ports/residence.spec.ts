import { Header } from "../../../../assembly/memory/header";
import { resetMemory } from "../../../../assembly/memory/reset";
import { backsOff, beginBackOff, beginResidence, mayMove } from "../../../../assembly/policies/ports/residence";
import { PortPolicy } from "../../../../assembly/tables/policy";

function start(): void {
  resetMemory();
  PortPolicy.get().residenceMs = 1000;
  PortPolicy.get().backOffMs = 100;
  PortPolicy.get().backOffMaxMs = 300;
}

/** Time until the pair may be moved again. */
function waitMs(initiatorId: u32, targetId: u32): u64 {
  const from = Header.get().nowMs;
  for (let ms: u64 = 0; ms < 100000; ms += 50) {
    Header.get().nowMs = from + ms;
    if (mayMove(initiatorId, targetId)) return ms;
  }
  return 100000;
}

describe("residence", () => {
  it("keeps a moved pair for the residence time, and no other", () => {
    start();
    expect<bool>(mayMove(1, 2)).toBe(true);
    beginResidence(1, 2);
    expect<bool>(mayMove(1, 2)).toBe(false);
    expect<bool>(backsOff(1, 2)).toBe(false, "not a failure");
    expect<bool>(mayMove(2, 1)).toBe(true);
    expect<u64>(waitMs(1, 2)).toBe(1000);
  });

  it("backs off twice as long with each failed move, up to the limit", () => {
    start();
    beginBackOff(3, 4);
    expect<bool>(backsOff(3, 4)).toBe(true);
    expect<u64>(waitMs(3, 4)).toBe(100);
    beginBackOff(3, 4);
    expect<u64>(waitMs(3, 4)).toBe(200);
    beginBackOff(3, 4);
    expect<u64>(waitMs(3, 4)).toBe(300);
    beginBackOff(3, 4);
    expect<u64>(waitMs(3, 4)).toBe(300);
  });

  it("lets no pair move whose bucket is full: nothing would remember it", () => {
    start();
    let kept: u32 = 0;
    for (let id: u32 = 1; id <= 1000; id++) {
      if (!mayMove(id, 1)) continue;
      beginResidence(id, 1);
      kept++;
      expect<bool>(mayMove(id, 1)).toBe(false);
    }
    expect<u32>(kept).toBe(32, "rows of the small profile's table");
  });
});
