/** Streams a trace of any size through a `LineParser`: one pass, one chunk in memory. */

import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { LineParser } from "./line.js";
import { TraceError, type TraceFormat, type TraceRecord } from "./record.js";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Lines of both formats are below a hundred bytes; a file without newlines is no trace. */
const LINE_BYTES_MAX = 4096;

/** Where the bytes of a trace come from. It can be read several times. */
export interface TraceSource {
  readonly name: string;
  /** Bytes that `position` counts towards; 0 when unknown. */
  readonly sizeBytes: number;
  /** The bytes as they are after decompression; `position` is told how many of `sizeBytes` have been read. */
  open(position: (bytes: number) => void): AsyncIterable<Uint8Array>;
}

/** A file, decompressed on the way if it is gzip: told by its first two bytes, since some names lie. */
export async function fileSource(path: string): Promise<TraceSource> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new TraceError(path, 0, "", `can't be read (${error.code})`, "a CSV file, plain or gzip");
  });
  if (!facts.isFile()) throw new TraceError(path, 0, "", "is no regular file", "a CSV file, plain or gzip");
  const gzip = await isGzip(path);
  return {
    name: path,
    sizeBytes: facts.size,
    open: (position) => fileBytes(path, gzip, position),
  };
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new TraceError(path, 0, "", `can't be read (${error.code})`, "a CSV file, plain or gzip");
  });
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await file.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await file.close();
  }
}

async function* fileBytes(
  path: string,
  gzip: boolean,
  position: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const raw = createReadStream(path, { highWaterMark: 1 << 20 });
  const plain = gzip ? raw.pipe(createGunzip({ chunkSize: 1 << 20 })) : raw;
  if (gzip) raw.on("error", (error) => plain.destroy(error));
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      position(raw.bytesRead);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof TraceError) throw error;
    const problem = gzip ? "damaged gzip data" : "can't be read";
    throw new TraceError(path, 0, "", `${problem} (${(error as Error).message})`, "a whole file");
  } finally {
    raw.destroy();
  }
}

/** What a pass found beside the records. */
export interface TracePass {
  lines: number;
  volumes: readonly string[];
}

/**
 * Reads the whole trace and calls `take` for each line that holds a command, in the order of the file.
 * Throws `TraceError` for the first broken line.
 */
export async function readTrace(
  source: TraceSource,
  format: TraceFormat,
  take: (record: TraceRecord) => void,
  position: (bytes: number) => void = () => undefined,
): Promise<TracePass> {
  const parser = new LineParser(format, source.name);
  const lines = new Lines(source.name, (buffer, start, end, line) => {
    if (line === 1 && parser.isHeader(buffer, start, end)) return;
    parser.parse(buffer, start, end, line);
    take(parser.record);
  });
  for await (const chunk of source.open(position)) lines.feed(chunk);
  lines.end();
  return { lines: lines.count, volumes: parser.volumes };
}

/** Cuts chunks into lines; a line over two chunks is put together, the others are read where they are. */
class Lines {
  count = 0;
  private rest: Uint8Array = new Uint8Array(0);
  private emptyLine = 0;

  constructor(
    private readonly file: string,
    private readonly take: (buffer: Uint8Array, start: number, end: number, line: number) => void,
  ) {}

  feed(chunk: Uint8Array): void {
    let start = 0;
    if (this.rest.length > 0) {
      const first = chunk.indexOf(NEWLINE);
      const end = first < 0 ? chunk.length : first;
      this.rest = Buffer.concat([this.rest, chunk.subarray(0, end)]);
      this.checkLength(this.rest.length);
      if (first < 0) return;
      this.line(this.rest, 0, this.rest.length);
      this.rest = new Uint8Array(0);
      start = first + 1;
    }
    for (let end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.line(chunk, start, end);
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.checkLength(chunk.length - start);
    this.rest = chunk.slice(start);
  }

  end(): void {
    if (this.rest.length > 0) this.line(this.rest, 0, this.rest.length);
  }

  /** Empty lines are allowed at the end of the file only. */
  private line(buffer: Uint8Array, start: number, end: number): void {
    const last = end > start && buffer[end - 1] === RETURN ? end - 1 : end;
    this.count++;
    if (last === start) {
      this.emptyLine ||= this.count;
      return;
    }
    if (this.emptyLine > 0) throw new TraceError(this.file, this.emptyLine, "", "an empty line", "a command");
    this.take(buffer, start, last, this.count);
  }

  private checkLength(bytes: number): void {
    if (bytes <= LINE_BYTES_MAX) return;
    throw new TraceError(
      this.file,
      this.count + 1,
      "",
      `no end of line within ${LINE_BYTES_MAX} bytes`,
      "lines of comma-separated fields",
    );
  }
}
