/** Commands of an operator: each asks for confirmation, says what came of it, and is sent again when its answer is lost. */

import { type Asked, command, type Command, Refused, Unreached, Unsure } from "./api.js";
import { byId, make, toast } from "./elements.js";

export interface Wish {
  title: string;
  /** What will happen, in sentences. */
  words: string;
  /** The word on the button. */
  verb: string;
  danger?: boolean;
  /** Fields to fill in; their values are read when it is confirmed. */
  fields?: readonly HTMLElement[];
  command(): Command;
  /** What is said when it is done. */
  done(answer: Asked<unknown>): string;
}

/** Opens the dialog; what is confirmed is carried out and told of. Ends with true when it was done. */
export function confirmed(wish: Wish): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("dialog");
  return new Promise((resolve) => {
    const problem = make("p", { class: "problem", role: "alert" });
    const cancel = make("button", { type: "button", onclick: () => dialog.close("cancel") }, "Cancel");
    const go = make("button", { type: "submit", class: wish.danger ? "danger" : "primary" }, wish.verb);
    const form = make(
      "form",
      { method: "dialog" },
      make("h2", { id: "dialog-title" }, wish.title),
      make("p", {}, wish.words),
      ...(wish.fields ?? []),
      problem,
      make("div", { class: "row" }, cancel, go),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void carryOut(wish, go, cancel, problem).then((done) => {
        if (done) dialog.close("done");
      });
    });
    dialog.replaceChildren(form);
    dialog.onclose = () => resolve(dialog.returnValue === "done");
    dialog.returnValue = "";
    dialog.showModal();
    // What does nothing has the focus: a stray Enter changes nothing.
    (wish.fields === undefined ? cancel : undefined)?.focus();
  });
}

async function carryOut(
  wish: Wish,
  go: HTMLButtonElement,
  cancel: HTMLButtonElement,
  problem: HTMLElement,
): Promise<boolean> {
  go.disabled = true;
  cancel.disabled = true;
  problem.textContent = "";
  try {
    toast(wish.done(await command(wish.command())));
    return true;
  } catch (error) {
    problem.textContent = failureWords(error);
    return false;
  } finally {
    go.disabled = false;
    cancel.disabled = false;
  }
}

/** Why something was not done, for people. */
export function failureWords(error: unknown): string {
  if (error instanceof Unreached)
    return "No processor answers. Whether it was done is not known; the page will show it.";
  if (error instanceof Unsure)
    return "Its answer was lost, and things have changed since. Whether it was done is not known; the page will show it.";
  if (!(error instanceof Refused)) return error instanceof Error ? error.message : String(error);
  const { problem } = error;
  if (problem.status === 412)
    return "Not done: things have changed since you looked. Close this, look again, and repeat it.";
  const more = (problem.problems ?? []).slice(0, 5).map((each) => {
    const line = each.line ? `line ${each.line}: ` : "";
    const controller = each.controller === undefined ? "" : `${each.controller}: `;
    const field = each.field === "" ? "" : `${each.field}: `;
    return `${controller}${line}${field}${each.message}${each.expected ? ` (${each.expected})` : ""}`;
  });
  return ["Not done: ", problem.detail, ...more.map((text) => `\n${text}`)].join("");
}
