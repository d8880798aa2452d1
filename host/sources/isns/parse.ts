/** Output of `isnsadm` (open-isns 0.101), parsed strictly: what is not as known is an error, and nothing is taken from it. */

import { OutputError } from "../command.js";

/** A portal group with a tag: the server offers the target through the portal (RFC 4171, section 3.4). */
export interface PortalGroup {
  /** iSCSI name of the target. */
  name: string;
  /** `address:port` of the portal, IPv6 addresses in brackets. */
  portal: string;
  /** Portal group tag; 0 for NULL, which a server may list or leave out. */
  tag: number;
}

const LIST = "isnsadm --list portal-groups";

/** Tags of the iSNS attributes of a portal group (RFC 4171, section 6.1), in hexadecimal as printed. */
const ATTRIBUTE_NAME = "0030";
const ATTRIBUTE_ADDRESS = "0031";
const ATTRIBUTE_PORT = "0032";
const ATTRIBUTE_TAG = "0033";
const KNOWN_ATTRIBUTES = new Set([ATTRIBUTE_NAME, ATTRIBUTE_ADDRESS, ATTRIBUTE_PORT, ATTRIBUTE_TAG, "0034", "0035"]);

/**
 * Output of `isnsadm --list portal-groups`, in the server's order.
 * @throws OutputError
 */
export function parsePortalGroups(text: string): PortalGroup[] {
  const groups: PortalGroup[] = [];
  let attributes: Map<string, string> | undefined;
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "" || line === "(Object list empty)") continue;
    if (/^Object \d+:$/.test(line)) {
      if (attributes !== undefined) groups.push(portalGroup(attributes, number));
      attributes = new Map();
      continue;
    }
    const attribute = /^ {2}([0-9a-f]{4}) {2}\w+\s*: [^=]+ = (.*)$/.exec(line);
    if (attribute === null || attributes === undefined || !KNOWN_ATTRIBUTES.has(attribute[1] as string)) {
      throw new OutputError(LIST, number, `unknown line "${line}"`);
    }
    attributes.set(attribute[1] as string, attribute[2] as string);
  }
  if (attributes !== undefined) groups.push(portalGroup(attributes, number));
  return groups;
}

function portalGroup(attributes: Map<string, string>, line: number): PortalGroup {
  const name = /^"(.*)"$/.exec(attributes.get(ATTRIBUTE_NAME) ?? "");
  const address = attributes.get(ATTRIBUTE_ADDRESS);
  const port = /^(\d+)\/tcp$/.exec(attributes.get(ATTRIBUTE_PORT) ?? "");
  const tag = /^(\d+|<empty>)?$/.exec(attributes.get(ATTRIBUTE_TAG) ?? "");
  if (name === null || address === undefined || port === null || tag === null) {
    throw new OutputError(LIST, line, "the object above is no portal group of a TCP portal");
  }
  const portal = address.includes(":") ? `[${address}]:${port[1]}` : `${address}:${port[1]}`;
  return { name: name[1] as string, portal, tag: Number.parseInt(tag[1] ?? "0", 10) || 0 };
}
