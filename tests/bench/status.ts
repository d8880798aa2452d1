/**
 * Processor time of a full status datagram: composed into bytes, signed, verified, read. The number of controllers that an
 * interval allows is reckoned with `DATAGRAM_PAIR_US` for it, which has to cover the socket and the tables as well.
 */

import { StatusChannel } from "../../host/coordination/status/channel.js";
import { DATAGRAM_PAIR_US } from "../../host/coordination/status/limits.js";
import { emptyStatus, type OwnStatus } from "../../host/coordination/status/status.js";
import { DATAGRAM_BYTES_MAX, type DatagramListener, type Transport } from "../../host/coordination/transport.js";
import { type Effort, warmUp } from "./effort.js";
import type { Figure } from "./figures.js";
import { spread } from "./statistics.js";

const CONTROLLERS = ["a", "b"];
const CONFIGURATION = 7;
const SIZES = { networkPorts: 8, interfaces: 600, targetPorts: 8, targets: 128, units: 64 };
const KEY = new Uint8Array(32).fill(7);
const MESSAGES_PER_ROUND = 200;
/** Addresses held, so that one datagram is all but full. */
const HELD = 220;
const FULL_BYTES = DATAGRAM_BYTES_MAX - 40;

/** Hands datagrams to the other end at once, and remembers how long the latest was. */
class Wire implements Transport {
  readonly links = 1;
  other: Wire | undefined;
  bytes = 0;
  private listener: DatagramListener = () => undefined;

  send(link: number, _: number, bytes: Uint8Array): void {
    this.bytes = bytes.length;
    this.other?.listener(link, bytes);
  }

  onDatagram(listener: DatagramListener): void {
    this.listener = listener;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Some of everything, as a controller that has nearly all of the addresses would say it. */
function fullStatus(): OwnStatus {
  const words = [1, 2, 3, 4];
  return {
    ...emptyStatus(CONFIGURATION),
    reachesLeaseService: true,
    epochs: [1, 2, 3, 4, 5].map((epoch) => ({ kind: 2, subject: 0, epoch })),
    networkPorts: Array.from({ length: 4 }, (_, place) => ({ place, link: 1, errors: 0 })),
    targetPorts: [0, 1].map((place) => ({ place, link: 1, loadPermille: 400, plannedPermille: 50 })),
    registrations: [0, 1].map((port) => ({ port, first: 0, words })),
    units: [{ first: 0, words: [1, 2] }],
    held: [{ first: 0, last: 599, held: Array.from({ length: HELD }, (_, n) => ({ interface: n * 2, port: n & 7 })) }],
  };
}

function channelOf(place: number, transport: Wire): StatusChannel {
  const clock = { monotonicMs: () => 0, wallMs: () => 0, after: () => ({ cancel: () => undefined }) };
  const store = { next: () => 1 };
  const options = { transport, clock, key: KEY, store, silenceMs: 1000, report: () => undefined };
  const own = CONTROLLERS[place] as string;
  return new StatusChannel(options, { controllers: CONTROLLERS, own, configuration: CONFIGURATION, sizes: SIZES });
}

/** @throws Error where the message isn't what the reckoning is about */
export async function measureStatus(effort: Effort): Promise<Figure[]> {
  const wires = [new Wire(), new Wire()] as const;
  wires[0].other = wires[1];
  wires[1].other = wires[0];
  const [sender, receiver] = [channelOf(0, wires[0]), channelOf(1, wires[1])];
  let heard = 0;
  receiver.onStatus(() => heard++);
  const status = fullStatus();
  // Each has to know that the other hears it before anything counts.
  for (const channel of [sender, receiver, sender]) channel.send(status);
  const round = () => {
    const before = heard;
    // Processor time, which is what the reckoning is about: what else the machine does isn't in it.
    const begun = process.cpuUsage();
    for (let message = 0; message < MESSAGES_PER_ROUND; message++) sender.send(status);
    const { user, system } = process.cpuUsage(begun);
    const us = (user + system) / MESSAGES_PER_ROUND;
    if (heard !== before + MESSAGES_PER_ROUND) throw new Error(`${heard - before} of ${MESSAGES_PER_ROUND} were taken`);
    return us;
  };
  if (wires[0].bytes < FULL_BYTES) throw new Error(`${wires[0].bytes} bytes: not a full datagram`);
  await warmUp(effort, () => void round());
  const us = spread(Array.from({ length: effort.rounds }, round));
  return [
    {
      name: "status datagram, beside the assumed time",
      variant: "1 peer",
      value: us.median / DATAGRAM_PAIR_US,
      unit: "×",
      target: 1,
      spreads: { datagram: us },
      spreadUnit: "µs",
      note: `${us.median.toFixed(1)} µs for ${wires[0].bytes} bytes written, signed, verified and read; assumed: ${DATAGRAM_PAIR_US} µs, with sockets and tables`,
    },
  ];
}
