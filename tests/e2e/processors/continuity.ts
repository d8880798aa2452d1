/**
 * What a client does goes on over a change of the active processor: planned, requests under way are answered first;
 * unplanned, a read is answered by the successor, and a command is answered or surely not done, and never done twice.
 */

import { isDeepStrictEqual } from "node:util";
import type { Story } from "./story.js";
import type { Answer, Requested } from "./watch.js";
import type { World } from "./world.js";

const SWITCH_OVER = "/api/v1/operations/switch-over";
/** The array of the run has one port, so that there is something to command. */
const DRAIN = "/api/v1/ports/p1/maintenance";
const CHANGED = 412;
/** A machine that stands still for seconds has its full servers ended as hung, and what they knew is lost: tried again. */
const TRIES = 2;

/** The active one finishes what it was asked; then the one that was named takes over, and the stream goes on there. */
export async function switchOver(story: Story, world: World): Promise<void> {
  const { client, checks } = world;
  const from = story.active();
  const [to = "", third] = world.others(from);
  const name = `${world.parts.plan.name}: switch-over from ${from} to ${to}`;
  await story.measured("planned switch-over", from, async () => {
    const revision = await revisionOf(world);
    const slow = third === undefined ? undefined : await askSlowly(world, third, name);
    const asked = client.request({
      wish: "command",
      method: "POST",
      path: SWITCH_OVER,
      body: { processor: to },
      revision,
    });
    if (slow !== undefined && third !== undefined) {
      const { reply } = await slow.answer;
      const { answeredBy } = (reply.body ?? {}) as { answeredBy?: string };
      const right = reply.status === 200 && answeredBy === from && slow.sent.length === 1;
      const waited = (asked.sent[0]?.atUs ?? Number.POSITIVE_INFINITY) < (await slow.answer).atUs;
      const detail = `${reply.status} by ${answeredBy} at try ${slow.sent.length}, ${waited ? "while" : "before"} the switch-over was asked for`;
      checks.note(`${name}: the request under way is answered by ${from}`, "client", right, detail);
      goOn(world, third);
    }
    const { reply, why } = await asked.answer;
    const { state } = (reply.body ?? {}) as { state?: string };
    checks.note(`${name}: it is answered`, "client", reply.status === 200, `${reply.status} ${state ?? why ?? ""}`);
    await checks.comes(`${name}: ${to} answers`, "client", async () => {
      const seen = client.latest;
      return [seen?.processor === to && seen.server === "full", `${seen?.processor} by its ${seen?.server} server`];
    });
    await streamGoesOn(world, name, to);
    await story.well(`${name}: all are well`);
  });
}

/** The active one is killed while it carries out a command and has another one restart its service. */
export async function killedWhileCommanded(story: Story, world: World): Promise<void> {
  const { client, checks } = world;
  const victim = story.active();
  const others = world.others(victim);
  const subject = others.at(-1) as string;
  const name = `${world.parts.plan.name}: ${victim} killed while it carries out a command`;
  await story.measured("killed while it carries out a command", victim, async () => {
    const before = endings(world);
    const starts = client.statusOf(subject)?.status.bootCount ?? 0;
    const drained = client.request(drain(true, await revisionOf(world)));
    const restart = client.request(restartOf(subject, starts));
    await drained.begun;
    await world.processors.die(victim);
    for (const [what, asked] of [
      ["the command", drained],
      [`a restart of ${subject}`, restart],
    ] as const) {
      const answer = await asked.answer;
      const detail = `${detailOf(answer)}, at try ${asked.sent.length}`;
      checks.note(`${name}: ${what} is answered, or surely not done`, "client", isSettled(answer), detail);
    }
    const after = endings(world);
    const times = others.reduce((sum, each) => sum + (after.get(each) ?? 0) - (before.get(each) ?? 0), 0);
    const detail = `carried out ${times} times by ${others.join(" and ")}`;
    checks.note(`${name}: the others carry it out once at most`, "audit logs", times <= 1, detail);
    await streamGoesOn(world, name, undefined);
    world.processors.startAll();
    await story.well(`${name}: started again, all are well`);
    await restartedOnce(world, name, subject, starts);
  });
}

/** The active one is killed when it has answered, and its answer is asked for again; a read is under way meanwhile. */
export async function killedOnceAnswered(story: Story, world: World, tries = TRIES): Promise<void> {
  const { client, checks } = world;
  const victim = story.active();
  const third = world.others(victim)[1];
  const name = `${world.parts.plan.name}: ${victim} killed once it has answered`;
  let isKnown = true;
  await story.measured("killed once it has answered a command", victim, async () => {
    const wish = drain(false, await revisionOf(world));
    const first = client.request(wish);
    const answer = await first.answer;
    checks.note(`${name}: answered`, "client", answer.reply.status === 200, detailOf(answer));
    const before = endings(world);
    const slow = third === undefined ? undefined : await askSlowly(world, third, name);
    await world.processors.die(victim);
    if (slow !== undefined && third !== undefined) {
      // The successor can ask it.
      goOn(world, third);
      const { reply } = await slow.answer;
      const { answeredBy } = (reply.body ?? {}) as { answeredBy?: string };
      const right = reply.status === 200 && answeredBy !== victim;
      const detail = `${reply.status} by ${answeredBy} at try ${slow.sent.length}`;
      checks.note(`${name}: the read under way is answered by the successor`, "client", right, detail);
    }
    const again = await client.request({ ...wish, key: first.sent[0]?.key ?? "" }).answer;
    const same = again.reply.headers?.["replayed"] === "true" && isDeepStrictEqual(again.reply.body, answer.reply.body);
    isKnown = same || tries === 1;
    if (isKnown) {
      checks.note(`${name}: the next one gives the same answer to the same key`, "client", same, detailOf(again));
      const after = endings(world);
      const others = world.others(victim).filter((each) => after.get(each) !== before.get(each));
      const detail = others.join(", ") || "nobody";
      checks.note(`${name}: nobody carries it out again`, "audit logs", others.length === 0, detail);
    } else story.tell(`     ${name}: ${detailOf(again)}; again`);
    world.processors.startAll();
    await story.well(`${name}: started again, all are well`);
  });
  if (!isKnown) await killedOnceAnswered(story, world, tries - 1);
}

/** A restart that nobody carried out is asked for anew; in the end there has been one. */
async function restartedOnce(world: World, name: string, subject: string, starts: number): Promise<void> {
  const { client, checks } = world;
  const count = () => client.statusOf(subject)?.status.bootCount ?? 0;
  if (count() === starts) {
    await client.request(restartOf(subject, starts)).answer;
  }
  await checks.comes(
    `${name}: ${subject} is started again`,
    "client",
    async () => [count() > starts, `${count()}`],
    true,
  );
  const detail = `start ${starts} before, start ${count()} after`;
  checks.note(`${name}: ${subject} was restarted once`, "client", count() === starts + 1, detail);
}

function drain(maintenance: boolean, revision: string) {
  return { wish: "command", method: "PUT", path: DRAIN, body: { maintenance }, revision } as const;
}

/** The start that is to end is named. */
function restartOf(processor: string, starts: number) {
  const path = `/api/v1/processors/${processor}/restart`;
  return { wish: "command", method: "POST", path, revision: `"start-${starts}"` } as const;
}

/** The processor is paused, so that whoever asks it for the client waits; returns once its request is under way. */
async function askSlowly(world: World, subject: string, name: string): Promise<Requested> {
  const { client, checks, network } = world;
  client.keepQuiet([subject]);
  network.pause(subject);
  const path = `/api/v1/processors/${subject}/status`;
  const slow = client.request({ wish: "read", method: "GET", path });
  await checks.comes(
    `${name}: a request is under way`,
    "client",
    // What was sent after it has been answered: it has been taken up too.
    async () => [(client.latest?.sentUs ?? 0) > (slow.sent[0]?.atUs ?? Number.POSITIVE_INFINITY), ""],
    true,
  );
  return slow;
}

function goOn({ network, client }: World, paused: string): void {
  network.resume(paused);
  client.keepQuiet([]);
}

/** The array's revision, which a command names. */
export async function revisionOf(world: World): Promise<string> {
  const { reply } = await world.client.request({ wish: "read", method: "GET", path: "/api/v1/overview" }).answer;
  return (reply.body as { revision: string }).revision;
}

/** Done; or refused since things aren't as they were, so that the client looks again. */
function isSettled({ reply }: Answer): boolean {
  return reply.status === 200 || reply.status === CHANGED;
}

function detailOf({ reply, why }: Answer): string {
  const replayed = reply.headers?.["replayed"] === "true" ? ", as before" : "";
  return `${reply.status}${replayed}${why === undefined ? "" : `: ${why}`}`;
}

/** How often each processor has carried out the command to its end. */
function endings(world: World): Map<string, number> {
  return new Map(
    world.names.map((name) => {
      const entries = world.processors.auditOf(name);
      return [name, entries.filter((each) => each.command === "setPortMaintenance" && each.outcome === "ended").length];
    }),
  );
}

/** It brings overviews again, of the processor that is active now. */
async function streamGoesOn(world: World, name: string, to: string | undefined): Promise<void> {
  const { client, checks } = world;
  await checks.comes(`${name}: the event stream goes on there, by the same login`, "client", async () => {
    const { stream, latest } = client;
    if (stream?.what !== "overview") return [false, stream?.what ?? "never opened"];
    const right = stream.processor === (to ?? latest?.processor) && client.logins === 1;
    return [right, `${stream.processor}, ${client.logins} login`];
  });
}
