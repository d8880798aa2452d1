/** Requests between controllers, and their answers: authenticated, each carried at most once, late or never. */

/** What is sent: anything JSON holds. */
export type Message = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** No answer: what was asked may have been done or not, or may yet be done. */
export class LinkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LinkError";
  }
}

/** @param from name of the controller that asks, as it has proved @returns the answer */
export type RequestHandler = (from: string, message: Message) => Promise<Message>;

export interface CommandLink {
  /** @throws LinkError where no answer came in time */
  request(controller: string, message: Message, timeoutMs: number): Promise<Message>;
  /** Serves one kind of message. A kind that nobody serves is answered by `{kind: "unknown"}`. */
  serve(kind: string, handler: RequestHandler): void;
  close(): Promise<void>;
}
