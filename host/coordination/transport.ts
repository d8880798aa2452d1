/** Datagrams between controllers: unreliable, unordered, perhaps doubled, and not to be trusted. */

/** Bytes of a datagram at most: IPv6's least MTU (1280) less its header and UDP's, so that none is ever cut up. */
export const DATAGRAM_BYTES_MAX = 1232;

/** Links between two controllers at most; each has a socket pair of its own. */
export const LINK_MAX = 4;

/** @param link on which it came, from 0 @param bytes valid during the call only: copy what is kept */
export type DatagramListener = (link: number, bytes: Uint8Array) => void;

export interface Transport {
  /** Links that this controller has. */
  readonly links: number;
  /**
   * Sends a datagram to a controller, by its place in the configuration, on one link; no link to it: nothing happens.
   * Never throws: what can't be sent is lost, and counted by whoever implements it. The bytes are copied.
   */
  send(link: number, controller: number, bytes: Uint8Array): void;
  /** The one listener. */
  onDatagram(listener: DatagramListener): void;
  close(): Promise<void>;
}
