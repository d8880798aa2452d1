/** The fence, tried with nothing around it: two processes, one address, and a pause. */

import { setTimeout as delay } from "node:timers/promises";
import type { Checks } from "../common/checks.js";
import type { Undo } from "../common/undo.js";
import { nowUs } from "./clock.js";
import type { Driven } from "./driven.js";
import type { Network } from "./network.js";
import { INTERFACES, type PlannedInterface } from "./plan.js";
import { EchoProber, WireProber } from "./probers.js";

/** From a renewal to the end that it sets. */
const HOLD_MS = 1500;
const SETTLE_MS = 500;

export interface TrialParts {
  network: Network;
  /** Path of the compiled prober. */
  prober: string;
  checks: Checks;
  undo: Undo;
}

/** Both families, one after the other. @param first, second drivers of two controllers, without addresses */
export async function tryFence(parts: TrialParts, first: Driven, second: Driven): Promise<void> {
  const [four, six] = INTERFACES as [PlannedInterface, PlannedInterface, ...PlannedInterface[]];
  await tryOne(parts, four, first, second);
  // The roles are exchanged: the second one's end is moved on already.
  await tryOne(parts, six, second, first);
}

async function tryOne(parts: TrialParts, planned: PlannedInterface, holder: Driven, taker: Driven): Promise<void> {
  const { checks, network, prober, undo } = parts;
  const { address } = planned;
  const place = { address: `${address}/${planned.prefixLength}`, device: "e0" };
  const wire = new WireProber(prober, network.witness, [address], undo);
  const echo = new EchoProber(prober, network.client, [address], undo);
  await holder.ask({ do: "add", ...place });
  await delay(SETTLE_MS);
  if (holder.endMs === 0) {
    const early = wire.answerer(address);
    checks.note(`${address} is silent before the first renewal`, "wire", early === undefined, early ?? "no answer");
    await holder.ask({ do: "renew", ms: HOLD_MS });
  }
  await delay(2 * HOLD_MS);
  const answers = async (): Promise<[boolean, string]> => {
    const hardware = wire.answerer(address);
    return [echo.silent().length === 0 && hardware !== undefined, `${hardware} answers`];
  };
  await checks.comes(`${address} answers while its end is moved on`, "client, wire", answers);
  const before = wire.answerer(address);

  network.pause(holder.name);
  holder.leave({ do: "late", ms: HOLD_MS });
  await delay(HOLD_MS + SETTLE_MS);
  const endUs = nowUs() + (holder.latestEndMs - Date.now()) * 1000;
  const lastUs = echo.answeredUs.get(address) ?? 0;
  const silent = echo.silent().length === 1 && lastUs <= endUs;
  const detail = `last answer to a probe sent ${((endUs - lastUs) / 1000).toFixed(1)} ms before the end`;
  checks.note(`a paused controller's ${address} falls silent at its end`, "client", silent, detail);

  if (taker.endMs === 0) await taker.ask({ do: "renew", ms: HOLD_MS });
  await taker.ask({ do: "add", ...place });
  await delay(2 * SETTLE_MS);
  await checks.comes(
    `another answers for ${address} while the paused one's kernel still has it`,
    "client, wire",
    async () => {
      const [isAnswered, detail] = await answers();
      return [isAnswered && wire.answerer(address) !== before, detail];
    },
  );
  const after = wire.answerer(address);
  network.resume(holder.name);
  await holder.ask({ do: "remove", ...place });
  const still = wire.answerer(address) === after && wire.doubles.length === 0;
  checks.note(
    `${address} never has two holders, also after a late renewal`,
    "wire",
    still,
    `${wire.doubles.length} rounds`,
  );
  await taker.ask({ do: "remove", ...place });
  // Its own renewals have ended with the pause.
  await holder.ask({ do: "renew", ms: HOLD_MS });
  wire.stop();
  echo.stop();
}
