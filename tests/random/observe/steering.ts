/** Listing order and what a move needs withdrawn, worked out from the configuration. */

import { NextPortal, type Views } from "../../../host/shim/generated/layout.js";
import { portRows } from "./tables.js";

/** Rows of ports in the order in which the iSNS server lists portals: by their place, then by id. */
export function listingOrder(views: Views): number[] {
  const { targetPortConfig } = views;
  return portRows(views).sort(
    (one, two) =>
      targetPortConfig.listOrder(one) - targetPortConfig.listOrder(two) ||
      targetPortConfig.id(one) - targetPortConfig.id(two),
  );
}

/** Ports that an initiator which lost `from` meets, in the order in which it would. */
export function portalsFrom(views: Views, from: number, nextPortal: number): number[] {
  const order = listingOrder(views);
  const turn = nextPortal === NextPortal.FOLLOWING ? order.indexOf(from) : 0;
  return [...order.slice(turn), ...order.slice(0, turn)];
}

/** True if the move needs the port withdrawn from its target until it has landed. */
export function needsWithdrawn(views: Views, move: number, port: number): boolean {
  const [from, to] = [views.move.from(move), views.move.to(move)];
  if (port === from) return true;
  if (views.move.steered(move) === 0 || port === to) return false;
  const order = portalsFrom(views, from, views.move.nextPortal(move));
  return order.indexOf(port) < order.indexOf(to);
}
