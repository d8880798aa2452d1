/** Standard output of a run: a reader that goes away ends the run quietly. */

export class Output {
  private closed = false;

  /** @param gone told once when nobody reads any more */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    gone: () => void,
  ) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
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
