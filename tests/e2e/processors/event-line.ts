/** The event stream of the one address, taken up again by itself as the page does it (`host/management/page/stream.ts`). */

import type { ClientRequest } from "node:http";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { target, type Where } from "./line.js";
import { nowUs } from "./plan.js";
import type { StreamTold } from "./told.js";

const AGAIN_MS = 1000;
/** An open stream that brings nothing for so long is taken for dead. */
const SILENT_MS = 4000;

export class EventLine {
  private asked: ClientRequest | undefined;
  private heardMs = 0;
  private processor = "";
  private lastId = "";

  constructor(
    private readonly where: Where,
    private readonly tell: (told: StreamTold) => void,
  ) {}

  start(): void {
    this.open();
    setInterval(() => {
      if (this.asked !== undefined && performance.now() - this.heardMs > SILENT_MS) this.broken(this.asked, "silent");
    }, 500);
  }

  private open(): void {
    this.heardMs = performance.now();
    const options = target(this.where, "/api/v1/events");
    const seen = this.lastId === "" ? {} : { "last-event-id": this.lastId };
    const headers = { ...options.headers, accept: "text/event-stream", ...seen };
    const asked = request({ ...options, agent: false, headers }, (answer) => {
      if (answer.statusCode !== 200) return this.broken(asked, `${answer.statusCode}`);
      const lines = createInterface({ input: answer });
      // It tells again of what its input has told.
      lines.on("error", () => undefined);
      let name = "";
      lines.on("line", (line) => {
        if (this.asked !== asked) return;
        this.heardMs = performance.now();
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("id: ")) this.lastId = line.slice(4);
        else if (line.startsWith("data: ")) this.take(name, JSON.parse(line.slice(6)) as never);
      });
      answer.on("close", () => this.broken(asked, "closed"));
      answer.on("error", () => undefined);
    });
    this.asked = asked;
    asked.on("error", (error) => this.broken(asked, error.message));
    asked.end();
  }

  private take(name: string, data: { processor: string; sequence: number }): void {
    const atUs = nowUs();
    if (name === "hello") {
      this.processor = data.processor;
      this.tell({ told: "stream", atUs, what: "opened", processor: data.processor });
    } else if (name === "overview") {
      this.tell({ told: "stream", atUs, what: "overview", processor: data.processor });
    } else if (name === "decision") {
      this.tell({ told: "stream", atUs, what: "decision", processor: this.processor, sequence: data.sequence });
    }
  }

  private broken(asked: ClientRequest, why: string): void {
    if (this.asked !== asked) return;
    this.asked = undefined;
    asked.destroy();
    this.tell({ told: "stream", atUs: nowUs(), what: "broken", why });
    setTimeout(() => this.open(), AGAIN_MS);
  }
}
