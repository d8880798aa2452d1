/** What deciders ask of controllers, as it goes over the link; read with every field checked. */

import { type Holdings, ORDER_KINDS, type Order } from "../effects.js";
import type { Message } from "./link.js";

/** Store this epoch of the scope, void what was ordered before, and report what you hold. */
export interface RaiseRequest {
  scope: string;
  epoch: number;
  /** Session of the addressee, as the asker knows it. */
  session: number;
  /** Orders of this epoch up to this one that have not begun are void. */
  barrier: number;
}

/** Carry this out. */
export interface OrderRequest {
  order: Order;
  session: number;
  /** Grows with each order of an epoch. */
  sequence: number;
  /** Digest of the asker's configuration. */
  configuration: number;
}

export type OrderResult = "done" | "refused" | "failed";

/** @returns undefined for a message that is none */
export function readRaise(message: Message): RaiseRequest | undefined {
  const { scope, epoch, session, barrier } = message;
  if (typeof scope !== "string" || !isCount(epoch) || !isCount(session) || !isCount(barrier)) return undefined;
  return { scope, epoch, session, barrier };
}

export function readOrder(message: Message): OrderRequest | undefined {
  const { order, session, sequence, configuration } = message;
  if (!isCount(session) || !isCount(sequence) || !isCount(configuration)) return undefined;
  if (typeof order !== "object" || order === null) return undefined;
  const { kind, subject, port, scope, epoch } = order as Record<string, unknown>;
  if (typeof subject !== "string" || typeof port !== "string" || typeof scope !== "string" || !isCount(epoch)) {
    return undefined;
  }
  const known = ORDER_KINDS.find((each) => each === kind);
  return known && { order: { kind: known, subject, port, scope, epoch }, session, sequence, configuration };
}

export function readHoldings(value: unknown): Holdings | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { interfaces, units, active } = value as Record<string, unknown>;
  if (!Array.isArray(interfaces) || !Array.isArray(units) || typeof active !== "boolean") return undefined;
  const held: Holdings["interfaces"] = [];
  for (const each of interfaces as Record<string, unknown>[]) {
    if (typeof each?.name !== "string" || typeof each.port !== "string") return undefined;
    held.push({ name: each.name, port: each.port });
  }
  if (!units.every((unit) => typeof unit === "string")) return undefined;
  return { interfaces: held, units: units as string[], active };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
