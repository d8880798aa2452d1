/** What is shown while a restricted server answers: that it is one, why, and the little that it can do. */

import type { ProcessorStatus } from "../processors/own.js";
import { get, Refused } from "./api.js";
import { confirmed, failureWords } from "./commands.js";
import { byId, make } from "./elements.js";
import { may, type SessionFacts } from "./login.js";
import type { Health } from "./stream.js";
import { age } from "./words.js";

interface StatusAnswer {
  status: ProcessorStatus;
}

let shown = "";

export function hideRestricted(): void {
  shown = "";
  byId("restricted").hidden = true;
}

/** Shows the restricted server's own account; what could not be read is said. */
export async function showRestricted(health: Health, session: SessionFacts | undefined): Promise<void> {
  const place = byId("restricted");
  const path = `/api/v1/processors/${encodeURIComponent(health.processor)}`;
  let answer: StatusAnswer | undefined;
  let tag: string | null = null;
  let failure = "";
  try {
    const asked = await get<StatusAnswer>(`${path}/status`);
    answer = asked.body;
    tag = asked.etag;
  } catch (error) {
    failure = error instanceof Refused ? error.problem.detail : "it did not answer";
  }
  const facts = JSON.stringify([health, answer?.status.service.running, answer?.status.selfTests, tag, failure]);
  if (facts === shown && !place.hidden) return;
  shown = facts;
  place.replaceChildren(
    make("h2", { id: "restricted-title" }, `Restricted server of ${health.processor}`),
    make("p", {}, whoWords(health)),
    ...(answer === undefined
      ? [make("p", { class: "problem" }, `Its status can't be read: ${failure}.`)]
      : accountOf(answer.status)),
    make("div", { class: "row" }, ...buttons(path, tag, session)),
    make("div", { id: "restricted-output" }),
  );
  place.hidden = false;
}

function whoWords({ active, processor }: Health): string {
  const only =
    "This server has its processor's own status, logs, self-test and the restart of its service; nothing else.";
  if (active === null) return `${only} No processor is active now; the page goes on by itself once one is.`;
  if (active === processor) return `${only} Its full server is not there at the moment; the page goes on by itself.`;
  return `${only} The active processor is ${active}.`;
}

function accountOf(status: ProcessorStatus): HTMLElement[] {
  const { service, selfTests } = status;
  const tick = service.lastTickAgeMs === null ? "no tick is known" : `last tick ${age(service.lastTickAgeMs)} ago`;
  const running = service.running ? `runs, ${tick}` : "does not run";
  const tests = selfTests.map((test) => {
    const [words, level] =
      test.passed === null ? ["not tested", "quiet"] : test.passed ? ["passed", "good"] : ["failed", "bad"];
    return make(
      "li",
      {},
      make("strong", {}, test.name),
      make("span", { class: "badge", "data-level": level }, words),
      make("span", { class: "why" }, test.detail),
    );
  });
  return [
    make("p", {}, `State: ${status.state}. Service: ${running}; started ${status.bootCount} times.`),
    make("h3", {}, "Self-tests"),
    make("ul", { class: "things" }, ...tests),
  ];
}

function buttons(path: string, tag: string | null, session: SessionFacts | undefined): HTMLElement[] {
  const show = (text: string) => byId("restricted-output").replaceChildren(make("pre", { tabindex: 0 }, text));
  const logs = make("button", { type: "button", disabled: !may(session, "operator") }, "Show logs");
  logs.addEventListener("click", () => {
    get<{ lines: { at: string; text: string }[] }>(`${path}/logs?lines=200`)
      .then(({ body }) => show(body.lines.map((line) => `${line.at} ${line.text}`).join("\n") || "no lines"))
      .catch((error: unknown) => show(failureWords(error)));
  });
  const restart = make(
    "button",
    { type: "button", disabled: !may(session, "administrator") || tag === null },
    "Restart service",
  );
  restart.addEventListener("click", () => {
    void confirmed({
      title: "Restart the service",
      words: "The service ends and is started again by its supervisor. What it decides rests for some seconds.",
      verb: "Restart",
      danger: true,
      command: () => ({ method: "POST", path: `${path}/restart`, revision: tag ?? "" }),
      done: () => "The service is being restarted.",
    });
  });
  return [logs, restart];
}
