/** Whether a server of units answers through an address: it greets whoever connects (NBD, section "Newstyle negotiation"). */

import { commandAsync } from "../common/commands.js";

const GREETING = "NBDMAGIC";
const PATIENCE_S = 2;

/** @param client namespace to connect from */
export async function reachedThrough(client: string, address: string, port: number): Promise<boolean> {
  const where = address.includes(":") ? `TCP6:[${address}]:${port}` : `TCP4:${address}:${port}`;
  const server = `${where},connect-timeout=${PATIENCE_S},readbytes=${GREETING.length}`;
  const words = ["netns", "exec", client, "socat", `-T${PATIENCE_S}`, "-u", server, "STDOUT"];
  const text = await commandAsync("ip", ...words).catch(() => "");
  return text === GREETING;
}
