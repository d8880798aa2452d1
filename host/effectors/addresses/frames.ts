/** The Ethernet frames that tell neighbours where an address is now. */

import type { ParsedAddress } from "./address.js";

/** Both kinds have the same length, so that a stream of them falls apart into frames again. */
export const FRAME_BYTES = 86;

const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/** Ethernet address of the multicast group ff02::1 (RFC 2464, section 7). */
const ALL_NODES_ETHERNET = [0x33, 0x33, 0, 0, 0, 1];
const ALL_NODES = Uint8Array.from([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const ICMPV6 = 58;
const IPV6_AT = 14;
const ICMPV6_AT = IPV6_AT + 40;
const ADVERTISEMENT_BYTES = 32;

/** @param hardware the device's own address, `02:00:00:00:00:01` */
export function announcement(address: ParsedAddress, hardware: string): Uint8Array {
  const own = Uint8Array.from(hardware.split(":"), (part) => Number.parseInt(part, 16));
  return address.family === 4 ? arpAnnouncement(address.bytes, own) : advertisement(address.bytes, own);
}

/** ARP announcement (RFC 5227, section 2.3): a request for the own address; zeros up to the common length follow it. */
function arpAnnouncement(address: Uint8Array, own: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES);
  frame.set(BROADCAST, 0);
  frame.set(own, 6);
  // Ethernet type ARP; hardware Ethernet, protocol IPv4, lengths 6 and 4, operation request.
  frame.set([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1], 12);
  frame.set(own, 22);
  frame.set(address, 28);
  frame.set(address, 38);
  return frame;
}

/** Unsolicited neighbour advertisement with the override flag (RFC 4861, sections 4.4 and 7.2.6). */
function advertisement(address: Uint8Array, own: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES);
  frame.set(ALL_NODES_ETHERNET, 0);
  frame.set(own, 6);
  // Ethernet type IPv6, version 6, payload length, next header ICMPv6, hop limit 255.
  frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, ADVERTISEMENT_BYTES, ICMPV6, 255], 12);
  frame.set(address, IPV6_AT + 8);
  frame.set(ALL_NODES, IPV6_AT + 24);
  // Type 136, code 0, checksum later, override flag; the target; option 2 (target link-layer address) of 8 bytes.
  frame.set([136, 0, 0, 0, 0x20, 0, 0, 0], ICMPV6_AT);
  frame.set(address, ICMPV6_AT + 8);
  frame.set([2, 1, ...own], ICMPV6_AT + 24);
  new DataView(frame.buffer).setUint16(ICMPV6_AT + 2, checksum(frame));
  return frame;
}

/** Checksum over pseudo-header and message (RFC 4443, section 2.3; RFC 8200, section 8.1). */
function checksum(frame: Uint8Array): number {
  const view = new DataView(frame.buffer);
  let sum = ADVERTISEMENT_BYTES + ICMPV6;
  for (let at = IPV6_AT + 8; at < FRAME_BYTES; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
