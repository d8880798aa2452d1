/** One line of the screen: styled parts that never take more columns than there are. */

import stringWidth from "string-width";

/** Puts escape sequences around a text. */
export type Style = (text: string) => string;

const plain: Style = (text) => text;
const segmenter = new Intl.Segmenter();

/** The text cut to so many columns; wide characters count as two and are never split. */
export function clip(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let clipped = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += stringWidth(segment);
    if (used > columns) break;
    clipped += segment;
  }
  return clipped;
}

/** The text cut or filled up to exactly so many columns. */
export function fit(text: string, columns: number, align: "left" | "right" = "left"): string {
  const clipped = clip(text, columns);
  const fill = " ".repeat(Math.max(0, columns - stringWidth(clipped)));
  return align === "left" ? clipped + fill : fill + clipped;
}

export class Line {
  private text = "";
  private used = 0;

  /** @param columns of the screen */
  constructor(private readonly columns: number) {}

  get left(): number {
    return this.columns - this.used;
  }

  /** Control characters of names that come from files or hosts are shown as blanks. */
  add(text: string, style: Style = plain): this {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
    const clean = clip(text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " "), this.left);
    if (clean !== "") this.text += style(clean);
    this.used += stringWidth(clean);
    return this;
  }

  /** A column of its own width, and a blank after it. */
  column(text: string, columns: number, align: "left" | "right" = "left", style: Style = plain): this {
    return this.add(fit(text, columns, align), style).add(" ");
  }

  /** A text at the right end, if there is room for it after a blank. */
  right(text: string, style: Style = plain): this {
    const room = this.left - 1;
    if (stringWidth(text) > room) return this;
    return this.add(" ".repeat(room + 1 - stringWidth(text))).add(text, style);
  }

  toString(): string {
    return this.text;
  }
}
