/** Who is logged in: by the token in the printed address, by the cookie of before, or by a password. */

import type { Role } from "../commands/command.js";
import { get, post, Refused, Unreached } from "./api.js";
import { byId, make } from "./elements.js";

export interface SessionFacts {
  user: string;
  role: Role;
  expiresAt: string;
  processor: string;
  server: "full" | "restricted";
}

const RANKS: readonly Role[] = ["monitor", "operator", "administrator"];

export function may(session: SessionFacts | undefined, role: Role): boolean {
  return session !== undefined && RANKS.indexOf(session.role) >= RANKS.indexOf(role);
}

/** The session that there is, undefined for none. @throws Unreached */
export async function presentSession(): Promise<SessionFacts | undefined> {
  const used = await useOneTimeToken();
  if (used !== undefined) return used;
  try {
    return (await get<{ session: SessionFacts }>("/api/v1/session")).body.session;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** The token is behind the `#`: browsers send that to no server, and it is taken out of the address at once. */
async function useOneTimeToken(): Promise<SessionFacts | undefined> {
  const match = /^#once=([A-Za-z0-9_-]{43})$/.exec(location.hash);
  if (match === null) return undefined;
  history.replaceState(null, "", location.pathname);
  try {
    return (await post<{ session: SessionFacts }>("/api/v1/session", { oneTimeToken: match[1] })).body.session;
  } catch (error) {
    if (error instanceof Unreached) throw error;
    return undefined;
  }
}

/** Shows the form until somebody has logged in. */
export function askLogin(why: string): Promise<SessionFacts> {
  const place = byId("login");
  return new Promise((resolve) => {
    const user = make("input", { name: "user", autocomplete: "username", required: true, autocapitalize: "none" });
    const password = make("input", {
      name: "password",
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    const problem = make("p", { class: "problem", role: "alert" });
    const submit = make("button", { type: "submit", class: "primary" }, "Log in");
    const form = make(
      "form",
      {},
      make("h2", { id: "login-title" }, "Log in"),
      make("p", { class: "note" }, why),
      make("label", {}, "User", user),
      make("label", {}, "Password", password),
      problem,
      make("div", { class: "row" }, submit),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.textContent = "";
      post<{ session: SessionFacts }>("/api/v1/session", { user: user.value, password: password.value })
        .then(({ body }) => {
          place.hidden = true;
          place.replaceChildren();
          resolve(body.session);
        })
        .catch((error: unknown) => {
          problem.textContent =
            error instanceof Refused ? `${error.problem.detail}.` : "No processor answers. Try again.";
        })
        .finally(() => {
          submit.disabled = false;
        });
    });
    place.replaceChildren(form);
    place.hidden = false;
    user.focus();
  });
}

export async function logOut(): Promise<void> {
  await post("/api/v1/session", undefined, "DELETE");
}
