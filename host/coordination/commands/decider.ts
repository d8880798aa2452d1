/**
 * What the holder of a scope does: raises the epoch at each controller of the scope, keeps books of what each may hold,
 * and gives something to one only when no other can have it.
 *
 * A controller may have a subject when: its liveness key is there and it has not yet reported under this epoch and its
 * present session; or it has reported it; or it was ordered to take it and the outcome is not known. Whoever leaves an
 * order unanswered must report anew, and by that report all earlier orders to it are void.
 */

import { type Holdings, isTake, type Order, subjectOf, subjectsOf } from "../effects.js";
import type { LeaseView } from "../lease/lease-service.js";
import type { CoordinationRules } from "../rules.js";
import { orderMessage } from "./addressee.js";
import type { Message } from "./link.js";
import { type OrderResult, readHoldings } from "./messages.js";

export interface DeciderParts {
  rules: CoordinationRules;
  self: string;
  /** Controllers of the scope. */
  members(): readonly string[];
  /** Whether a controller that the configuration doesn't have, any more or yet, may hold anything: it was never asked. */
  strangers(): boolean;
  view(): LeaseView;
  /** Whether those whose liveness key is gone have lost all they had. */
  mayTakeOver(): boolean;
  /** Whether this controller still decides under the epoch, by the clock. */
  mayDecide(scope: string, epoch: number): boolean;
  configuration(): number;
  /**
   * Number of the latest order, and the next one: of this controller, not of this decider. One that lost the scope for a
   * moment decides under the same epoch again, and addressees know how far its orders were void.
   */
  orders: { latest: number };
  /** Sends to a controller, also to this one itself. Rejects where no answer came. */
  send(controller: string, message: Message): Promise<Message>;
  /** What a member holds, by its report and by the orders that it has carried out since. */
  reported(member: string, holdings: Holdings): void;
  changed(): void;
}

interface Book {
  session: number;
  /** Has stored the epoch and reported under this session. */
  acknowledged: boolean;
  raising: boolean;
  /** Digest of its configuration, by its report. */
  configuration: number;
  subjects: Set<string>;
  /** Ports of the interfaces that it holds. */
  ports: Map<string, string>;
  /** Takes that were sent and not answered. */
  pending: Set<string>;
  /** Answers to orders up to this one are older than its report. */
  voidUpTo: number;
}

export class Decider {
  private readonly books = new Map<string, Book>();
  /** The order under way on each subject: one at a time, so that answers can't overtake one another. */
  private readonly underWay = new Map<string, Promise<unknown>>();
  private ended = false;

  constructor(
    private readonly parts: DeciderParts,
    readonly scope: string,
    readonly epoch: number,
  ) {
    this.tend();
  }

  /** Another holds the scope, or this one under another epoch: late answers change nothing any more. */
  end(): void {
    this.ended = true;
  }

  /**
   * Asks whoever has not reported under its present session, or did so of another configuration. Called whenever
   * something may have changed.
   */
  tend(): void {
    if (this.ended) return;
    const { live } = this.parts.view();
    const configuration = this.parts.configuration();
    for (const member of this.parts.members()) {
      const session = live.get(member)?.session;
      if (session === undefined) continue;
      const book = this.bookOf(member, session);
      const isKnown = book.acknowledged && book.configuration === configuration;
      if (!isKnown && !book.raising) void this.raise(member, book);
    }
  }

  /** Has stored the epoch, and reported what it holds under it in the present configuration: may be given orders. */
  acknowledged(member: string): boolean {
    return this.hasReported(member) && this.books.get(member)?.configuration === this.parts.configuration();
  }

  /** Port of an interface at a member that has acknowledged, as far as is known. */
  portAt(member: string, subject: string): string | undefined {
    return this.books.get(member)?.ports.get(subject);
  }

  holds(member: string, subject: string): boolean {
    return this.isLive(member) && this.books.get(member)?.subjects.has(subject) === true;
  }

  /** Whether a member may have a subject, by all that is known for sure. */
  mayHold(member: string, subject: string): boolean {
    if (!this.isLive(member)) return !this.parts.mayTakeOver();
    if (!this.hasReported(member)) return true;
    const book = this.books.get(member);
    return book === undefined || book.subjects.has(subject) || book.pending.has(subject);
  }

  /** Has a member do something, after what is under way about the same thing. Refused where another may have what it is to take. */
  async order(member: string, order: Order): Promise<OrderResult | "unknown"> {
    const { parts } = this;
    const subject = subjectOf(order);
    // What an order does may be seen before its answer is here: what follows from it waits for the answer.
    for (let earlier = this.underWay.get(subject); earlier !== undefined; earlier = this.underWay.get(subject)) {
      await earlier;
    }
    const take = isTake(order.kind);
    const book = this.books.get(member);
    if (this.ended || book === undefined || !this.acknowledged(member)) return "refused";
    const others = parts.members().filter((other) => other !== member);
    if (take && parts.rules.giveUpBeforeTake && parts.strangers()) return "refused";
    if (take && parts.rules.giveUpBeforeTake && others.some((other) => this.mayHold(other, subject))) return "refused";
    if (!parts.mayDecide(this.scope, this.epoch)) return "refused";
    if (take) book.pending.add(subject);
    const sequence = ++parts.orders.latest;
    const message = orderMessage(order, book.session, sequence, parts.configuration());
    const sent = parts.send(member, message).catch(() => undefined);
    this.underWay.set(subject, sent);
    const answer = await sent;
    this.underWay.delete(subject);
    if (this.books.get(member) !== book || sequence <= book.voidUpTo) return "unknown";
    return this.note(member, book, order, answer);
  }

  /** A member's own word contradicts the books: it is asked anew. */
  doubt(member: string): void {
    const book = this.books.get(member);
    if (book === undefined || !book.acknowledged) return;
    book.acknowledged = false;
    this.parts.changed();
    this.tend();
  }

  private note(member: string, book: Book, order: Order, answer: Message | undefined): OrderResult | "unknown" {
    const subject = subjectOf(order);
    const result = answer?.result;
    if (result === "refused") {
      book.pending.delete(subject);
      // It is of another mind about session, epoch or lease: both look again.
      if (answer?.why !== "configuration") this.doubt(member);
      return "refused";
    }
    if (result !== "done") {
      this.doubt(member);
      return result === "failed" ? "failed" : "unknown";
    }
    book.pending.delete(subject);
    if (isTake(order.kind)) book.subjects.add(subject);
    else book.subjects.delete(subject);
    if (order.kind === "host") book.ports.set(subject, order.port);
    else book.ports.delete(subject);
    this.parts.reported(member, holdingsOf(book));
    this.parts.changed();
    return "done";
  }

  private async raise(member: string, book: Book): Promise<void> {
    book.raising = true;
    const barrier = this.parts.orders.latest;
    const { scope, epoch } = this;
    const request = { kind: "raise", scope, epoch, session: book.session, barrier };
    const answer = await this.parts.send(member, request).catch(() => undefined);
    book.raising = false;
    const holdings = answer?.kind === "report" ? readHoldings(answer.holdings) : undefined;
    if (this.ended || this.books.get(member) !== book || holdings === undefined) return;
    book.acknowledged = true;
    book.voidUpTo = barrier;
    book.configuration = Number(answer?.configuration);
    book.subjects = subjectsOf(holdings);
    book.ports = new Map(holdings.interfaces.map(({ name, port }) => [`interface/${name}`, port]));
    book.pending.clear();
    this.parts.reported(member, holdings);
    this.parts.changed();
  }

  /** What it holds is known, of whatever configuration: names mean the same in all. */
  private hasReported(member: string): boolean {
    const book = this.books.get(member);
    return book?.acknowledged === true && book.session === this.parts.view().live.get(member)?.session;
  }

  private isLive(member: string): boolean {
    return this.parts.view().live.has(member);
  }

  private bookOf(member: string, session: number): Book {
    const known = this.books.get(member);
    if (known?.session === session) return known;
    const book: Book = {
      session,
      acknowledged: false,
      raising: false,
      configuration: 0,
      subjects: new Set(),
      ports: new Map(),
      pending: new Set(),
      voidUpTo: 0,
    };
    this.books.set(member, book);
    return book;
  }
}

function holdingsOf({ subjects, ports }: Book): Holdings {
  const named = (kind: string) =>
    [...subjects].filter((each) => each.startsWith(kind)).map((each) => each.slice(kind.length));
  const interfaces = named("interface/").map((name) => ({ name, port: ports.get(`interface/${name}`) ?? "" }));
  return { interfaces, units: named("unit/"), active: subjects.has("active/") };
}
