/** Sends a controller's status to all others, and takes theirs: only what is of the array, whole, fresh and new. */

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.js";
import type { Transport } from "../transport.js";
import type { BootStore } from "./boot-count.js";
import { type DropReason, type LinkState, StatusCounters } from "./counters.js";
import { type DecodedStatus, type Envelope, readEnvelope, readStatus } from "./decode.js";
import { StatusEncoder } from "./encode.js";
import { controllerId } from "./identity.js";
import { Peer } from "./peer.js";
import { HEARS_WORDS, type OwnStatus, type ReceivedStatus } from "./status.js";
import { At, CODE_BYTES, type Sizes } from "./wire.js";

export interface StatusChannelOptions {
  transport: Transport;
  clock: Clock;
  /** 32 bytes, made by `deriveKey` for this use. */
  key: Uint8Array;
  /** Keeps the boot count; asked once, before anything is sent. */
  store: BootStore;
  /** Silence longer than this means not heard; a link that is silent so long while another isn't is dead. */
  silenceMs: number;
  /** A line for the operator: a link that is dead, or back. */
  report: (line: string) => void;
}

/** Who takes part, by the configuration in force. */
export interface Membership {
  /** Names of all controllers, in the order of the array file. */
  controllers: readonly string[];
  /** Name of this one. */
  own: string;
  /** Digest of the configuration. */
  configuration: number;
  sizes: Sizes;
}

/** @param status valid for as long as it is kept */
export type StatusListener = (status: ReceivedStatus) => void;

export class StatusChannel {
  readonly counters = new StatusCounters();
  /** Of this start. */
  readonly boot: number;
  private readonly peers = new Map<number, Peer>();
  private readonly encoder = new StatusEncoder();
  private readonly listeners: StatusListener[] = [];
  private membership: Membership;
  private sequence = 0;
  private ownId: number;
  private readonly hearing = new Uint32Array(HEARS_WORDS);

  constructor(
    private readonly options: StatusChannelOptions,
    membership: Membership,
  ) {
    this.boot = options.store.next();
    this.membership = membership;
    this.ownId = controllerId(membership.own);
    this.follow(membership);
    options.transport.onDatagram((link, bytes) => this.receive(link, bytes));
  }

  /** Another configuration is in force. What is known of those who stay, stays. */
  follow(membership: Membership): void {
    this.membership = membership;
    this.ownId = controllerId(membership.own);
    const ids = new Set<number>();
    for (const [place, name] of membership.controllers.entries()) {
      const id = controllerId(name);
      if (id === this.ownId) continue;
      ids.add(id);
      const peer = this.peers.get(id) ?? new Peer(id, name, this.options.transport.links, this.options.silenceMs);
      peer.place = place;
      this.peers.set(id, peer);
    }
    for (const id of this.peers.keys()) if (!ids.has(id)) this.peers.delete(id);
  }

  onStatus(listener: StatusListener): void {
    this.listeners.push(listener);
  }

  /** Bitmap, by place, of the controllers that were heard within `silenceMs`. One array, used again. */
  hears(): Uint32Array {
    const sinceMs = this.options.clock.monotonicMs() - this.options.silenceMs;
    this.hearing.fill(0);
    for (const { place, heardMs } of this.peers.values()) {
      if (heardMs < sinceMs) continue;
      this.hearing[place >> 5] = ((this.hearing[place >> 5] as number) | (1 << (place & 31))) >>> 0;
    }
    return this.hearing;
  }

  /** What each link from a controller brings; undefined for no such controller. */
  links(name: string): readonly LinkState[] | undefined {
    return this.peers.get(controllerId(name))?.links;
  }

  /** Boot count under which a controller was last heard; 0: never. */
  bootOf(name: string): number {
    return this.peers.get(controllerId(name))?.boot ?? 0;
  }

  /** Sends a message to every other controller on every link. Returns its sequence. */
  send(status: OwnStatus): number {
    this.watchLinks();
    this.sequence++;
    const echoes = this.echoes();
    const { sequence, boot } = this;
    const parts = this.encoder.encode(status, { sender: this.ownId, boot, sequence, hears: this.hears(), echoes });
    const { transport } = this.options;
    for (let link = 0; link < transport.links; link++) {
      for (const bytes of parts) {
        bytes[At.LINK] = link;
        this.sign(bytes);
        for (const peer of this.peers.values()) {
          transport.send(link, peer.place, bytes);
          this.counters.sent++;
        }
      }
    }
    return sequence;
  }

  private echoes(): { id: number; boot: number }[] {
    const echoes: { id: number; boot: number }[] = [];
    for (const { id, claimedBoot } of this.peers.values())
      if (claimedBoot !== 0) echoes.push({ id, boot: claimedBoot });
    return echoes;
  }

  private code(bytes: Uint8Array): Buffer {
    return createHmac("sha256", this.options.key)
      .update(bytes.subarray(0, bytes.length - CODE_BYTES))
      .digest();
  }

  private sign(bytes: Uint8Array): void {
    bytes.set(this.code(bytes), bytes.length - CODE_BYTES);
  }

  private receive(link: number, bytes: Uint8Array): void {
    this.counters.received++;
    const dropped = this.judge(link, bytes);
    if (dropped !== undefined) this.counters[dropped]++;
  }

  /** Takes a datagram, or says why not. Of one that isn't taken at most the claimed boot count is noted. */
  private judge(link: number, bytes: Uint8Array): DropReason | undefined {
    const envelope = readEnvelope(bytes);
    if (typeof envelope === "string") return envelope;
    const peer = this.peers.get(envelope.sender);
    if (peer === undefined) return "unknownSender";
    if (!timingSafeEqual(this.code(bytes), bytes.subarray(bytes.length - CODE_BYTES))) return "wrongKey";
    if (envelope.link !== link) return "wrongLink";
    peer.claimedBoot = Math.max(peer.claimedBoot, envelope.boot);
    const judgement = peer.judge(envelope);
    if (judgement !== "first" && judgement !== "duplicate") return judgement;
    const { configuration, sizes } = this.membership;
    const status = readStatus(bytes, configuration, sizes);
    if (status === undefined) return "malformed";
    if (peer.boot === 0 && status.echoes.get(this.ownId) !== this.boot) return "unechoed";
    const complete = peer.take(envelope, judgement, this.options.clock.monotonicMs());
    if (judgement === "first") this.tell(peer, envelope, status, complete);
    return undefined;
  }

  private tell(peer: Peer, envelope: Envelope, decoded: DecodedStatus, complete: boolean): void {
    this.counters.accepted++;
    const { boot, sequence, part, parts } = envelope;
    const status: ReceivedStatus = { ...decoded, controller: peer.place, boot, sequence, part, parts, complete };
    for (const listener of this.listeners) listener(status);
  }

  /** A link that brings nothing while another one from the same controller does is dead: said once, and when it is back. */
  private watchLinks(): void {
    const sinceMs = this.options.clock.monotonicMs() - this.options.silenceMs;
    for (const peer of this.peers.values()) {
      for (const [number, link] of peer.links.entries()) {
        const silent = Math.max(link.heardMs, peer.heardSinceMs) < sinceMs;
        const dead = silent && peer.heardMs >= sinceMs;
        if (link.dead === dead || (link.dead && silent)) continue;
        link.dead = dead;
        this.options.report(`status link ${number} from ${peer.name} ${dead ? "brings nothing" : "is back"}`);
      }
    }
  }
}
