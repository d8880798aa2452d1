/** What is read on demand rather than with every moment: registrations of each target, and sessions. */

import type { Overview } from "../array/overview.js";
import type { SessionRow, TargetRow } from "../array/tables.js";
import { read } from "./api.js";
import { byId, keyed, make, setText } from "./elements.js";
import { LEGEND, showRegistrations } from "./panels.js";
import { shortName } from "./words.js";

interface Page<T> {
  items: T[];
  total: number;
}

const EVERY_MS = 2000;
const TARGETS_SHOWN = 100;
const SESSIONS_SHOWN = 1000;
const ROWS_SHOWN = 200;

export class Details {
  private readonly registrations = byId<HTMLDetailsElement>("registrations-card");
  private readonly sessions = byId<HTMLDetailsElement>("sessions-card");
  private readonly filter = byId<HTMLInputElement>("sessions-filter");
  private rows: SessionRow[] = [];
  private total = 0;
  private readMs = Number.NEGATIVE_INFINITY;
  private reading = false;

  constructor() {
    byId("registrations-legend").textContent = LEGEND;
    const again = () => {
      this.readMs = Number.NEGATIVE_INFINITY;
    };
    this.registrations.addEventListener("toggle", again);
    this.sessions.addEventListener("toggle", again);
    this.filter.addEventListener("input", () => this.showSessions());
  }

  /** Called with each overview; reads what is open and visible, now and then. */
  async follow(overview: Overview): Promise<void> {
    const nowMs = performance.now();
    if (this.reading || document.hidden || nowMs - this.readMs < EVERY_MS) return;
    this.reading = true;
    this.readMs = nowMs;
    try {
      if (this.registrations.open) {
        const { body } = await read<Page<TargetRow>>(`/api/v1/targets?limit=${TARGETS_SHOWN}`);
        showRegistrations(body.items, overview.ports, body.total);
      }
      if (this.sessions.open) {
        const { body } = await read<Page<SessionRow>>(`/api/v1/sessions?limit=${SESSIONS_SHOWN}`);
        this.rows = body.items;
        this.total = body.total;
        this.showSessions();
      }
    } catch {
      // The stream tells whether a server is there; what stands here stays as it was.
    } finally {
      this.reading = false;
    }
  }

  private showSessions(): void {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = this.rows.filter((row) => {
      const text = `${row.initiator} ${row.target} ${row.port}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const table = byId("sessions");
    if (table.querySelector("tbody") === null) table.replaceChildren(sessionHead(), make("tbody"), make("caption"));
    setText(
      table.querySelector("caption") as Element,
      `${Math.min(matching.length, ROWS_SHOWN)} of ${this.total} sessions`,
    );
    keyed(
      table.querySelector("tbody") as Element,
      matching.slice(0, ROWS_SHOWN),
      (row) => `${row.row} ${row.initiator} ${row.target}`,
      (row) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, shortName(row.initiator)),
          make("td", {}, shortName(row.target)),
          ...["port", "ops", "kib", "flight"].map((name) =>
            make("td", { class: name === "port" ? name : `number ${name}` }),
          ),
        ),
      (element, row) => {
        setText(element.querySelector(".port") as Element, row.port);
        setText(element.querySelector(".ops") as Element, String(row.operationsPerSecond));
        setText(element.querySelector(".kib") as Element, (row.kibPerSecond / 1024).toFixed(1));
        setText(element.querySelector(".flight") as Element, String(row.inFlight));
      },
    );
  }
}

function sessionHead(): HTMLElement {
  const names = ["Host", "Target", "Port"].map((name) => make("th", { scope: "col" }, name));
  const numbers = ["Commands/s", "MiB/s", "In flight"].map((name) =>
    make("th", { scope: "col", class: "number" }, name),
  );
  return make("thead", {}, make("tr", {}, ...names, ...numbers));
}
