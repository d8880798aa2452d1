/** The page on one page: log in, follow the stream, show what comes, and say plainly when nothing comes. */

import type { DecisionRecord } from "../../cli/run/records.js";
import type { Overview } from "../array/overview.js";
import { read } from "./api.js";
import { LoadChart } from "./chart.js";
import { Configuration } from "./configuration.js";
import { Details } from "./details.js";
import { byId, make, setLevel, setText, toast } from "./elements.js";
import { askLogin, logOut, may, presentSession, type SessionFacts } from "./login.js";
import { setPortMaintenance, showOperations } from "./operations.js";
import { showAlarms, showDecision, showPorts, showThings, showTiles } from "./panels.js";
import { hideRestricted, showRestricted } from "./restricted.js";
import { type Health, type Link, Stream } from "./stream.js";
import { age } from "./words.js";

/** An answer of `listDecisions`. */
type DecisionList = { items: DecisionRecord[]; next: number | null };

/** What is older is shown as out of date. */
const STALE_MS = 3000;
const RECENT_DECISIONS = 60;

class Page {
  private session: SessionFacts | undefined;
  private overview: Overview | undefined;
  private shownMs = 0;
  private shownAt = "";
  private link: Link["state"] = "lost";
  private askingLogin = false;
  /** Processor and start whose decisions are shown: each start numbers its own. */
  private source = "";
  /** Decisions that came while earlier ones are being read. */
  private held: DecisionRecord[] | undefined;
  private readonly chart = new LoadChart(byId("chart"));
  private readonly details = new Details();
  private readonly configuration = new Configuration(() => this.session);
  private readonly stream = new Stream({
    overview: (overview) => this.show(overview),
    decision: (record) => (this.held === undefined ? showDecision(record) : this.held.push(record)),
    link: (link) => void this.linked(link),
  });

  async open(): Promise<void> {
    setInterval(() => this.showAge(), 250);
    const [session] = await Promise.all([untilAnswered(presentSession), this.chart.open()]);
    this.session = session ?? (await this.logIn("Your session goes on with every processor of the array."));
    this.showAccount();
    this.stream.start();
  }

  private async logIn(why: string): Promise<SessionFacts> {
    byId("array").hidden = true;
    setText(byId("pulse"), "not logged in");
    setLevel(byId("pulse"), "quiet");
    return askLogin(why);
  }

  /** The latest decisions of the processor that answers now, in place of another one's. */
  private async showRecent(): Promise<void> {
    const held: DecisionRecord[] = [];
    this.held = held;
    const recent: DecisionRecord[] = [];
    try {
      // Pages come oldest first.
      for (let after: number | null = 0; after !== null; ) {
        const page: DecisionList = (await read<DecisionList>(`/api/v1/decisions?limit=1000&after=${after}`)).body;
        recent.push(...page.items);
        after = page.next;
      }
    } catch {
      // A restricted server has none; the stream tells what it is.
    }
    // Another processor answers by now: its decisions are being read.
    if (this.held !== held) return;
    const list = byId("decisions");
    list.replaceChildren();
    for (const record of [...recent.slice(-RECENT_DECISIONS), ...held]) showDecision(record);
    this.held = undefined;
    if (list.children.length === 0) list.append(make("li", { class: "empty" }, "Nothing was decided yet."));
  }

  private show(overview: Overview): void {
    this.overview = overview;
    this.shownMs = performance.now();
    this.shownAt = new Date().toLocaleTimeString();
    hideRestricted();
    byId("array").hidden = false;
    document.title = `${overview.alarms.length > 0 ? `(${overview.alarms.length}) ` : ""}${overview.array} · Fairlead`;
    setText(byId("array-name"), overview.array);
    setText(byId("who"), whoWords(overview));
    showTiles(overview);
    this.chart.add(overview);
    const allowed = may(this.session, "operator");
    showPorts(overview, {
      allowed,
      maintenance: (port) => setPortMaintenance(port, this.overview ?? overview),
      light: (name) => this.chart.light(name),
    });
    showAlarms(overview.alarms);
    showThings(overview);
    showOperations(overview, allowed);
    this.configuration.follow(overview);
    void this.details.follow(overview);
    this.showAge();
    const source = `${overview.processor} ${overview.revision.split(".")[0]}`;
    if (this.source === source) return;
    this.source = source;
    void this.showRecent();
  }

  private async linked(link: Link): Promise<void> {
    const before = this.link;
    this.link = link.state;
    if (link.state === "lost" && before === "live") this.chart.gap();
    if (link.state === "restricted") await this.showRestrictedServer(link.health);
    if (link.state === "login" && !this.askingLogin) {
      this.askingLogin = true;
      this.stream.stop();
      this.session = await this.logIn("The session is over.");
      this.askingLogin = false;
      this.showAccount();
      this.stream.start();
    }
    this.showAge();
  }

  private async showRestrictedServer(health: Health): Promise<void> {
    byId("array").hidden = true;
    setText(byId("who"), `restricted server of ${health.processor}; active: ${health.active ?? "no processor"}`);
    await showRestricted(health, this.session);
  }

  /** Says how old what is shown is, and leaves no doubt when it is out of date. */
  private showAge(): void {
    const ageMs = performance.now() - this.shownMs;
    const banner = byId("banner");
    const pulse = byId("pulse");
    if (this.link === "login" || this.session === undefined) {
      banner.hidden = true;
      document.body.dataset["stale"] = "false";
      return;
    }
    const restricted = this.link === "restricted";
    const stale = ageMs > STALE_MS;
    document.body.dataset["stale"] = String(stale && !restricted);
    banner.hidden = !stale && !restricted;
    setLevel(banner, stale && !restricted ? "bad" : "warning");
    if (restricted) setText(banner, "This is a restricted server: the array can't be shown or commanded from here.");
    else if (stale) setText(banner, staleWords(this.shownAt, ageMs));
    setText(pulse, restricted ? "restricted" : stale ? `out of date, ${age(ageMs)} old` : "live");
    setLevel(pulse, restricted ? "warning" : stale ? "bad" : "good");
  }

  private showAccount(): void {
    const { session } = this;
    if (session === undefined) return;
    const leave = make("button", { type: "button" }, "Log out");
    leave.addEventListener("click", () => {
      logOut()
        .then(() => location.reload())
        .catch(() => toast("No processor answers: the session goes on.", "bad"));
    });
    byId("account").replaceChildren(make("span", {}, `${session.user}, ${session.role}`), leave);
  }
}

function whoWords(overview: Overview): string {
  const { active, processor, simulated, profile } = overview;
  const who =
    active === processor
      ? `${processor} is active`
      : active === null
        ? "no processor is active"
        : `${active} is active, this is ${processor}`;
  return `${who} · ${simulated ? "simulated array" : "array"}, profile ${profile}`;
}

function staleWords(shownAt: string, ageMs: number): string {
  if (shownAt === "") return "No processor answers. The page goes on by itself once one does.";
  return `Out of date: this is how things were at ${shownAt}, ${age(ageMs)} ago. No processor answers; the page goes on by itself.`;
}

/** Tried until a server answers. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      setText(byId("pulse"), "no processor answers");
      setLevel(byId("pulse"), "bad");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

void new Page().open();
