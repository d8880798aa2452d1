/** What a command costs a port. All costs are whole numbers, so that sums and comparisons are exact. */

export type LoadKind = "processor" | "bandwidth" | "operations";

/** Cost of one command and of what it moves. */
export interface LoadModel {
  readonly kind: LoadKind;
  readonly unit: string;
  /** Cost of the command as such. */
  readonly command: number;
  /** Bytes that cost one unit; 0 where bytes cost nothing. */
  readonly bytesPerUnit: number;
}

/**
 * Processor: 20 µs a command and 1 ns for 4 bytes, about what a core that serves iSCSI in software takes (50,000
 * small commands or 4 GB a second). The absolute numbers are of no account, since a port's capacity follows from
 * the mean; their ratio is: 80 KiB cost as much again as the command.
 */
export const loadModels: Record<LoadKind, LoadModel> = {
  processor: { kind: "processor", unit: "ns", command: 20_000, bytesPerUnit: 4 },
  bandwidth: { kind: "bandwidth", unit: "bytes", command: 0, bytesPerUnit: 1 },
  operations: { kind: "operations", unit: "commands", command: 1, bytesPerUnit: 0 },
};

/** Cost of one command that moves `bytes`, in the model's unit. */
export function commandCost(model: LoadModel, bytes: number): number {
  return model.command + (model.bytesPerUnit === 0 ? 0 : Math.round(bytes / model.bytesPerUnit));
}
