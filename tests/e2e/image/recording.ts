/** A recording of the simulated array, made on V8 in simulated time. */
import { parseArray } from "../../../host/array/description.js";
import { instantiate } from "../../../host/shim/module.js";
import { memorySink, Recorder } from "../../../host/shim/recorder.js";
import { replay } from "../../../host/shim/replayer.js";
import { Shim } from "../../../host/shim/shim.js";
import { SimulatedArray } from "../../../host/sources/simulated/array.js";
import { DEMO_FILE, demoText } from "../../../host/sources/simulated/demo.js";
import { simulatedSettings } from "../../../host/sources/simulated/section.js";
import { World } from "../../../host/sources/simulated/world.js";

const START_MS = 1_000_000;
const TICK_MS = 100;

export interface Recording {
  readonly bytes: Uint8Array;
  readonly decisions: number;
  readonly ticks: number;
  /** Of all decisions, as a replay on V8 made them again; 16 hex digits. */
  readonly digest: string;
}

/** Runs the demonstration array for so many ticks and replays the recording. Throws when the replay parts from it. */
export function record(module: Uint8Array, ticks: number): Recording {
  const { array, problems } = parseArray(demoText, DEMO_FILE);
  if (array === undefined) throw new Error(`the demonstration array has ${problems.length} problems`);
  const sink = memorySink();
  const recorder = new Recorder(sink);
  const shim = new Shim(instantiate(module), { incarnation: 1, recorder });
  const refused = shim.configure(array);
  if (refused.length > 0) throw new Error(`the demonstration array is refused: ${refused[0]?.message}`);
  const simulated = new SimulatedArray(new World(array, simulatedSettings(array)));
  simulated.attach(shim);
  shim.start(START_MS);
  for (let tick = 1; tick <= ticks; tick++) {
    const hostMs = START_MS + tick * TICK_MS;
    simulated.beforeTick(hostMs);
    shim.tick(hostMs, (decision) => simulated.handle(decision));
  }
  recorder.close();
  const bytes = sink.bytes();
  const report = replay(bytes, "<recording>", instantiate(module));
  if (report.parting !== undefined || !report.whole) throw new Error("V8 doesn't replay its own recording");
  return { bytes, decisions: report.decisions, ticks: report.ticks, digest: report.digest };
}
