/** A line on stderr that says how far a long run is. */

import type { Progress } from "./simulate.js";

const INTERVAL_MS = 200;

/** Shows progress on `stream`: over and over in one line of a terminal, else a new line for each tenth. */
export function progressOn(stream: NodeJS.WriteStream): { report: Progress; end: () => void } {
  let shownAt = 0;
  let shownTenth = "";
  const terminal = (text: string) => {
    const now = Date.now();
    if (now - shownAt < INTERVAL_MS) return;
    shownAt = now;
    stream.write(`\r\u001b[K${text}`);
  };
  const lines = (stage: string, share: number) => {
    const tenth = `${stage} ${Math.floor(share * 10) * 10} %`;
    if (tenth === shownTenth) return;
    shownTenth = tenth;
    stream.write(`${tenth}\n`);
  };
  return {
    report: (stage, share) => {
      if (stream.isTTY) terminal(`${stage} ${(share * 100).toFixed(1)} %`);
      else lines(stage, share);
    },
    end: () => {
      if (stream.isTTY) stream.write("\r\u001b[K");
    },
  };
}
