/** Ties are broken by stable id: other rows for the same things, the same decisions. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { HostedCase } from "./case.js";
import { HostedRun, type Told } from "./run.js";

/** The array with its things in another order of ids' rows: those of the second half were there first. */
export function halfOf(array: ArrayDescription): ArrayDescription {
  const interfaces = (array.interfaces ?? []).filter((_, index) => index % 3 === 0).reverse();
  const kept = new Set(interfaces.map(({ home }) => home));
  const ports = (array.networkPorts ?? []).filter(({ name }, index) => index % 2 === 1 || kept.has(name));
  const names = new Set(ports.map(({ name }) => name));
  return {
    ...array,
    networkPorts: ports,
    interfaces: interfaces.map((each) => ({
      ...each,
      ...(each.eligible === undefined ? {} : { eligible: each.eligible.filter((name) => names.has(name)) }),
    })),
  };
}

/** Gives every thing the id that its place in the file would give it, so that rows alone differ. */
export function withIds(array: ArrayDescription): ArrayDescription {
  const number = <T extends object>(things: readonly T[] | undefined) =>
    (things ?? []).map((thing, index) => ({ ...thing, id: index + 1 }));
  return {
    ...array,
    controllers: number(array.controllers),
    networkPorts: number(array.networkPorts),
    interfaces: number(array.interfaces),
    units: number(array.units),
  };
}

function lines(told: readonly Told[]): string[] {
  const texts = told.map(({ atMs, kind, subject, from, to }) => `${atMs} ${kind} ${subject} ${from} ${to}`);
  return texts.sort();
}

/** What differs between a run and one with other rows. */
export function relabelled(case_: HostedCase, module: Uint8Array): string[] {
  const array = withIds(case_.array);
  const one = new HostedRun({ ...case_, array }, module);
  const other = new HostedRun({ ...case_, array }, module, { first: halfOf(array) });
  one.run({});
  other.run({});
  const [left, right] = [lines(one.decisions), lines(other.decisions)];
  if (JSON.stringify(left) === JSON.stringify(right)) return [];
  const differing = left.find((line, index) => line !== right[index]) ?? right[left.length];
  return [`with other rows it differs at: ${differing}`];
}
