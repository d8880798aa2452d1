/** The parts of the page that show the array: each brings its elements in line with an overview. */

import type { DecisionRecord } from "../../cli/run/records.js";
import type { AlarmRow, Overview } from "../array/overview.js";
import type { PortRow, TargetRow } from "../array/tables.js";
import { COLORS } from "./chart.js";
import { byId, keyed, keyedOrEmpty, make, setLevel, setText } from "./elements.js";
import { age, decisionWords, lowerWords, moduleTime, percent, shortName } from "./words.js";

export interface PortActions {
  /** Whether the user may. */
  allowed: boolean;
  maintenance(port: PortRow): void;
  light(name: string | undefined): void;
}

interface Tile {
  label: string;
  figure: string;
  of?: string;
  level?: string;
}

export function showTiles(overview: Overview): void {
  const { counts, ports, alarms } = overview;
  const good = ports.filter((port) => port.level === "good").length;
  const bad = ports.filter((port) => port.level === "bad").length;
  const wanted = ports.reduce((sum, port) => sum + port.registrationsWanted, 0);
  const observed = ports.reduce((sum, port) => sum + port.registrationsObserved, 0);
  const tiles: Tile[] = [
    { label: "ports in service", figure: String(good), of: `of ${counts.ports}`, ...(bad > 0 ? { level: "bad" } : {}) },
    { label: "sessions", figure: String(counts.sessions) },
    {
      label: "registrations observed",
      figure: String(observed),
      of: `of ${wanted} wanted`,
      ...(counts.differences > 0 ? { level: "warning" } : {}),
    },
    { label: "moves under way", figure: String(counts.moves) },
    { label: "decisions", figure: String(overview.decisions) },
    { label: "alarms", figure: String(alarms.length), ...(alarms.length > 0 ? { level: "bad" } : {}) },
  ];
  if (overview.interfaces.length > 0) {
    const hosted = overview.interfaces.filter((each) => each.observed !== null).length;
    const level = hosted < overview.interfaces.length ? { level: "bad" } : {};
    tiles.splice(4, 0, {
      label: "interfaces hosted",
      figure: String(hosted),
      of: `of ${overview.interfaces.length}`,
      ...level,
    });
  }
  keyed(
    byId("tiles"),
    tiles,
    (tile) => tile.label,
    (tile) =>
      make(
        "li",
        {},
        make("span", { class: "figure" }, make("span", { class: "value" }), " ", make("span", { class: "of" })),
        make("span", { class: "label" }, tile.label),
      ),
    (element, tile) => {
      setText(element.querySelector(".value") as Element, tile.figure);
      setText(element.querySelector(".of") as Element, tile.of ?? "");
      setLevel(element, tile.level ?? "good");
    },
  );
}

export function showPorts(overview: Overview, actions: PortActions): void {
  const places = new Map(overview.ports.map((port, index) => [port.name, index]));
  const body = byId("ports").querySelector("tbody") as HTMLElement;
  keyed(
    body,
    overview.ports,
    (port) => port.name,
    (port) => portRow(port, (places.get(port.name) ?? 0) % COLORS, actions),
    (row, port) => updatePort(row, port, overview, actions),
  );
}

function portRow(port: PortRow, color: number, actions: PortActions): HTMLElement {
  const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.color = `var(--s${color})`;
  const meter = make(
    "div",
    { class: "bar", role: "meter", "aria-valuemin": 0, "aria-label": `load of ${port.name}` },
    make("div"),
  );
  const row = make(
    "tr",
    {},
    make("th", { scope: "row" }, swatch, port.name),
    make("td", { class: "state" }),
    make("td", { class: "wide-cell" }, make("div", { class: "load" }, meter, make("span", {}))),
    make("td", { class: "number sessions", "data-label": "sessions" }),
    make("td", { class: "number wanted", "data-label": "wanted" }),
    make("td", { class: "number observed", "data-label": "observed" }),
    make("td", { class: "command" }, make("button", { type: "button" })),
  );
  const light = (name: string | undefined) => () => {
    actions.light(name);
    row.dataset["lit"] = String(name !== undefined);
  };
  row.addEventListener("pointerenter", light(port.name));
  row.addEventListener("pointerleave", light(undefined));
  row.addEventListener("focusin", light(port.name));
  row.addEventListener("focusout", light(undefined));
  return row;
}

function updatePort(row: HTMLElement, port: PortRow, overview: Overview, actions: PortActions): void {
  const cell = (name: string) => row.querySelector(`.${name}`) as HTMLElement;
  setText(cell("state"), port.state);
  setLevel(cell("state"), port.level);
  showLoad(row.querySelector(".bar") as HTMLElement, port.loadPermille, overview);
  setText(row.querySelector(".load span") as Element, percent(port.loadPermille));
  setText(cell("sessions"), String(port.sessions));
  setText(cell("wanted"), String(port.registrationsWanted));
  setText(cell("observed"), String(port.registrationsObserved));
  const button = row.querySelector("button") as HTMLButtonElement;
  setText(button, port.maintenance ? "Return to service" : "Drain");
  button.setAttribute("aria-label", `${port.maintenance ? "Return to service" : "Drain"} ${port.name}`);
  button.disabled = !actions.allowed;
  button.title = actions.allowed ? "" : "needs the role operator";
  button.onclick = () => actions.maintenance(port);
}

/** The bar is as long as the load is of its full capacity, or of the load where that is more. */
function showLoad(bar: HTMLElement, permille: number, overview: Overview): void {
  const most = Math.max(1000, permille);
  const { highWatermarkPermille: high, lowWatermarkPermille: low } = overview;
  bar.setAttribute("aria-valuemax", String(most / 10));
  bar.setAttribute("aria-valuenow", String(Math.round(permille / 10)));
  setLevel(bar, permille >= high ? "bad" : permille > low ? "warning" : "good");
  (bar.firstElementChild as HTMLElement).style.width = `${(permille / most) * 100}%`;
}

export function showAlarms(alarms: readonly AlarmRow[]): void {
  keyedOrEmpty(
    byId("alarms"),
    alarms,
    "Nothing is in alarm.",
    (alarm) => `${alarm.kind} ${alarm.subject} ${alarm.reason}`,
    (alarm) => make("li", {}, make("strong", {}, shortName(alarm.subject) || alarm.kind), make("span", {})),
    (element, alarm) => {
      const words = [alarm.reason, alarm.detail].filter(Boolean).join(", ");
      setText(element.querySelector("span") as Element, words);
    },
  );
}

const DECISIONS_SHOWN = 120;

/** The newest on top; the reader's place in the list stays. */
export function showDecision(record: DecisionRecord): void {
  const list = byId("decisions");
  const key = String(record.sequence);
  list.querySelector(".empty")?.remove();
  if ([...list.children].slice(0, 50).some((child) => (child as HTMLElement).dataset["sequence"] === key)) return;
  const isAlarm = record.kind === "ALARM";
  const entry = make(
    "li",
    { "data-sequence": key },
    make("time", {}, moduleTime(record.timeMs)),
    make("span", { class: isAlarm ? "alarm" : "" }, decisionWords(record)),
    make("span", { class: "why" }, `because ${lowerWords(record.reason)}`),
  );
  const scrolled = list.scrollTop;
  list.prepend(entry);
  if (scrolled > 0) list.scrollTop = scrolled + entry.offsetHeight;
  while (list.children.length > DECISIONS_SHOWN) list.lastElementChild?.remove();
}

export function showThings(overview: Overview): void {
  showProcessors(overview);
  showPlacements(overview);
  keyedOrEmpty(
    byId("moves"),
    overview.moves.slice(0, 30),
    "No session is being moved.",
    (move) => `${move.initiator} ${move.target}`,
    () => make("li", {}, make("span", {}), make("span", { class: "note" })),
    (element, move) => {
      const [what, step] = [...element.children] as [HTMLElement, HTMLElement];
      setText(what, `${shortName(move.initiator)} to ${shortName(move.target)}, ${move.from} → ${move.to}`);
      setText(step, `${move.step}, ${age(move.ageMs)}`);
    },
  );
  keyedOrEmpty(
    byId("scopes"),
    overview.scopes,
    "No scope is known yet.",
    (scope) => scope.name,
    () => make("li", {}, make("strong", {}), make("span", {}), make("span", { class: "note" })),
    (element, scope) => {
      const [name, role, note] = [...element.children] as [HTMLElement, HTMLElement, HTMLElement];
      setText(name, scope.name);
      setText(role, scope.holder === null ? scope.role : `${scope.role}, held by ${scope.holder}`);
      setText(note, [`epoch ${scope.epoch}`, ...scope.flags].join(", "));
    },
  );
}

function showProcessors(overview: Overview): void {
  keyedOrEmpty(
    byId("processors"),
    overview.processors,
    "No processor is known.",
    (processor) => processor.name,
    () =>
      make(
        "li",
        {},
        make("strong", {}),
        make("span", { class: "badge" }),
        make("span", { class: "note" }),
        make("span", { class: "why" }),
      ),
    (element, processor) => {
      const [name, badge, note, why] = [...element.children] as HTMLElement[];
      setText(name as Element, processor.name);
      setText(badge as Element, processor.active ? "active" : processor.state);
      setLevel(badge as HTMLElement, processor.level);
      const server = `${processor.server === "none" ? "no" : processor.server} server`;
      const penalty = processor.penalty === 0 ? "" : ` less ${processor.penalty}`;
      setText(note as Element, `${server}, priority ${processor.priority}${penalty}`);
      setText(why as Element, processor.why);
    },
  );
}

function showPlacements(overview: Overview): void {
  // An array without addresses to place has one card that says so.
  const placed = overview.interfaces.length > 0 || overview.units.length > 0 || overview.groups.length > 0;
  byId("groups-card").hidden = !placed;
  byId("units-card").hidden = !placed;
  const place = byId("interfaces");
  const list = place.querySelector("ul") ?? place.appendChild(make("ul", { class: "things" }));
  keyedOrEmpty(
    list,
    overview.interfaces,
    placed ? "This array has no virtual interfaces." : "This array has no virtual interfaces and no storage units.",
    (each) => each.name,
    () =>
      make(
        "li",
        {},
        make("strong", {}),
        make("span", {}),
        make("span", { class: "badge" }),
        make("span", { class: "why" }),
      ),
    (element, each) => {
      const [name, address, badge, why] = [...element.children] as HTMLElement[];
      setText(name as Element, each.name);
      setText(address as Element, each.address);
      setText(badge as Element, each.observed ?? "unhosted");
      setLevel(badge as HTMLElement, each.observed === null ? "bad" : each.observed === each.home ? "good" : "warning");
      const elsewhere = each.observed === each.home ? "at home" : `home ${each.home}`;
      setText(why as Element, [elsewhere, each.reason].filter(Boolean).join(", "));
    },
  );
  keyedOrEmpty(
    byId("groups"),
    overview.groups,
    "This array has no groups of servers.",
    (group) => String(group.group),
    () => make("li", {}, make("strong", {}), make("span", { class: "note" }), make("span", { class: "why" })),
    (element, group) => {
      const [name, servers, ports] = [...element.children] as HTMLElement[];
      setText(name as Element, `Group ${group.group}`);
      setText(servers as Element, `servers ${group.servers.join(", ") || "none"}`);
      setText(ports as Element, `operative ports: ${group.operativePorts.join(", ") || "none"}`);
    },
  );
  keyedOrEmpty(
    byId("units"),
    overview.units,
    "This array has no storage units.",
    (unit) => unit.name,
    () => make("li", {}, make("strong", {}), make("span", { class: "badge" }), make("span", { class: "why" })),
    (element, unit) => {
      const [name, badge, why] = [...element.children] as HTMLElement[];
      setText(name as Element, unit.name);
      setText(badge as Element, unit.server === null ? "not served" : `served by ${unit.server}`);
      setLevel(badge as HTMLElement, unit.server === null ? "bad" : unit.server === unit.owner ? "good" : "warning");
      setText(why as Element, [`owner ${unit.owner}`, unit.reason].filter(Boolean).join(", "));
    },
  );
}

const MARKS = { both: "●", wanted: "+", observed: "−", withdrawn: "○", none: "" } as const;

export const LEGEND = `${MARKS.both} wanted and observed   ${MARKS.wanted} wanted, not yet observed   ${MARKS.observed} observed, not wanted   ${MARKS.withdrawn} withdrawn`;

export function showRegistrations(targets: readonly TargetRow[], ports: readonly PortRow[], total: number): void {
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "Target"),
    ...ports.map((port) => make("th", { scope: "col" }, port.name)),
  );
  const rows = targets.map((target) => {
    const cells = ports.map((port) => {
      const [wanted, observed] = [target.wanted.includes(port.name), target.observed.includes(port.name)];
      const configured = target.ports.includes(port.name);
      const kind =
        wanted && observed ? "both" : wanted ? "wanted" : observed ? "observed" : configured ? "withdrawn" : "none";
      const level = kind === "both" ? "good" : kind === "none" || kind === "withdrawn" ? "quiet" : "warning";
      const words = kind === "both" ? "wanted and observed" : kind === "none" ? "not configured" : kind;
      return make(
        "td",
        { "data-level": level, title: words },
        make("span", { "aria-hidden": "true" }, MARKS[kind]),
        make("span", { class: "hidden-text" }, words),
      );
    });
    return make("tr", {}, make("th", { scope: "row" }, shortName(target.name)), ...cells);
  });
  const more = total > targets.length ? [make("caption", {}, `${targets.length} of ${total} targets`)] : [];
  byId("registrations").replaceChildren(...more, make("thead", {}, head), make("tbody", {}, ...rows));
}
