/** The commands that an operator has on this page, each with what it will do in words. */

import type { Overview } from "../array/overview.js";
import type { PortRow } from "../array/tables.js";
import { confirmed } from "./commands.js";
import { byId, make } from "./elements.js";

export function setPortMaintenance(port: PortRow, overview: Overview): void {
  const maintenance = !port.maintenance;
  const drain = `${port.sessions} sessions are asked to come in through other ports, and ${port.registrationsWanted} registrations are withdrawn. A session without another way stays until it has one.`;
  void confirmed({
    title: maintenance ? `Drain ${port.name}` : `Return ${port.name} to service`,
    words: maintenance ? drain : "Its registrations come back, and sessions may come in through it again.",
    verb: maintenance ? "Drain" : "Return to service",
    command: () => ({
      method: "PUT",
      path: `/api/v1/ports/${encodeURIComponent(port.name)}/maintenance`,
      body: { maintenance },
      revision: overview.revision,
    }),
    done: () => (maintenance ? `${port.name} is being drained.` : `${port.name} is back in service.`),
  });
}

/** Buttons of things that this array has; those without are not offered. */
export function showOperations(overview: Overview, allowed: boolean): void {
  const placed = overview.interfaces.length > 0 || overview.units.length > 0;
  fill(byId("interface-commands"), placed ? ["Rebalance", "Fail back"] : [], allowed, (name) =>
    name === "Rebalance" ? rebalance(overview) : failBack(overview),
  );
  const several = overview.processors.length > 1;
  fill(byId("processor-commands"), several ? ["Switch over"] : [], allowed, () => switchOver(overview));
}

function fill(place: HTMLElement, names: readonly string[], allowed: boolean, act: (name: string) => void): void {
  const present = [...place.querySelectorAll("button")];
  if (present.length !== names.length) {
    place.replaceChildren(...names.map((name) => make("button", { type: "button" }, `${name}…`)));
  }
  for (const [index, button] of [...place.querySelectorAll("button")].entries()) {
    button.disabled = !allowed;
    button.title = allowed ? "" : "needs the role operator";
    button.onclick = () => act(names[index] as string);
  }
}

function rebalance(overview: Overview): void {
  void confirmed({
    title: "Rebalance the interfaces",
    words:
      "Interfaces are spread as evenly as can be, with the fewest moves. Connections through those that move break for a moment.",
    verb: "Rebalance",
    command: () => ({ method: "POST", path: "/api/v1/operations/rebalance", body: {}, revision: overview.revision }),
    done: () => "The interfaces are being rebalanced.",
  });
}

function failBack(overview: Overview): void {
  void confirmed({
    title: "Fail back",
    words: "Interfaces and units that are elsewhere go home. Connections through them break for a moment.",
    verb: "Fail back",
    command: () => ({ method: "POST", path: "/api/v1/operations/fail-back", body: {}, revision: overview.revision }),
    done: () => "What was displaced goes home.",
  });
}

function switchOver(overview: Overview): void {
  const others = overview.processors.filter((processor) => !processor.active);
  const select = make(
    "select",
    { name: "processor" },
    ...others.map(({ name }) => make("option", { value: name }, name)),
  );
  void confirmed({
    title: "Switch over",
    words: "Another processor becomes the active one, once requests under way are answered. This page goes on with it.",
    verb: "Switch over",
    fields: [make("label", {}, "To processor ", select)],
    command: () => ({
      method: "POST",
      path: "/api/v1/operations/switch-over",
      body: { processor: select.value },
      revision: overview.revision,
    }),
    done: () => `${select.value} becomes the active processor.`,
  });
}
