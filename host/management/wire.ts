/** What both servers do alike on the wire. */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

export const PROBLEM_TYPE = "application/problem+json";

/** Limits on connections and requests, of both servers. */
export interface WireLimits {
  /** Time for a request's headers, and for all of it, in milliseconds. */
  headersMs: number;
  requestMs: number;
}

/** For the TLS handshake of a connection. */
export const HANDSHAKE_MS = 10_000;

export const WIRE_LIMITS: WireLimits = { headersMs: 5000, requestMs: 10_000 };
const HEADER_BYTES_MAX = 16 * 1024;
const CHECKING_MS = 500;

/** Options of node's servers. A missing Host is refused by the gate, which leaves an entry; node alone would leave none. */
export function serverOptions({ headersMs, requestMs }: WireLimits) {
  return {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: CHECKING_MS,
    requireHostHeader: false,
    insecureHTTPParser: false,
  };
}

/** On every answer. The page's own policy is stricter only in what it allows to be loaded. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** The client's address, an IPv4 one in an IPv6 socket as IPv4. */
export function sourceOf(socket: Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** The name in a client certificate that the array's authority has signed; undefined for none, or for another's. */
export function certificateName(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
