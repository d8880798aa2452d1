/** A terminal of tests: as much of one as the view uses, and what it shows. */

import type { KeyboardInput } from "../../../../host/cli/view/keyboard.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: a control sequence begins with one
const CONTROL = /^\u001b\[(\?)?([0-9;]*)([A-Za-z])/;

export class TestTerminal {
  columns: number;
  rows: number;
  /** Every write as it came. */
  readonly writes: string[] = [];
  alternate = false;
  cursorShown = true;
  private cells: string[][];
  private row = 0;
  private column = 0;
  private readonly resizeListeners = new Set<() => void>();

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.cells = this.blank();
  }

  write(text: string): boolean {
    this.writes.push(text);
    for (let rest = text; rest !== ""; ) rest = this.take(rest);
    return true;
  }

  /** What is shown, a string a line, blanks at the end cut off. */
  get screen(): string[] {
    return this.cells.map((line) => line.join("").trimEnd());
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.cells = this.blank();
    for (const listener of this.resizeListeners) listener();
  }

  on(_event: "resize", listener: () => void): this {
    this.resizeListeners.add(listener);
    return this;
  }

  off(_event: "resize", listener: () => void): this {
    this.resizeListeners.delete(listener);
    return this;
  }

  private blank(): string[][] {
    return Array.from({ length: this.rows }, () => new Array<string>(this.columns).fill(" "));
  }

  private take(text: string): string {
    const control = CONTROL.exec(text);
    if (control !== null) {
      this.control(control[1] === "?", control[2] ?? "", control[3] ?? "");
      return text.slice(control[0].length);
    }
    const [character = ""] = text;
    if (character < " ") throw new Error(`control character ${JSON.stringify(character)}`);
    // As a real one: the cursor stays on the last column.
    if (this.column >= this.columns) throw new Error(`line ${this.row + 1} is wider than the screen`);
    const line = this.cells[this.row];
    if (line === undefined) throw new Error(`line ${this.row + 1} is below the screen`);
    line[this.column] = character;
    this.column++;
    return text.slice(character.length);
  }

  private control(isPrivate: boolean, numbers: string, letter: string): void {
    if (isPrivate) {
      if (numbers === "1049") this.alternate = letter === "h";
      else if (numbers === "25") this.cursorShown = letter === "h";
      else if (numbers !== "2026") throw new Error(`mode ${numbers}`);
    } else if (letter === "H") {
      const [row = 1, column = 1] = numbers.split(";").map(Number);
      this.row = row - 1;
      this.column = column - 1;
    } else if (letter === "K") {
      // After the last column the cursor stands on it.
      this.cells[this.row]?.fill(" ", Math.min(this.column, this.columns - 1));
    } else if (letter === "J") {
      this.cells = this.blank();
    } else if (letter !== "m") {
      throw new Error(`control ${letter}`);
    }
  }
}

export class TestKeyboard implements KeyboardInput {
  isTTY = true;
  raw = false;
  private listener: ((bytes: Buffer) => void) | undefined;

  setRawMode(raw: boolean): void {
    this.raw = raw;
  }

  resume(): void {}

  pause(): void {}

  on(_event: "data", listener: (bytes: Buffer) => void): void {
    this.listener = listener;
  }

  off(): void {
    this.listener = undefined;
  }

  type(text: string): void {
    this.listener?.(Buffer.from(text));
  }
}
