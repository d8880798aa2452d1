/** Addresses with their prefix length, as an array file writes them and as the kernel prints them. */

import { isIP, SocketAddress } from "node:net";

export interface ParsedAddress {
  family: 4 | 6;
  /** The address as the kernel prints it (RFC 5952 for IPv6). */
  text: string;
  prefixLength: number;
  /** 4 or 16 bytes. */
  bytes: Uint8Array;
}

/** @throws Error where the text is no `address/prefix length` */
export function parseAddress(text: string): ParsedAddress {
  const [host = "", length = ""] = text.split("/");
  const family = isIP(host);
  const prefixLength = Number(length);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || !/^\d{1,3}$/.test(length) || prefixLength > most || text.split("/").length !== 2) {
    throw new Error(`"${text}" is no address with a prefix length, such as 192.0.2.11/24 or 2001:db8::11/64`);
  }
  if (family === 4) return { family, text: host, prefixLength, bytes: Uint8Array.from(host.split("."), Number) };
  const canonical = new SocketAddress({ address: host, family: "ipv6" }).address;
  return { family: 6, text: canonical, prefixLength, bytes: bytes6(canonical) };
}

/** The 16 bytes of an IPv6 address (RFC 4291, section 2.2). */
function bytes6(text: string): Uint8Array {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted === null ? text : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [left = "", right] = plain.split("::");
  const head = groups(left);
  const tail = groups(right ?? "");
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function hex(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
