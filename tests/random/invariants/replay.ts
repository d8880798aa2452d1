/** The same inputs give the same bytes: a recorded run replays decision by decision, on the plain and the shared module. */

import { instantiate } from "../../../host/shim/module.js";
import { memorySink, Recorder } from "../../../host/shim/recorder.js";
import { replay } from "../../../host/shim/replayer.js";
import { randomCase } from "../generate/case.js";
import type { Comparison } from "../run/comparison.js";
import { runCase } from "../run/run.js";

export const sameDecisionsAgain: Comparison = {
  name: "the same inputs give the same decisions, plain and shared",
  every: 4,
  compare(seed, { profile, modules: { plain, shared } }) {
    const random = randomCase(seed, { profile });
    const sink = memorySink();
    const recorder = new Recorder(sink);
    const { decisions } = runCase(random, { module: plain, invariants: [], recorder });
    recorder.close();
    for (const [kind, module] of [
      ["plain", plain],
      ["shared", shared],
    ] as const) {
      const report = replay(sink.bytes(), "recording", instantiate(module));
      const { parting } = report;
      if (parting !== undefined) {
        const { tick, sequence, field, recorded, replayed } = parting;
        return `${kind}: tick ${tick}, decision ${sequence}, ${field}: ${recorded} recorded, ${replayed} replayed`;
      }
      if (!report.whole) return `${kind}: the recording has no end`;
    }
    // A second run of the shared module, driven anew: its own mailbox aside, the same world.
    const again = runCase(random, { module: shared, invariants: [] }).decisions;
    const different = decisions.findIndex(
      (decision, index) => JSON.stringify(decision) !== JSON.stringify(again[index]),
    );
    if (different >= 0 || again.length !== decisions.length)
      return `shared, driven anew: decision ${different} differs`;
    return undefined;
  },
};
