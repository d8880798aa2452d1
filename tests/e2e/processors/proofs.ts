/** What is shown of a processor while something is wrong with it: whose its status is, and what its server still does. */

import { FULL_PORT, frontAddress, RESTRICTED_PORT } from "./plan.js";
import type { ProcessorStatus } from "../../../host/management/processors/own.js";
import type { SeenStatus } from "./watch.js";
import type { World } from "./world.js";

/** Of the full set, and not of the restricted one. */
export const FULL_ONLY = ["/api/v1/overview", "/api/v1/configuration", "/api/v1/decisions", "/metrics"] as const;
const RESTRICTED_TOO = ["status", "logs"] as const;

type Look = [boolean, string];

/**
 * That a status which came by way of the active processor is what the other one really produced: asked directly before
 * and after, the same start of the same server counts on, with the forwarded one in between.
 */
export async function isProduced(world: World, subject: string, port: number): Promise<Look> {
  const before = await directly(world, subject, port);
  const since = world.client.statusOf(subject)?.sentUs ?? 0;
  const forwarded = await nextStatus(world, subject, since);
  const after = await directly(world, subject, port);
  if (before === undefined || after === undefined) return [false, `${subject} doesn't answer at its own address`];
  if (forwarded === undefined || !forwarded.fresh) return [false, `no fresh status of ${subject} at the address`];
  const { status, answeredBy } = forwarded;
  const same = [before, after].every(
    (each) => each.processor === subject && each.server === status.server && each.bootCount === status.bootCount,
  );
  const counts = before.sequence < status.sequence && status.sequence < after.sequence;
  const times = before.producedAt <= status.producedAt && status.producedAt <= after.producedAt;
  const detail =
    `${answeredBy} passed on number ${status.sequence} of start ${status.bootCount}, produced at ${status.producedAt}; ` +
    `${subject} itself said ${before.sequence} before and ${after.sequence} after`;
  return [same && counts && times && answeredBy !== subject, detail];
}

/** That an unhealthy processor serves the restricted set and nothing else, on each port where it listens. */
export async function isRestricted(world: World, subject: string, ports: readonly number[]): Promise<Look> {
  const host = frontAddress(subject);
  const found: string[] = [];
  for (const port of ports) {
    for (const path of FULL_ONLY) {
      const { reply, why } = await world.client.ask(host, port, "GET", path);
      const { code, active } = (reply.body ?? {}) as { code?: string; active?: string | null };
      if (reply.status !== 503 || code !== "restricted_server")
        found.push(`${port} ${path}: ${reply.status} ${why ?? ""}`);
      else if (active === subject) found.push(`${port} ${path}: names itself active`);
    }
    for (const what of RESTRICTED_TOO) {
      const { reply } = await world.client.ask(host, port, "GET", `/api/v1/processors/${subject}/${what}`);
      if (reply.status !== 200) found.push(`${port} ${what}: ${reply.status}`);
    }
  }
  const detail = `${FULL_ONLY.length} refused, ${RESTRICTED_TOO.length} answered on ${ports.join(" and ")}`;
  return [found.length === 0, found.length === 0 ? detail : found.join("; ")];
}

/** The port where its restricted server surely is; the management one may be kept by the hung full server. */
export const RESTRICTED_PORTS: Readonly<Record<string, readonly number[]>> = {
  "its disk full": [FULL_PORT, RESTRICTED_PORT],
  "its service paused": [RESTRICTED_PORT],
  "its web server hung": [RESTRICTED_PORT],
};

async function directly(world: World, subject: string, port: number): Promise<ProcessorStatus | undefined> {
  const { reply } = await world.client.ask(frontAddress(subject), port, "GET", `/api/v1/processors/${subject}/status`);
  return reply.status === 200 ? (reply.body as { status: ProcessorStatus }).status : undefined;
}

/** A status that was asked for at the address from now on. */
async function nextStatus(world: World, subject: string, sinceUs: number): Promise<SeenStatus | undefined> {
  for (let look = 0; look < 100; look++) {
    const seen = world.client.statusOf(subject);
    // The one under way may have been produced before.
    const later = world.client.statuses.get(subject)?.find((each) => each.sentUs > sinceUs);
    if (later !== undefined && seen !== undefined && seen.sentUs > later.sentUs) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
