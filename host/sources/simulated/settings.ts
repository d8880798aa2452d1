/** What can be set in the simulated world: the section `sources.simulated` of an array file. */

/** Shortest and longest of a delay in milliseconds; each time one is drawn evenly between them. */
export type DelayRange = readonly [shortestMs: number, longestMs: number];

/** How the applications on the hosts load the array: on and off, with heavy-tailed rates while on. */
export interface LoadSettings {
  /** Mean load of the whole array, in permille of its scarcest resource. */
  meanPermille: number;
  /** Mean length of a burst, and of the pause after it. Both are exponentially distributed. */
  onMs: number;
  offMs: number;
  /** Shape of the Pareto distribution that a burst's rate is drawn from: between 1 (wild) and 3 (tame). */
  tailShape: number;
  /** Highest rate of a burst in multiples of the lowest. */
  peakRatio: number;
  /** Sizes of a command's data, in KiB; each application uses one. */
  blockKiB: readonly number[];
  /** Commands that an application has under way at most through one session. */
  queueDepth: number;
}

/** Processor time that a port spends on one command and on each KiB of its data, in microseconds. */
export interface CostSettings {
  commandUs: number;
  kibUs: number;
}

export interface DelaySettings {
  /** One way between any two machines. */
  networkMs: DelayRange;
  /** Work of the iSNS server on one request. */
  serverMs: DelayRange;
  /** From the request to log out until the initiator has finished its commands and logs out (steps 301, 302). */
  logoutMs: DelayRange;
  /** From the end of a session until the initiator asks the iSNS server (step 303). */
  reconnectMs: DelayRange;
  /** Login phase: connection, security and operational negotiation (step 305). */
  loginMs: DelayRange;
  /** Until an initiator notices that a link is dead (no answer to its NOP-Out). */
  lossMs: DelayRange;
  /** Until an initiator gives up connecting to a port whose link is dead. */
  connectTimeoutMs: number;
  /** Until an initiator that found no portal, or no server, asks again. */
  askAgainMs: number;
  /** Until a client of the iSNS server gives up waiting for an answer. */
  serverTimeoutMs: number;
  /** Between two complete readings of the server's registrations. */
  pollMs: number;
}

/** What the iSNS server knows when it comes back: what it had, what was configured at first, or nothing. */
export type ServerMemory = "kept" | "configured" | "nothing";

/** Where an initiator logs in after it lost a session: by its portal rule, where it was, or nowhere. */
export type ReturnsTo = "next" | "same" | "nowhere";

export type TimelineEvent =
  | { kind: "surge"; atMs: number; port: string; loadPermille: number; forMs: number }
  | { kind: "link"; atMs: number; port: string; state: "up" | "down" }
  | { kind: "server-restart"; atMs: number; downMs: number; memory: ServerMemory }
  | { kind: "forget"; atMs: number; target: string; port: string }
  | { kind: "add"; atMs: number; target: string; port: string }
  | { kind: "returns"; atMs: number; initiator: string; to: ReturnsTo };

export interface SimulatedSettings {
  /** Seed of all that is drawn by chance. */
  seed: number;
  /** Sessions that the initiators hold together. */
  sessions: number;
  /** Initiators, from the last one on, that hold two paths to each of their targets. */
  twoPathInitiators: number;
  /** Where sessions are at the start: spread over their targets' ports, or all on each target's first portal (Figure 8). */
  placement: "spread" | "first";
  /** Initiators that do not understand a request to log out: their connection is closed at its deadline. */
  deafInitiators: number;
  load: LoadSettings;
  cost: CostSettings;
  delays: DelaySettings;
  /** What happens, and when. */
  events: readonly TimelineEvent[];
  /** The events happen again after so many milliseconds; 0: once. */
  repeatMs: number;
}

export const defaultSettings: SimulatedSettings = {
  seed: 1,
  sessions: 200,
  twoPathInitiators: 0,
  placement: "spread",
  deafInitiators: 0,
  load: {
    meanPermille: 400,
    onMs: 1500,
    offMs: 1500,
    tailShape: 1.5,
    peakRatio: 12,
    blockKiB: [4, 8, 16, 64],
    queueDepth: 32,
  },
  cost: { commandUs: 12, kibUs: 0.5 },
  delays: {
    networkMs: [1, 3],
    serverMs: [2, 8],
    logoutMs: [60, 240],
    reconnectMs: [80, 200],
    loginMs: [20, 80],
    lossMs: [800, 1500],
    connectTimeoutMs: 1000,
    askAgainMs: 1000,
    serverTimeoutMs: 2000,
    pollMs: 1000,
  },
  events: [],
  repeatMs: 0,
};
