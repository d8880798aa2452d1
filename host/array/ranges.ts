/** Ranges in names: `p{1..4}` stands for p1, p2, p3 and p4; `eui.{0001..0024}` keeps the zeros. */

/** Most names that one range may stand for. */
const RANGE_MAX = 4096;

/** The names that a text stands for; the text alone where it holds no range. */
export function expandRange(text: string): string[] {
  const match = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(text);
  if (match === null) return [text];
  const [, before = "", first = "", last = "", after = ""] = match;
  const from = Number(first);
  const count = Number(last) - from + 1;
  if (count < 1 || count > RANGE_MAX) return [text];
  const width = first.startsWith("0") ? first.length : 0;
  return Array.from({ length: count }, (_, index) => before + String(from + index).padStart(width, "0") + after);
}
