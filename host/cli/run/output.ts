/** Standard output of a run: a reader that goes away ends the run quietly. */

/** What writing says when nobody reads any more: a closed pipe, a terminal that is gone. */
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

export class Output {
  private closed = false;

  /** @param gone told once when nobody reads any more */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    gone: () => void,
  ) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code)) throw error;
      if (this.closed) return;
      this.closed = true;
      gone();
    });
  }

  /** Whether somebody still reads. */
  get isOpen(): boolean {
    return !this.closed;
  }

  readonly write = (text: string): void => {
    if (!this.closed) this.stream.write(text);
  };
}
