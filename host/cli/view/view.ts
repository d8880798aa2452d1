/** The live view: shows a run on the terminal and takes its keys. */

import type { ArrayDescription } from "../../array/description.js";
import { isUnfulfilled, type Performed, type Unfulfilled } from "../../management/array/managed-array.js";
import { foundWords } from "../../management/array/revision-keeper.js";
import type { Engine, RunListener } from "../run/engine.js";
import type { DecisionRecord, RunEvent } from "../run/records.js";
import { decisionWords, eventWords } from "../run/wording.js";
import { composeFrame } from "./frame.js";
import { type Key, Keyboard, type KeyboardInput } from "./keyboard.js";
import { type LogEntry, readModel, type ViewModel } from "./model.js";
import { createPalette, type Palette } from "./palette.js";
import { Screen, type ScreenOutput } from "./screen.js";

/** Between two drawings, in milliseconds of real time. */
const DRAW_EVERY_MS = 100;
/** Log entries kept. */
const LOG_MAX = 500;
/** What a surge of the operator's brings a port to, and for how long. */
const SURGE_PERMILLE = 1500;
const SURGE_MS = 8000;
const SERVER_DOWN_MS = 3000;

/** Events whose news is in another line already: the decision, or the login. */
const UNSAID: ReadonlySet<RunEvent["event"]> = new Set(["MOVE_DONE", "REGISTERED", "WITHDRAWN"]);
const TROUBLE: ReadonlySet<RunEvent["event"]> = new Set([
  "OVERLOADED",
  "PORT_FAILED",
  "MOVE_FAILED",
  "LOGIN_FAILED",
  "SERVER",
]);

export interface ViewTerminal {
  output: ScreenOutput & {
    on(event: "resize", listener: () => void): unknown;
    off(event: "resize", listener: () => void): unknown;
  };
  input: KeyboardInput;
}

/** What the view has others do. */
export interface ViewOrders {
  quit(): void;
  maintain(port: string, maintenance: boolean): Promise<Performed | Unfulfilled>;
}

export class View implements RunListener {
  private readonly screen: Screen;
  private readonly keyboard: Keyboard;
  private readonly palette: Palette;
  private readonly log: LogEntry[] = [];
  private notesShown = 0;
  private paused = false;
  private selected = 0;
  private frozen: ViewModel | undefined;
  private drawnMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly engine: Engine,
    private readonly started: ArrayDescription,
    private readonly notes: readonly string[],
    private readonly orders: ViewOrders,
    private readonly terminal: ViewTerminal = { output: process.stdout, input: process.stdin },
    palette: Palette = createPalette(),
  ) {
    this.palette = palette;
    this.screen = new Screen(terminal.output);
    this.keyboard = new Keyboard(terminal.input, (key) => this.press(key));
    engine.listen(this);
  }

  /** Another configuration may be in force by now. */
  private get array(): ArrayDescription {
    return this.engine.shim.array ?? this.started;
  }

  open(): void {
    process.on("exit", this.close);
    this.terminal.output.on("resize", this.resized);
    this.keyboard.open();
    this.screen.open();
  }

  /** Gives the terminal back; safe to call again. */
  readonly close = (): void => {
    process.off("exit", this.close);
    this.terminal.output.off("resize", this.resized);
    this.keyboard.close();
    this.screen.close();
  };

  /** Called after each tick; draws when it is time. */
  refresh(nowMs: number = performance.now()): void {
    if (nowMs - this.drawnMs < DRAW_EVERY_MS) return;
    this.drawnMs = nowMs;
    this.draw();
  }

  decision(record: DecisionRecord): void {
    this.say(record.timeMs, record.kind === "ALARM" ? "trouble" : "decision", decisionWords(record));
  }

  event(event: RunEvent): void {
    if (UNSAID.has(event.event)) return;
    this.say(event.timeMs, TROUBLE.has(event.event) ? "trouble" : "event", eventWords(event));
  }

  private say(timeMs: number, kind: LogEntry["kind"], words: string): void {
    this.log.push({ timeMs, kind, words });
    if (this.log.length > 2 * LOG_MAX) this.log.splice(0, LOG_MAX);
  }

  private readonly resized = (): void => {
    this.screen.forget();
    this.draw();
  };

  private draw(): void {
    for (; this.notesShown < this.notes.length; this.notesShown++) {
      this.say(this.engine.moduleMs, "note", this.notes[this.notesShown] ?? "");
    }
    const model = this.frozen ?? readModel(this.engine, this.array, this.log);
    const { columns, rows } = this.screen;
    const simulated = this.engine.world !== undefined;
    const state = { columns, rows, paused: this.paused, selected: this.selected, simulated };
    this.screen.draw(composeFrame(model, state, this.palette));
  }

  private press(key: Key): void {
    const count = this.array.ports.length;
    switch (key) {
      case "quit":
        return this.orders.quit();
      case "suspend":
        return this.suspend();
      case "pause":
        this.paused = !this.paused;
        this.frozen = this.paused ? { ...readModel(this.engine, this.array, [...this.log]) } : undefined;
        break;
      case "up":
        this.selected = (this.selected + count - 1) % count;
        break;
      case "down":
        this.selected = (this.selected + 1) % count;
        break;
      case "maintenance":
        void this.toggleMaintenance();
        break;
      default:
        this.order(key);
    }
    this.draw();
  }

  private selectedPort(): string {
    const row = this.engine.shim.names.ports.rows()[this.selected] ?? -1;
    return this.engine.shim.names.ports.name(row);
  }

  /** By the same way as the commands of the servers: with several controllers it holds for all of them. */
  private async toggleMaintenance(): Promise<void> {
    const port = this.selectedPort();
    const present = this.engine.shim.array?.ports.find((each) => each.name === port)?.maintenance === true;
    const words = `${port} ${present ? "out of" : "into"} maintenance`;
    const done = await this.orders.maintain(port, !present);
    if (!isUnfulfilled(done)) return this.say(this.engine.moduleMs, "note", words);
    this.say(this.engine.moduleMs, "trouble", `${words}: ${done.detail}`);
    for (const problem of done.problems ?? []) this.say(this.engine.moduleMs, "trouble", foundWords(problem));
  }

  /** What the operator does to the simulated world. */
  private order(key: Key): void {
    const { world } = this.engine;
    if (world === undefined) return;
    const port = world.portIndex(this.selectedPort());
    if (key === "surge") world.surge(port, SURGE_PERMILLE, SURGE_MS);
    else if (key === "link") world.setLink(port, world.ports[port]?.linkUp !== true);
    else if (key === "server" && world.isns.up) world.restartServer(SERVER_DOWN_MS, "nothing");
  }

  /** Control-Z: the terminal is given back until the process is continued. */
  private suspend(): void {
    this.close();
    process.once("SIGCONT", () => {
      this.open();
      this.draw();
    });
    process.kill(process.pid, "SIGTSTP");
  }
}
