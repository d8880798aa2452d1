/** Why datagrams were dropped, and what each link brings. */

/** Why a datagram was not taken. */
export type DropReason =
  | "malformed"
  | "otherVersion"
  | "unknownSender"
  | "wrongKey"
  | "wrongLink"
  | "oldBoot"
  | "oldSequence"
  | "replayed"
  | "unechoed";

export class StatusCounters {
  /** Datagrams that came, and those of them that said something new. */
  received = 0;
  accepted = 0;
  /** Datagrams given to the transport. */
  sent = 0;
  /** Not as described. */
  malformed = 0;
  otherVersion = 0;
  /** No controller of the configuration. */
  unknownSender = 0;
  /** The code doesn't fit: another key, or changed bytes. */
  wrongKey = 0;
  /** Sent on one link and come on another. */
  wrongLink = 0;
  /** Of an earlier start of the sender. */
  oldBoot = 0;
  /** Overtaken on its own link. */
  oldSequence = 0;
  /** Came on this link before. */
  replayed = 0;
  /** The receiver has just started, and the sender doesn't say that it hears this start. */
  unechoed = 0;
}

/** One link from one sender. */
export interface LinkState {
  /** Datagrams that were the first of their kind over all links. */
  first: number;
  /** Datagrams whose like had come on another link. */
  duplicates: number;
  /** Monotonic milliseconds of the latest good one; -infinity before the first. */
  heardMs: number;
  /** It brings nothing while another link does. */
  dead: boolean;
}
