/** The array file of the run, and the names that stand in it. */

import { stringify } from "yaml";
import type { Network } from "./network.js";

const NAME_BASE = "iqn.2024-01.org.example";

/**
 * Targets without login redirection: their sessions are closed, and take the first portal still listed (step 305),
 * steered past full ports by what is withdrawn meanwhile. Their hosts are moved first.
 */
export const PLAIN_TARGETS: readonly number[] = [1, 2, 3, 4];

export function targetName(number: number): string {
  return `${NAME_BASE}:volume${number}`;
}

export function initiatorName(host: number): string {
  return `${NAME_BASE}:host${host}`;
}

export interface ArrayParts {
  network: Network;
  targets: number;
  /** Processor time of a port in permille of one processor. */
  processorPermille: number;
  controlPorts: readonly number[];
  controlGroups: readonly string[];
  isnsSocket: string;
}

/** As an operator would write it; the knobs that differ from their defaults make the run short, not possible. */
export function arrayText(parts: ArrayParts): string {
  const { network } = parts;
  const numbers = Array.from({ length: network.ports }, (_, index) => index + 1);
  const byPort = <T>(of: (port: number) => T) => Object.fromEntries(numbers.map((port) => [`p${port}`, of(port)]));
  return stringify({
    name: "array-1",
    profile: "small",
    ports: numbers.map((port) => ({
      name: `p${port}`,
      address: `${network.portAddress(port)}:3260`,
      tag: port,
      capacity: { processor: parts.processorPermille * 1000 },
    })),
    targets: Array.from({ length: parts.targets }, (_, index) => ({
      name: targetName(index + 1),
      redirection: !PLAIN_TARGETS.includes(index + 1),
    })),
    initiators: PLAIN_TARGETS.map((host) => ({ name: initiatorName(host), switchingPriority: 1 })),
    policy: {
      ports: {
        highWatermarkPermille: 880,
        lowWatermarkPermille: 500,
        residenceMs: 20_000,
        settleMs: 2500,
        moveMs: 30_000,
        slowStartMs: 5000,
      },
      health: { targetPort: { holdDownMs: 2000 } },
    },
    sources: {
      kernel: {
        sampleMs: 100,
        ports: byPort((port) => ({
          device: network.device(port),
          processor: { controlGroup: parts.controlGroups[port - 1] },
        })),
      },
      tgt: { pollMs: 250, timeoutMs: 5000, ports: byPort((port) => ({ controlPort: parts.controlPorts[port - 1] })) },
      isns: { entity: "array-1", socket: parts.isnsSocket, pollMs: 300, timeoutMs: 3000 },
    },
  });
}
