/** What only the full server has: the array's tables, operations, configuration, bundles. */

import { Refusal } from "../access/refusal.js";
import {
  type BundleWish,
  type FoundProblem,
  isUnfulfilled,
  type ManagedArray,
  type Operation,
  type Unfulfilled,
} from "../array/managed-array.js";
import { describe } from "../commands/openapi.js";
import type { OverviewSource } from "../full/overview-source.js";
import type { Call, Handler, Reply, ServerParts } from "../pipeline.js";
import { ok } from "./own.js";

export interface ArrayParts extends ServerParts {
  array: ManagedArray;
  overviews: OverviewSource;
  metrics(): Promise<string>;
}

export function arrayHandlers(parts: ArrayParts): Record<string, Handler> {
  const changes = { ...operationHandlers(parts), ...configurationHandlers(parts), ...bundleHandlers(parts) };
  const seen = Object.entries(changes).map(([name, handler]): [string, Handler] => [
    name,
    async (call) => {
      const reply = await handler(call);
      if (call.command.writes) parts.overviews.forget();
      return reply;
    },
  ]);
  return {
    ...tableHandlers(parts),
    ...Object.fromEntries(seen),
    listAudit: async (call) => ok(audit(parts, call)),
    getMetrics: async () => ok(await parts.metrics()),
    getDescription: async () => ok(describe(parts.version)),
  };
}

function tableHandlers({ array, overviews, directory }: ArrayParts): Record<string, Handler> {
  const table = (rows: () => Promise<readonly unknown[]>): Handler => {
    return async (call) => ok(pageOf(await rows(), call));
  };
  return {
    getOverview: async () => {
      const overview = await overviews.overview();
      return ok(overview, { etag: overview.revision });
    },
    listPorts: table(async () => (await overviews.overview()).ports),
    listTargets: table(async () => (await overviews.tables()).targets()),
    listSessions: table(async () => (await overviews.tables()).sessions()),
    listRegistrations: table(async () => (await overviews.tables()).registrations()),
    listMoves: table(async () => (await overviews.overview()).moves),
    listProcessors: table(async () => directory.rows()),
    listNetworkPorts: table(async () => (await overviews.overview()).networkPorts),
    listInterfaces: table(async () => (await overviews.overview()).interfaces),
    listGroups: table(async () => (await overviews.overview()).groups),
    listUnits: table(async () => (await overviews.overview()).units),
    listScopes: table(async () => (await overviews.overview()).scopes),
    listDecisions: async (call) => {
      const { after, limit } = pageWanted(call);
      const { items, total } = await array.decisions(after, limit);
      return ok({ items, total, next: items.length === limit ? (items.at(-1)?.sequence ?? null) : null });
    },
  };
}

/** `after` counts rows here: tables have no key of their own that would outlive a row. */
function pageOf(rows: readonly unknown[], call: Call) {
  const { after, limit } = pageWanted(call);
  const items = rows.slice(after, after + limit);
  return { items, total: rows.length, next: after + items.length < rows.length ? after + items.length : null };
}

function pageWanted(call: Call): { after: number; limit: number } {
  return { after: Number(call.query["after"] ?? 0), limit: Number(call.query["limit"] ?? 200) };
}

/** The answer of a wish, or its refusal. */
function answer(outcome: object): Reply {
  if (isUnfulfilled(outcome)) throw refusalOf(outcome);
  return ok(outcome);
}

function refusalOf({ refused, code, detail, problems }: Unfulfilled): Refusal {
  if (code === "changed") return new Refusal(412, "changed", detail);
  const listed = problems?.map(shown);
  return new Refusal(refused === "missing" ? 404 : 409, code, detail, listed === undefined ? {} : { problems: listed });
}

function shown({ field, message, line, expected, controller }: FoundProblem) {
  return { field, message, line, expected, ...(controller === undefined ? {} : { controller }) };
}

function operationHandlers({ array }: ArrayParts): Record<string, Handler> {
  const perform = (operation: (call: Call) => Operation): Handler => {
    return async (call) => answer(await array.perform(operation(call), call.condition));
  };
  const isMaintenance = (call: Call) => (call.body as { maintenance: boolean }).maintenance;
  return {
    setPortMaintenance: perform((call) => ({
      kind: "port-maintenance",
      port: String(call.parameters["port"]),
      maintenance: isMaintenance(call),
    })),
    setControllerMaintenance: perform((call) => ({
      kind: "controller-maintenance",
      controller: String(call.parameters["controller"]),
      maintenance: isMaintenance(call),
    })),
    failBack: perform((call) => ({ kind: "fail-back", server: (call.body as { server?: string }).server })),
    rebalance: perform(() => ({ kind: "rebalance" })),
    switchOver: perform((call) => ({
      kind: "switch-over",
      processor: (call.body as { processor: string }).processor,
    })),
  };
}

function configurationHandlers({ array }: ArrayParts): Record<string, Handler> {
  const digestOf = (call: Call) => (call.body as { digest: string }).digest;
  return {
    getConfiguration: async () => {
      const configuration = await array.configuration();
      return ok(configuration, { etag: configuration.revision });
    },
    checkConfiguration: async (call) => {
      const { problems, digest } = await array.checkConfiguration((call.body as { text: string }).text);
      return ok({ adoptable: problems.length === 0, problems: problems.map(shown), digest });
    },
    commitConfiguration: async (call) => {
      const { text, confirmWithinMs } = call.body as { text: string; confirmWithinMs: number };
      const reply = answer(await array.commitConfiguration(text, confirmWithinMs, call.condition));
      return { ...reply, body: { adopted: true, ...(reply.body as object) } };
    },
    confirmConfiguration: async (call) => {
      const reply = answer(await array.confirmConfiguration(digestOf(call)));
      return { ...reply, body: { confirmed: true, ...(reply.body as object) } };
    },
    returnConfiguration: async (call) => {
      const reply = answer(await array.returnConfiguration(digestOf(call)));
      return { ...reply, body: { returned: true, ...(reply.body as object) } };
    },
  };
}

function bundleHandlers({ array }: ArrayParts): Record<string, Handler> {
  const change = async (wish: BundleWish): Promise<Reply> => {
    const reply = answer(await array.changeBundles(wish));
    return { ...reply, body: (reply.body as { slots: unknown }).slots };
  };
  return {
    getBundles: async () => ok(await array.bundles()),
    installBundle: (call) =>
      change({ kind: "install", ...(call.body as Omit<BundleWish & { kind: "install" }, "kind">) }),
    confirmBundle: () => change({ kind: "confirm" }),
    returnBundle: () => change({ kind: "return" }),
  };
}

function audit(parts: ArrayParts, call: Call) {
  const { after, limit } = pageWanted(call);
  const { entries, total, chain } = parts.audit.read(after, limit);
  const next = entries.length === limit ? (entries.at(-1)?.number ?? null) : null;
  return { intact: chain.intact, head: chain.head, entries: { items: entries, total, next } };
}
