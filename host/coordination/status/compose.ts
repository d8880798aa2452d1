/** This controller's own status, from what its module and its kernel know. */

import type { Shim } from "../../shim/shim.js";
import { NOBODY } from "./claims.js";
import type { StatusFeed } from "./feed.js";
import { NOWHERE } from "./places.js";
import { emptyStatus, type HeldAddress, type OwnStatus, type StatusFacts, type StoredEpoch } from "./status.js";

/** What neither the module nor the feed knows. */
export type OwnFacts = Omit<StatusFacts, "configuration" | "carried"> & { epochs: StoredEpoch[] };

/** A message's contents, as things stand between two ticks. */
export function composeStatus(shim: Shim, feed: StatusFeed, facts: OwnFacts): OwnStatus {
  const status: OwnStatus = { ...emptyStatus(feed.places.digest), ...facts };
  addNetworkPorts(status, shim, feed);
  addTargetPorts(status, shim, feed);
  addHeld(status, feed);
  addUnits(status, feed);
  return status;
}

function addNetworkPorts(status: OwnStatus, shim: Shim, { places }: StatusFeed): void {
  const { networkPortInput } = shim.core.views;
  for (let place = 0; place < places.networkPorts.length; place++) {
    const row = places.networkPorts[place] as number;
    if (places.networkPortOwners[place] !== places.own || row === NOWHERE) continue;
    const known = networkPortInput.incarnation(row) === shim.incarnation;
    const link = known ? networkPortInput.link(row) : 0;
    status.networkPorts.push({ place, link, errors: known ? networkPortInput.errors(row) : 0 });
  }
}

function addTargetPorts(status: OwnStatus, shim: Shim, { places }: StatusFeed): void {
  const { targetPortInput, targetPortState } = shim.core.views;
  for (let place = 0; place < places.targetPorts.length; place++) {
    const row = places.targetPorts[place] as number;
    if (places.targetPortOwners[place] !== places.own || row === NOWHERE) continue;
    const known = targetPortInput.incarnation(row) === shim.incarnation;
    status.targetPorts.push({
      place,
      link: known ? targetPortInput.link(row) : 0,
      loadPermille: Math.min(targetPortState.loadPermille(row), 0xffff),
      plannedPermille: Math.min(targetPortState.arrivingPermille(row), 0xffff),
    });
    status.registrations.push({ port: place, first: 0, words: registrations(shim, row, places.targets) });
  }
}

/** Targets whose registration through a port is listed, and that the module doesn't want withdrawn. */
function registrations(shim: Shim, port: number, targets: Int32Array): Uint32Array {
  const { registrationInput, registrationState, targetPortState } = shim.core.views;
  const wordsPerTarget = registrationInput.capacity / shim.core.views.targetConfig.capacity;
  const words = new Uint32Array(Math.ceil(targets.length / 32));
  if (port >= targetPortState.capacity) return words;
  for (let place = 0; place < targets.length; place++) {
    const row = (targets[place] as number) * wordsPerTarget + (port >> 5);
    if (row < 0 || registrationInput.incarnation(row) !== shim.incarnation) continue;
    const kept = registrationInput.ports(row) & ~registrationState.withdrawn(row);
    if (((kept >>> (port & 31)) & 1) === 0) continue;
    words[place >> 5] = ((words[place >> 5] as number) | (1 << (place & 31))) >>> 0;
  }
  return words;
}

/** Before the kernel was asked once, nothing is said of any address. */
function addHeld(status: OwnStatus, { places, ownInterfaces }: StatusFeed): void {
  const count = places.interfaces.length;
  if (count === 0 || !ownInterfaces.hasSaid(places.own, 0)) return;
  const held: HeldAddress[] = [];
  for (let place = 0; place < count; place++) {
    const port = ownInterfaces.ofController(places.own, place);
    if (port !== NOBODY) held.push({ interface: place, port });
  }
  status.held.push({ first: 0, last: count - 1, held });
}

function addUnits(status: OwnStatus, { places, ownUnits }: StatusFeed): void {
  const count = places.units.length;
  if (count === 0 || !ownUnits.hasSaid(places.own, 0)) return;
  const words = new Uint32Array(Math.ceil(count / 32));
  for (let place = 0; place < count; place++) {
    if (ownUnits.ofController(places.own, place) === NOBODY) continue;
    words[place >> 5] = ((words[place >> 5] as number) | (1 << (place & 31))) >>> 0;
    status.carried++;
  }
  status.units.push({ first: 0, words });
}

/** Whether a link of an own port has changed since the latest message: one is then sent at once. Allocates nothing. */
export class OwnLinks {
  private sent = 0;

  /** To be called when a message goes out. */
  note(shim: Shim, feed: StatusFeed): void {
    this.sent = linksOf(shim, feed);
  }

  changed(shim: Shim, feed: StatusFeed): boolean {
    return linksOf(shim, feed) !== this.sent;
  }
}

/** A number that another link of any own port changes: FNV-1a over them. */
function linksOf(shim: Shim, { places }: StatusFeed): number {
  const { networkPortInput, targetPortInput } = shim.core.views;
  let hash = 0x811c9dc5;
  for (let place = 0; place < places.networkPorts.length; place++) {
    const row = places.networkPorts[place] as number;
    if (places.networkPortOwners[place] !== places.own || row === NOWHERE) continue;
    hash = Math.imul(hash ^ networkPortInput.link(row), 0x01000193);
  }
  for (let place = 0; place < places.targetPorts.length; place++) {
    const row = places.targetPorts[place] as number;
    if (places.targetPortOwners[place] !== places.own || row === NOWHERE) continue;
    hash = Math.imul(hash ^ targetPortInput.link(row), 0x01000193);
  }
  return hash;
}
