/** One unit, two servers and the shelf, tried by hand: forwarding, and a server that is paused with writes under way. */

import { setTimeout as delay } from "node:timers/promises";
import { ShelfAgent } from "../../../host/effectors/units/shelf/agent.js";
import { TgtShelf } from "../../../host/effectors/units/shelf/tgt-shelf.js";
import { CommandQueue, runCommand } from "../../../host/sources/command.js";
import { Tgtadm } from "../../../host/sources/tgt/tgtadm.js";
import type { Driven } from "./driven.js";
import type { TrialParts } from "./fence-trial.js";
import { nowUs } from "./clock.js";
import { INTERFACES, type PlannedInterface, UNITS } from "./plan.js";
import type { ShelfServer } from "./shelf.js";
import { UnitClient } from "./units.js";

const HOLD_MS = 2000;
const RUN_MS = 4000;
const TIMEOUT_MS = 5000;

function agentOf(shelf: ShelfServer): ShelfAgent {
  const tgtadm = new Tgtadm(new CommandQueue(runCommand, 1), shelf.controlPort, TIMEOUT_MS);
  const targets = new Map(UNITS.map(({ name, target }) => [name, target]));
  let kept: string | undefined;
  const store = {
    read: () => Promise.resolve(kept),
    write: (text: string) => {
      kept = text;
      return Promise.resolve();
    },
  };
  return new ShelfAgent(
    UNITS.map(({ name }) => name),
    new TgtShelf(tgtadm, { targets, timeoutMs: TIMEOUT_MS }),
    store,
  );
}

/** @param owner, partner drivers of two controllers, the fence of both ended or moved on by them */
export async function tryUnit(parts: TrialParts, shelf: ShelfServer, owner: Driven, partner: Driven): Promise<void> {
  const { checks, network, undo } = parts;
  const agent = agentOf(shelf);
  await agent.start();
  const unit = UNITS[0]?.name as string;
  const both = [owner, partner];
  for (const driven of both) {
    await driven.ask({ do: "renew", ms: HOLD_MS });
    for (const planned of placesOf(driven.name)) await driven.ask({ do: "add", ...placeOf(planned) });
  }
  const move = async (to: Driven, epoch: number) => {
    const { initiator } = await agent.admit(unit, to.name, "1", epoch);
    await to.ask({ do: "serve", unit, initiator });
    const reachable = both.filter((each) => each === to || !network.isPaused(each.name));
    for (const driven of reachable) await driven.ask({ do: "route", servers: { [unit]: to.name } });
    return initiator;
  };
  await move(owner, 5);
  const addresses = both.flatMap((each) => placesOf(each.name).map(({ address }) => address));
  const planned = UNITS.slice(0, 1).map(({ name, port }) => ({ name, port, number: 1 }));
  const client = new UnitClient(network.client, { addresses, units: planned }, undo);
  await delay(RUN_MS);
  const through = client.latest.get(unit)?.through ?? [];
  checks.note(
    "a unit is reached through every address of both servers, and both families",
    "client",
    through.length === addresses.length,
    `${through.join(", ")}; ${client.writes} writes`,
  );

  network.pause(owner.name);
  const movedUs = nowUs();
  const initiator = await move(partner, 6);
  await delay(RUN_MS);
  const goesOn = client.answering(movedUs + (RUN_MS * 1000) / 2).length === 1;
  checks.note(
    "the unit goes on at its partner while its server is paused",
    "client",
    goesOn,
    `${client.writes} writes`,
  );
  const refused = await agent.admit(unit, owner.name, "1", 5).then(
    () => "admitted",
    (error: Error) => error.message,
  );
  checks.note("a lower epoch is refused", "shelf", refused.includes("lower"), refused);
  network.resume(owner.name);
  await delay(RUN_MS);
  const sessions = await shelf.sessions(unit);
  const alone = sessions.length > 0 && sessions.every((each) => each === initiator);
  checks.note("the resumed server's export is not let in again", "tgtd", alone, sessions.join(", "));
  await owner.ask({ do: "route", servers: { [unit]: partner.name } });

  await move(owner, 7);
  await delay(RUN_MS);
  client.stop();
  const code = await client.ended;
  const right = code === 0 && client.readBack === true && client.wrong.length === 0;
  const breaks = client.latest.get(unit)?.breaks ?? 0;
  const detail = `${client.writes} writes, ${breaks} connections broken; ${client.wrong.join("; ") || "no block wrong"}`;
  checks.note("every block is as it was last written, also after the unit is back", "client", right, detail);
  for (const driven of both) {
    await driven.ask({ do: "stop", unit });
    for (const planned of placesOf(driven.name)) await driven.ask({ do: "remove", ...placeOf(planned) });
  }
}

function placesOf(controller: string): PlannedInterface[] {
  return INTERFACES.filter((each) => each.controller === controller);
}

function placeOf({ address, prefixLength, device }: PlannedInterface) {
  return { address: `${address}/${prefixLength}`, device };
}
