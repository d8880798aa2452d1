/** Addresses of controllers: an IP address and a port, written `127.0.0.1:7801` or `[::1]:7801`. */

import { isIPv4, isIPv6 } from "node:net";

export interface Endpoint {
  /** Without brackets. */
  address: string;
  port: number;
  family: 4 | 6;
}

/** What an endpoint looks like, for messages to the operator. */
export const ENDPOINT_EXPECTED = "address:port such as 192.0.2.1:7801 or [2001:db8::1]:7801, no names";

/** Undefined for what is none: names are not looked up, since no controller may wait for a name server. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([\d.]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) return undefined;
  const [, six, four] = match;
  if (six !== undefined) return isIPv6(six) ? { address: six, port, family: 6 } : undefined;
  return isIPv4(four as string) ? { address: four as string, port, family: 4 } : undefined;
}

/** The one spelling of an endpoint. */
export function endpointText({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
