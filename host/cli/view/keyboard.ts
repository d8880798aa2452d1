/** Keys of the view, read from the terminal one by one. */

export type Key = "quit" | "suspend" | "pause" | "up" | "down" | "maintenance" | "surge" | "link" | "server";

const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  Q: "quit",
  "\u0003": "quit",
  "\u001a": "suspend",
  p: "pause",
  " ": "pause",
  k: "up",
  "\u001b[A": "up",
  "\u001bOA": "up",
  j: "down",
  "\u001b[B": "down",
  "\u001bOB": "down",
  m: "maintenance",
  s: "surge",
  l: "link",
  r: "server",
};

export interface KeyboardInput {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  off(event: "data", listener: (bytes: Buffer) => void): unknown;
}

/** Splits what a terminal sent into keys; what is no key of the view is passed over. */
export function keysOf(text: string): Key[] {
  const keys: Key[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is one key
  for (const [sequence] of text.matchAll(/\u001b(?:\[[0-9;]*|O)[A-Za-z~]|[\s\S]/g)) {
    const key = KEYS[sequence];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

export class Keyboard {
  private opened = false;

  constructor(
    private readonly input: KeyboardInput,
    private readonly press: (key: Key) => void,
  ) {}

  /** Without a terminal at standard input there are no keys; signals still work. */
  open(): void {
    if (this.input.isTTY !== true || this.opened) return;
    this.opened = true;
    this.input.setRawMode?.(true);
    this.input.on("data", this.read);
    this.input.resume();
  }

  close(): void {
    if (!this.opened) return;
    this.opened = false;
    this.input.off("data", this.read);
    this.input.setRawMode?.(false);
    this.input.pause();
  }

  private readonly read = (bytes: Buffer): void => {
    for (const key of keysOf(bytes.toString("utf8"))) this.press(key);
  };
}
