/**
 * Another array file, asked for at the one address: each processor checks it; in force everywhere or nowhere; taken back
 * where nobody confirms it, confirmed by whoever is active by then, and taken up by one that was away.
 */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { revisionOf } from "./continuity.js";
import type { Story } from "./story.js";
import type { Answer } from "./watch.js";
import type { World } from "./world.js";

const CONFIGURATION = "/api/v1/configuration";
const CHANGED = 412;
/** What happens meanwhile changes the array's revision: then the client looks again. */
const TRIES = 10;
/** Nobody confirms it in this time; all have had it in force before. */
const UNCONFIRMED_MS = 15_000;
const CONFIRM_MS = 600_000;

interface Configuration {
  text: string;
  digest: string;
  unconfirmed: boolean;
}

/** What the run changes of the array file. */
interface ArrayFile {
  controllers: { name: string; command: string }[];
  policy: { common: { graceMs: number } };
}

interface Found {
  controller?: string;
  field: string;
  message: string;
}

export async function reconfigure(story: Story, world: World): Promise<void> {
  const name = `${world.parts.plan.name}: another array file`;
  const before = await configurationOf(world);
  const array = JSON.parse(before.text) as ArrayFile;
  await checked(world, name, array);
  const other = changed(array, { policy: { ...array.policy, common: { graceMs: array.policy.common.graceMs + 100 } } });
  await takenBack(world, name, before, other);
  await confirmedByTheNext(story, world, name, before, other);
}

/** One that a single controller can't take, here what it alone was set up with, is adopted nowhere. */
async function checked(world: World, name: string, array: ArrayFile): Promise<void> {
  const active = world.client.latest?.processor;
  const other = array.controllers.find(({ name }) => name !== active);
  const track = { links: [{ device: "lo", weight: 1 }] };
  const controllers = array.controllers.map((each) => (each === other ? { ...each, track } : each));
  const text = changed(array, { controllers });
  const asked = {
    wish: "command",
    method: "POST",
    path: `${CONFIGURATION}/check`,
    body: { text },
    keyed: false,
  } as const;
  const { reply } = await world.client.request(asked).answer;
  const { adoptable, problems = [] } = (reply.body ?? {}) as { adoptable?: boolean; problems?: Found[] };
  const own = `controllers[${other?.name}].track`;
  const named = problems.length > 0 && problems.every((each) => each.controller === other?.name && each.field === own);
  const detail = problems.map(wordsOf).join("; ") || `${reply.status}`;
  world.checks.note(
    `${name}: what ${other?.name} tracks can't change while it runs: it alone says so, asked through ${active}`,
    "client",
    adoptable === false && named,
    detail,
  );
}

/** Committed and not confirmed: in force at each processor, and then no more. */
async function takenBack(world: World, name: string, before: Configuration, text: string): Promise<void> {
  const { checks } = world;
  const was = await everywhere(world, name, "one is in force at all", undefined);
  const { reply, why } = await commit(world, text, UNCONFIRMED_MS);
  checks.note(`${name}: committed`, "client", reply.status === 200, `${reply.status} ${why ?? ""}`);
  await everywhere(world, name, "in force at all", was);
  await checks.comes(`${name}: not confirmed, the one before is in force at all`, "client", async () => {
    const now = configurations(world);
    return [now.every((each) => each === was), now.join(", ")];
  });
  const now = await configurationOf(world);
  const same = now.digest === before.digest && !now.unconfirmed;
  checks.note(`${name}: the text is the one before`, "client", same, now.digest);
}

/** Committed, then the active one dies: its successor confirms, once the dead one is back and has it too. */
async function confirmedByTheNext(
  story: Story,
  world: World,
  name: string,
  before: Configuration,
  text: string,
): Promise<void> {
  const { checks, client, processors } = world;
  const was = await everywhere(world, name, "one is in force at all", undefined);
  const committed = await commit(world, text, CONFIRM_MS);
  checks.note(`${name}: committed again`, "client", committed.reply.status === 200, `${committed.reply.status}`);
  await everywhere(world, name, "in force at all again", was);
  const victim = story.active();
  await processors.die(victim);
  await checks.comes(`${name}: ${victim} killed, another one answers`, "client", async () => {
    const seen = client.latest;
    return [seen !== undefined && seen.processor !== victim && seen.server === "full", `${seen?.processor}`];
  });
  const { digest, unconfirmed } = await configurationOf(world);
  checks.note(`${name}: it still waits to be confirmed`, "client", unconfirmed && digest !== before.digest, digest);
  const early = await send(world, "POST", `${CONFIGURATION}/confirm`, { digest });
  const problems = ((early.reply.body ?? {}) as { problems?: Found[] }).problems ?? [];
  const named = problems.length > 0 && problems.every(({ controller }) => controller === victim);
  const detail = `${early.reply.status} ${problems.map(wordsOf).join("; ")}`;
  checks.note(`${name}: not confirmed while ${victim} is away`, "client", early.reply.status === 409 && named, detail);
  processors.startAll();
  await story.well(`${name}: ${victim} is back, all are well`);
  await everywhere(world, name, `${victim} has taken it up`, was);
  let confirmed: Answer | undefined;
  await checks.comes(`${name}: confirmed`, "client", async () => {
    confirmed = await send(world, "POST", `${CONFIGURATION}/confirm`, { digest });
    return [confirmed.reply.status === 200, `${confirmed.reply.status} ${confirmed.why ?? ""}`];
  });
  await checks.comes(`${name}: each has it in its own file`, "files", async () => {
    const without = world.names.filter((each) => !isDeepStrictEqual(fileOf(world, each), JSON.parse(text)));
    return [without.length === 0, without.length === 0 ? world.names.join(", ") : `not ${without.join(", ")}`];
  });
}

function fileOf(world: World, processor: string): unknown {
  return JSON.parse(readFileSync(world.files.array(processor), "utf8"));
}

function changed(array: ArrayFile, change: Partial<ArrayFile>): string {
  return `${JSON.stringify({ ...array, ...change }, null, 2)}\n`;
}

/** Digests of the configurations that the processors say they run. */
function configurations(world: World): (string | undefined)[] {
  return world.names.map((name) => world.client.statusOf(name)?.status.configuration);
}

/** Waits until all run one, and another than `was`. @returns its digest */
async function everywhere(world: World, name: string, what: string, was: string | undefined): Promise<string> {
  let found = "";
  await world.checks.comes(`${name}: ${what}`, "client", async () => {
    const now = configurations(world);
    found = now[0] ?? "";
    return [found !== "" && found !== was && now.every((each) => each === found), now.join(", ")];
  });
  return found;
}

function commit(world: World, text: string, confirmWithinMs: number): Promise<Answer> {
  return send(world, "PUT", CONFIGURATION, { text, confirmWithinMs });
}

/** A command on the array as it is now. */
async function send(world: World, method: "POST" | "PUT", path: string, body: object): Promise<Answer> {
  for (let tries = TRIES; ; tries--) {
    const revision = await revisionOf(world);
    const answer = await world.client.request({ wish: "command", method, path, body, revision }).answer;
    if (answer.reply.status !== CHANGED || tries === 0) return answer;
  }
}

async function configurationOf(world: World): Promise<Configuration> {
  const { reply } = await world.client.request({ wish: "read", method: "GET", path: CONFIGURATION }).answer;
  return reply.body as Configuration;
}

function wordsOf({ controller, field, message }: Found): string {
  return `${controller ?? "?"}: ${field}: ${message}`;
}
