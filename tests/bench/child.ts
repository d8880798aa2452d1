/** Measures one section and sends what it found to the process that started this one. */

import { OutputsDiffer } from "./compare.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { measureSection, type Section } from "./sections.js";

export interface Task {
  top: string;
  section: Section;
  program: string;
  effort: Effort;
}

export interface Answer {
  figures: Figure[];
  /** Where outputs of module and twin part. */
  differs?: string;
  /** What else went wrong. */
  failed?: string;
}

async function answer(task: Task): Promise<Answer> {
  try {
    return { figures: await measureSection(task.top, task.section, task.program, task.effort) };
  } catch (error) {
    if (error instanceof OutputsDiffer) return { figures: [], differs: error.message };
    return { figures: [], failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.once("message", async (task: Task) => {
  process.send?.(await answer(task), () => process.disconnect());
});
