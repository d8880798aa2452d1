/** The array file: read, changed, checked, adopted for a time, confirmed or taken back. */

import type { ConfigurationText } from "../array/managed-array.js";
import type { Overview } from "../array/overview.js";
import { command, read, Refused } from "./api.js";
import { confirmed, failureWords } from "./commands.js";
import { byId, make, setText } from "./elements.js";
import { may, type SessionFacts } from "./login.js";
import { age } from "./words.js";

interface Check {
  adoptable: boolean;
  problems: { field: string; message: string; line: number; expected: string; controller?: string }[];
}

const CONFIRM_WITHIN_MS = 120_000;

export class Configuration {
  private readonly card = byId<HTMLDetailsElement>("configuration-card");
  private readonly place = byId("configuration");
  private readonly waiting = make("div", { class: "row", hidden: true });
  private readonly waitingWords = make("strong", { "data-level": "warning" });
  private text: HTMLTextAreaElement | undefined;
  private output: HTMLElement | undefined;
  private shownDigest = "";
  private overview: Overview | undefined;

  constructor(private readonly session: () => SessionFacts | undefined) {
    this.card.addEventListener("toggle", () => {
      if (this.card.open) void this.read();
    });
    const confirm = make("button", { type: "button", class: "primary", onclick: () => this.keep() }, "Keep it");
    const back = make("button", { type: "button", onclick: () => this.takeBack() }, "Take it back");
    this.waiting.append(this.waitingWords, confirm, back);
    this.card.after(this.waiting);
    this.waiting.classList.add("card");
  }

  follow(overview: Overview): void {
    this.overview = overview;
    const { unconfirmed, returnsInMs, digest } = overview.configuration;
    this.waiting.hidden = !unconfirmed;
    if (unconfirmed) {
      setText(this.waitingWords, `A new array file is on trial and is taken back in ${age(returnsInMs ?? 0)}.`);
      for (const button of this.waiting.querySelectorAll("button"))
        button.disabled = !may(this.session(), "administrator");
    }
    if (this.card.open && digest !== this.shownDigest && document.activeElement !== this.text) void this.read();
  }

  private async read(): Promise<void> {
    try {
      const { body } = await read<ConfigurationText>("/api/v1/configuration");
      this.shownDigest = body.digest;
      this.show(body);
    } catch (error) {
      this.place.replaceChildren(make("p", { class: "problem" }, failureWords(error)));
    }
  }

  private show(configuration: ConfigurationText): void {
    const text = make("textarea", { "aria-label": "Array file", spellcheck: "false" });
    text.value = configuration.text ?? "";
    const output = make("pre", { hidden: true, role: "status" });
    const session = this.session();
    const check = make(
      "button",
      { type: "button", disabled: !may(session, "operator"), onclick: () => void this.check() },
      "Check",
    );
    const adopt = make(
      "button",
      { type: "button", class: "primary", disabled: !may(session, "administrator"), onclick: () => this.adopt() },
      "Adopt on trial…",
    );
    this.text = text;
    this.output = output;
    const from = configuration.file === null ? "built in; a change lasts as long as this run" : configuration.file;
    this.place.replaceChildren(
      make("p", { class: "note" }, from),
      text,
      make("div", { class: "row" }, check, adopt),
      output,
    );
  }

  private say(text: string): void {
    if (this.output === undefined) return;
    this.output.hidden = false;
    this.output.textContent = text;
  }

  private async check(): Promise<void> {
    try {
      const body = { text: this.text?.value ?? "" };
      const { body: found } = await command<Check>({
        method: "POST",
        path: "/api/v1/configuration/check",
        body,
        keyed: false,
      });
      const lines = found.problems.map(
        (each) =>
          `${each.controller === undefined ? "" : `${each.controller}: `}${each.line > 0 ? `line ${each.line}: ` : ""}` +
          `${each.field === "" ? "" : `${each.field}: `}${each.message}; right would be: ${each.expected}`,
      );
      this.say(found.adoptable ? "Nothing is wrong with it." : lines.join("\n"));
    } catch (error) {
      this.say(error instanceof Refused ? failureWords(error) : "No processor answers.");
    }
  }

  private adopt(): void {
    const revision = this.overview?.revision ?? "";
    const body = { text: this.text?.value ?? "", confirmWithinMs: CONFIRM_WITHIN_MS };
    void confirmed({
      title: "Adopt the array file on trial",
      words: `It is in force at once. Unless you press "Keep it" within ${CONFIRM_WITHIN_MS / 60_000} minutes it is taken back by itself.`,
      verb: "Adopt",
      command: () => ({ method: "PUT", path: "/api/v1/configuration", body, revision }),
      done: () => "The array file is in force, on trial.",
    });
  }

  private keep(): void {
    const { revision = "", configuration } = this.overview ?? {};
    void confirmed({
      title: "Keep the array file",
      words: "It stays in force, also after a restart.",
      verb: "Keep it",
      command: () => ({
        method: "POST",
        path: "/api/v1/configuration/confirm",
        body: { digest: configuration?.digest ?? "" },
        revision,
      }),
      done: () => "The array file is kept.",
    });
  }

  private takeBack(): void {
    const { revision = "", configuration } = this.overview ?? {};
    void confirmed({
      title: "Take the array file back",
      words: "The one before is in force again.",
      verb: "Take it back",
      command: () => ({
        method: "POST",
        path: "/api/v1/configuration/return",
        body: { digest: configuration?.digest ?? "" },
        revision,
      }),
      done: () => "The earlier array file is in force again.",
    });
  }
}
