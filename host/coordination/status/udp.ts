/** Status messages over UDP: each link has a socket of its own, bound to this controller's address on it. */

import { createSocket, type Socket } from "node:dgram";
import { type Endpoint, endpointText } from "../endpoint.js";
import type { DatagramListener, Transport } from "../transport.js";

export interface UdpTransportOptions {
  /** This controller's addresses, one a link. */
  own: readonly Endpoint[];
  /** Addresses of all controllers by place, one a link, of the same family as the own one of that link. */
  controllers: readonly (readonly Endpoint[])[];
  /** A line for the operator: an address that can't be bound, or is at last. */
  report: (line: string) => void;
}

/** Between two tries to bind an address that isn't there yet: its link may be down. */
const BIND_AGAIN_MS = 1000;

interface Link {
  endpoint: Endpoint;
  socket: Socket | undefined;
  /** Ready to send. */
  bound: boolean;
  failing: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class UdpTransport implements Transport {
  /** Datagrams that the kernel did not take. */
  lost = 0;
  private readonly ends: Link[];
  private listener: DatagramListener = () => {};
  private closed = false;
  private controllers: readonly (readonly Endpoint[])[];

  constructor(private readonly options: UdpTransportOptions) {
    this.controllers = options.controllers;
    this.ends = options.own.map((endpoint) => ({
      endpoint,
      socket: undefined,
      bound: false,
      failing: false,
      timer: undefined,
    }));
  }

  get links(): number {
    return this.ends.length;
  }

  /** Binds every link's address; one that can't be bound now is tried again, since any one link is enough. */
  async open(): Promise<void> {
    await Promise.all(this.ends.map((link, number) => this.bind(link, number)));
  }

  /** Other controllers, or in other places. */
  follow(controllers: readonly (readonly Endpoint[])[]): void {
    this.controllers = controllers;
  }

  send(link: number, controller: number, bytes: Uint8Array): void {
    const end = this.ends[link];
    const to = this.controllers[controller]?.[link];
    if (end === undefined || to === undefined) return;
    if (!end.bound || end.socket === undefined) {
      this.lost++;
      return;
    }
    // A copy: the socket may still hold the bytes when the sender writes the next message into them.
    end.socket.send(Uint8Array.from(bytes), to.port, to.address, (error) => {
      if (error !== null) this.lost++;
    });
  }

  onDatagram(listener: DatagramListener): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.ends.map((link) => closeLink(link)));
  }

  /** Resolves once it is bound or has failed for the first time. */
  private bind(link: Link, number: number): Promise<void> {
    const { endpoint } = link;
    const socket = createSocket({ type: endpoint.family === 6 ? "udp6" : "udp4", ipv6Only: endpoint.family === 6 });
    link.socket = socket;
    return new Promise((resolve) => {
      socket.on("message", (bytes) => this.listener(number, bytes));
      socket.once("listening", () => {
        link.bound = true;
        if (link.failing) this.options.report(`status link ${number}: ${endpointText(endpoint)} is bound`);
        link.failing = false;
        resolve();
      });
      socket.on("error", (error) => {
        this.failed(link, number, error);
        resolve();
      });
      socket.bind({ address: endpoint.address, port: endpoint.port, exclusive: true });
    });
  }

  private failed(link: Link, number: number, error: Error): void {
    if (!link.failing) {
      const code = (error as NodeJS.ErrnoException).code ?? error.message;
      this.options.report(`status link ${number}: ${endpointText(link.endpoint)} can't be used: ${code}`);
    }
    link.failing = true;
    void closeLink(link);
    if (this.closed) return;
    link.timer = setTimeout(() => void this.bind(link, number), BIND_AGAIN_MS);
    link.timer.unref();
  }
}

function closeLink(link: Link): Promise<void> {
  if (link.timer !== undefined) clearTimeout(link.timer);
  link.timer = undefined;
  link.bound = false;
  const socket = link.socket;
  link.socket = undefined;
  if (socket === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      resolve(); // was never open
    }
  });
}
