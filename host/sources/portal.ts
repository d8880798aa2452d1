/** Portals in one spelling, so that what a server prints can be compared with what the array file says. */

const ISCSI_PORT = 3260;

export interface PortalParts {
  /** Without brackets. */
  address: string;
  port: number;
}

/** Address and TCP port of `10.0.0.1:3260`, `[fd00::1]:3260` or an address alone (port 3260); undefined for neither. */
export function portalParts(text: string): PortalParts | undefined {
  let url: URL;
  try {
    url = new URL(`iscsi://${text}`);
  } catch {
    return undefined;
  }
  if (url.hostname === "" || url.pathname !== "" || url.username !== "" || url.search !== "" || url.hash !== "") {
    return undefined;
  }
  const address = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? ISCSI_PORT : Number(url.port);
  return port === 0 ? undefined : { address, port };
}

/** The one spelling of a portal, IPv6 addresses compressed and in brackets; undefined for what is none. */
export function canonicalPortal(text: string): string | undefined {
  const parts = portalParts(text);
  if (parts === undefined) return undefined;
  return parts.address.includes(":") ? `[${parts.address}]:${parts.port}` : `${parts.address}:${parts.port}`;
}
