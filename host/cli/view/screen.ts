/** The terminal's alternate screen: only lines that changed are written, and it is left as it was found. */

import stringWidth from "string-width";

const ESCAPE = "\u001b[";
const ALTERNATE = `${ESCAPE}?1049h`;
const NORMAL = `${ESCAPE}?1049l`;
const HIDE_CURSOR = `${ESCAPE}?25l`;
const SHOW_CURSOR = `${ESCAPE}?25h`;
const CLEAR = `${ESCAPE}2J`;
const CLEAR_REST = `${ESCAPE}K`;
/** Terminals that know it show what stands between at once; others pass it over. */
const BEGIN_UPDATE = `${ESCAPE}?2026h`;
const END_UPDATE = `${ESCAPE}?2026l`;
const RESET_STYLE = `${ESCAPE}0m`;

export interface ScreenOutput {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

export class Screen {
  private shown: string[] = [];
  private opened = false;

  constructor(private readonly output: ScreenOutput) {}

  get columns(): number {
    return this.output.columns || COLUMNS_DEFAULT;
  }

  get rows(): number {
    return this.output.rows || ROWS_DEFAULT;
  }

  open(): void {
    this.opened = true;
    this.output.write(ALTERNATE + HIDE_CURSOR + CLEAR);
    this.shown = [];
  }

  /** All lines anew with the next drawing: the terminal has another size. */
  forget(): void {
    if (!this.opened) return;
    this.output.write(CLEAR);
    this.shown = [];
  }

  /** Shows lines from the top; what stood below them goes. */
  draw(lines: readonly string[]): void {
    if (!this.opened) return;
    let changes = "";
    const count = Math.max(lines.length, this.shown.length);
    for (let row = 0; row < count; row++) {
      const line = lines[row] ?? "";
      if (line !== (this.shown[row] ?? "")) changes += this.rewrite(row, line);
    }
    this.shown = [...lines];
    if (changes !== "") this.output.write(BEGIN_UPDATE + changes + END_UPDATE);
  }

  /** After a line as wide as the screen the cursor stands on its last column: clearing would take that away. */
  private rewrite(row: number, line: string): string {
    const rest = stringWidth(line) < this.columns ? CLEAR_REST : "";
    return `${ESCAPE}${row + 1};1H${line}${RESET_STYLE}${rest}`;
  }

  /** Gives the terminal back; safe to call at any time and again. */
  close(): void {
    if (!this.opened) return;
    this.opened = false;
    this.output.write(RESET_STYLE + SHOW_CURSOR + NORMAL);
  }
}
