/** Ports for what has to know its port before it listens. */

import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Below those that a kernel hands out to whoever asks for any (on Linux from 32768 on), and for each process from
 * another place on: nobody takes a port between its trial and its use.
 */
const FIRST = 10_000;
const PORTS = 20_000;
const PORTS_PER_PROCESS = 16;

let tried = 0;

function nextPort(): number {
  if (tried === PORTS) throw new Error(`no port from ${FIRST} to ${FIRST + PORTS - 1} is free`);
  return FIRST + ((process.pid * PORTS_PER_PROCESS + tried++) % PORTS);
}

/** A TCP port at an address that nobody listens on, and that no other call has returned. */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = nextPort();
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, address, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The same of UDP. @throws Error where the address itself can't be used */
export async function freeUdpPort(address: string, family: 4 | 6): Promise<number> {
  for (;;) {
    const port = nextPort();
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    const code = await new Promise<string | undefined>((resolve) => {
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.bind({ port, address, exclusive: true }, () => resolve(undefined));
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    if (code === undefined) return port;
    if (code !== "EADDRINUSE") throw new Error(`${address}: ${code}`);
  }
}
