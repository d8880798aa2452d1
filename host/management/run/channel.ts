/** Calls across a message port: the server's thread asks, the engine's thread answers between ticks. */

import type { MessagePort, TransferListItem } from "node:worker_threads";

interface Question {
  id: number;
  method: string;
  args: readonly unknown[];
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

interface News {
  news: string;
  data: unknown;
}

/** The engine may be in a long tick; after this it counts as hung. */
const ANSWER_MS = 5000;

/** The asking end. */
export class Caller {
  private readonly waiting = new Map<
    number,
    { resolve(value: unknown): void; reject(error: Error): void; timer: NodeJS.Timeout }
  >();
  private readonly listeners = new Map<string, (data: unknown) => void>();
  private lastId = 0;

  constructor(private readonly port: MessagePort) {
    port.on("message", (message: Answer | News) => this.receive(message));
  }

  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      const late = () => this.settle(id, { id, error: `the engine has not answered within ${ANSWER_MS} ms` });
      this.waiting.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        timer: setTimeout(late, ANSWER_MS),
      });
      this.port.postMessage({ id, method, args } satisfies Question);
    });
  }

  /** One listener a kind of news. */
  on<T>(news: string, listener: (data: T) => void): void {
    this.listeners.set(news, listener as (data: unknown) => void);
  }

  tell(news: string, data: unknown): void {
    this.port.postMessage({ news, data } satisfies News);
  }

  private receive(message: Answer | News): void {
    if ("news" in message) this.listeners.get(message.news)?.(message.data);
    else this.settle(message.id, message);
  }

  private settle(id: number, answer: Answer): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (answer.error === undefined) waiting.resolve(answer.result);
    else waiting.reject(new Error(answer.error));
  }
}

export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The answering end. */
export class Answerer {
  private readonly listeners = new Map<string, (data: unknown) => void>();

  /** @param moved buffers in a result that are handed over rather than copied */
  constructor(
    private readonly port: MessagePort,
    private readonly methods: Methods,
    private readonly moved: (result: unknown) => TransferListItem[] = () => [],
  ) {
    port.on("message", (message: Question | News) => {
      if ("news" in message) this.listeners.get(message.news)?.(message.data);
      else void this.answer(message);
    });
  }

  on<T>(news: string, listener: (data: T) => void): void {
    this.listeners.set(news, listener as (data: unknown) => void);
  }

  tell(news: string, data: unknown): void {
    this.port.postMessage({ news, data } satisfies News);
  }

  private async answer({ id, method, args }: Question): Promise<void> {
    try {
      const called = this.methods[method];
      if (called === undefined) throw new RangeError(`no method ${method}`);
      const result = await called(...(args as never[]));
      this.port.postMessage({ id, result } satisfies Answer, this.moved(result));
    } catch (error) {
      this.port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  }
}
