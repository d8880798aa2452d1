/** Colours and characters of the view, as far as the terminal has them. */

import picocolors from "picocolors";
import type { Style } from "./line.js";

export interface Palette {
  title: Style;
  dim: Style;
  good: Style;
  warning: Style;
  bad: Style;
  decision: Style;
  selected: Style;
  /** Parts of a bar, an eighth to a whole column; the last one is whole. */
  bar: readonly string[];
  barEmpty: string;
  barMark: string;
  /** A registration: wanted and listed, wanted only, listed only, neither. */
  both: string;
  wanted: string;
  listed: string;
  neither: string;
  arrow: string;
}

const glyphs = {
  bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
  barEmpty: "·",
  barMark: "┊",
  both: "●",
  wanted: "+",
  listed: "-",
  neither: "○",
  arrow: "→",
};

const asciiGlyphs: typeof glyphs = {
  bar: ["#"],
  barEmpty: ".",
  barMark: "|",
  both: "*",
  wanted: "+",
  listed: "-",
  neither: "o",
  arrow: ">",
};

/** Colours follow NO_COLOR, FORCE_COLOR and the terminal, as picocolors reads them; characters the locale. */
export function createPalette(
  environment: NodeJS.ProcessEnv = process.env,
  color: boolean = picocolors.isColorSupported,
): Palette {
  const colors = picocolors.createColors(color);
  return {
    title: colors.bold,
    dim: colors.dim,
    good: colors.green,
    warning: colors.yellow,
    bad: colors.red,
    decision: colors.cyan,
    // Without colours the selection still has to be seen.
    selected: color ? colors.inverse : (text) => text,
    ...(hasUnicode(environment) ? glyphs : asciiGlyphs),
  };
}

function hasUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "";
  return environment.TERM !== "linux" && environment.TERM !== "dumb" && /utf-?8/i.test(locale);
}
