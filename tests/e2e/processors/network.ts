/**
 * The network: a namespace each for the processors, the etcd servers, the client and the witness, and two bridges.
 * Clients see the front; the back is for status messages, commands, forwarded requests and etcd.
 *
 *   client, witness ──┐         ┌── e0 ── processor a, b, c ── m0 ──┐        ┌── etcd 1 … 3
 *                     front (bridge)                               back (bridge)
 */

import { BACK_DEVICE, BridgedNetwork, CLIENT_DEVICE } from "../common/network.js";
import type { Undo } from "../common/undo.js";
import {
  backAddress,
  CLIENT_NUMBER,
  ETCD_SERVERS,
  etcdAddress,
  FRONT_DEVICE,
  frontAddresses,
  numberOf,
  type Plan,
  WITNESS_NUMBER,
} from "./plan.js";

export class Network extends BridgedNetwork {
  /** @param prefix of the namespaces' names */
  constructor(
    prefix: string,
    private readonly plan: Plan,
    undo: Undo,
  ) {
    super(prefix, undo);
  }

  processor(name: string): string {
    return this.member(name);
  }

  make(): void {
    this.addBridges();
    for (const name of this.plan.processors) {
      this.addNamespace(this.processor(name));
      this.plug(this.processor(name), FRONT_DEVICE, this.front, name, frontAddresses(numberOf(name)));
      this.plug(this.processor(name), BACK_DEVICE, this.back, name, [`${backAddress(name)}/24`]);
    }
    for (const number of ETCD_SERVERS) {
      this.addNamespace(this.etcd(number));
      this.plug(this.etcd(number), BACK_DEVICE, this.back, `etcd${number}`, [`${etcdAddress(number)}/24`]);
    }
    for (const [namespace, number, far] of [
      [this.client, CLIENT_NUMBER, "client"],
      [this.witness, WITNESS_NUMBER, "witness"],
    ] as const) {
      this.addNamespace(namespace);
      this.plug(namespace, CLIENT_DEVICE, this.front, far, frontAddresses(number));
    }
  }

  /** Takes the carrier from a processor's link to its clients, or gives it back. */
  setFront(processor: string, state: "up" | "down"): void {
    this.inside(this.front, "ip", "link", "set", "dev", processor, state);
  }

  /** Cuts a processor off from these addresses on the back, both ways; none: no cut. */
  cut(processor: string, addresses: readonly string[]): void {
    this.cutAddresses(processor, addresses);
  }
}
