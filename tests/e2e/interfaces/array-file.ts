/** The array file of the run's controllers. */

import { join } from "node:path";
import { ETCD_PORT } from "../common/etcd.js";
import type { AddedInterface } from "./additions.js";
import {
  backplane,
  COMMAND_PORT,
  CONTROLLERS,
  ETCD_NUMBERS,
  INTERFACES,
  ISCSI_PORT,
  type PlannedController,
  SHELF_COMMAND_PORT,
  SHELF_NUMBER,
  STATUS_PORT,
  UNITS,
} from "./plan.js";

/** Heartbeats as keepalived's advertisements: each second, three missed. */
export const INTERVAL_MS = 1000;
export const FALL_COUNT = 3;
export const LEASE_MS = 3000;
/** Fall time or lease, whichever is longer. */
export const DETECTION_MS = Math.max(INTERVAL_MS * FALL_COUNT, LEASE_MS);

const FAIL_BACK_MS = 3000;
const HOLD_DOWN_MAX_MS = 2000;

export interface ArrayFileOptions {
  /** Folder of the run. */
  folder: string;
  keyFile: string;
  /** The shelf's tgtd. */
  controlPort: number;
}

export interface ArrayAdditions {
  controllers: readonly PlannedController[];
  port: { controller: string; device: string };
  interfaces: readonly AddedInterface[];
}

/** File in which the shelf's agent keeps epochs. */
export function shelfRecord(folder: string): string {
  return join(folder, "shelf.json");
}

/** YAML is JSON too. @param added what a revision adds, behind all else */
export function arrayText({ folder, keyFile, controlPort }: ArrayFileOptions, added?: ArrayAdditions): string {
  const shelf = backplane(SHELF_NUMBER).ipv4;
  const pair = added?.controllers ?? [];
  const array = {
    name: "array-1",
    profile: "standard",
    // Groups of those that a revision adds follow from their order.
    controllers: [
      ...CONTROLLERS.map((each) => ({ ...controllerOf(each), group: each.group })),
      ...pair.map(controllerOf),
    ],
    networkPorts: [
      ...[...CONTROLLERS, ...pair].flatMap(({ name, devices }) => devices.map((device) => portOf(name, device))),
      ...(added === undefined ? [] : [portOf(added.port.controller, added.port.device)]),
    ],
    interfaces: [
      ...INTERFACES.map((each) => interfaceOf(each, `${each.controller} ${each.device}`)),
      ...(added?.interfaces ?? []).map((each) => interfaceOf(each, each.home)),
    ],
    units: UNITS.map(({ name, owner }) => ({ name, owner })),
    // Target ports are no part of this run, but an array has one.
    ports: [{ name: "p1", controller: CONTROLLERS[0]?.name }],
    policy: {
      interfaces: { failBackMs: FAIL_BACK_MS, unitReturnMs: FAIL_BACK_MS },
      // The same port and server fail again and again here, by intention: waits that double would be all that is seen.
      health: { networkPort: { holdDownMaxMs: HOLD_DOWN_MAX_MS }, server: { holdDownMaxMs: HOLD_DOWN_MAX_MS } },
    },
    coordination: {
      keyFile,
      stateFolder: join(folder, "state"),
      intervalMs: INTERVAL_MS,
      fallCount: FALL_COUNT,
      leaseMs: LEASE_MS,
      etcd: { endpoints: ETCD_NUMBERS.map((number) => `${backplane(number).ipv4}:${ETCD_PORT}`) },
    },
    sources: {
      shelf: {
        portal: `${shelf}:${ISCSI_PORT}`,
        command: `${shelf}:${SHELF_COMMAND_PORT}`,
        controlPort,
        record: shelfRecord(folder),
        units: Object.fromEntries(UNITS.map(({ name, target, port }) => [name, { target, port }])),
      },
    },
  };
  return `${JSON.stringify(array, null, 2)}\n`;
}

function controllerOf({ name, partner, number }: PlannedController) {
  const { ipv4, ipv6 } = backplane(number);
  const control = [`${ipv4}:${STATUS_PORT}`, `[${ipv6}]:${STATUS_PORT}`];
  return { name, partner, control, command: `${ipv4}:${COMMAND_PORT}` };
}

function portOf(controller: string, device: string) {
  return { name: `${controller}-${device}`, controller, device };
}

/** @param home `controller device` */
function interfaceOf(planned: { name: string; address: string; prefixLength: number }, home: string) {
  const { name, address, prefixLength } = planned;
  return { name, address: `${address}/${prefixLength}`, home: home.replace(" ", "-") };
}
