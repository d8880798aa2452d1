/** The little of the NBD protocol that the client of the run speaks: one export, reads and writes, simple replies. */

import { connect, type Socket } from "node:net";

const MAGIC_GREETING = 0x4e42444d41474943n;
const MAGIC_OPTION = 0x49484156454f5054n;
const MAGIC_REQUEST = 0x25609513;
const MAGIC_REPLY = 0x67446698;
const OPTION_EXPORT_NAME = 1;
const CLIENT_FLAGS = 0b11; // fixed newstyle, no zeroes
const GREETING_BYTES = 18;
const EXPORT_BYTES = 10;
const REPLY_BYTES = 16;

const COMMAND_READ = 0;
const COMMAND_WRITE = 1;
const COMMAND_FLUSH = 3;

interface Request {
  bytes: number;
  resolve(data: Buffer): void;
  reject(error: Error): void;
}

/** One connection, one request at a time. Everything that goes wrong ends it. */
export class NbdConnection {
  private received = Buffer.alloc(0);
  private waiting: Request | undefined;
  private cookie = 0n;

  private constructor(
    private readonly socket: Socket,
    private readonly timeoutMs: number,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.serve();
    });
    socket.once("error", (error) => this.fail(error));
    socket.once("close", () => this.fail(new Error("connection closed")));
  }

  /** @throws Error where the export doesn't answer in time */
  static async open(host: string, port: number, name: string, timeoutMs: number): Promise<NbdConnection> {
    const socket = connect({ host, port });
    const connection = new NbdConnection(socket, timeoutMs);
    const greeting = await connection.take(GREETING_BYTES);
    if (greeting.readBigUInt64BE(0) !== MAGIC_GREETING) throw connection.fail(new Error("no NBD server"));
    const head = Buffer.alloc(20);
    head.writeUInt32BE(CLIENT_FLAGS, 0);
    head.writeBigUInt64BE(MAGIC_OPTION, 4);
    head.writeUInt32BE(OPTION_EXPORT_NAME, 12);
    head.writeUInt32BE(Buffer.byteLength(name), 16);
    socket.write(Buffer.concat([head, Buffer.from(name)]));
    await connection.take(EXPORT_BYTES);
    return connection;
  }

  read(offset: number, bytes: number): Promise<Buffer> {
    return this.request(COMMAND_READ, offset, bytes);
  }

  /** Resolves when the server has confirmed it. */
  async write(offset: number, data: Buffer): Promise<void> {
    await this.request(COMMAND_WRITE, offset, data.length, data);
  }

  async flush(): Promise<void> {
    await this.request(COMMAND_FLUSH, 0, 0);
  }

  close(): void {
    this.fail(new Error("closed"));
  }

  private async request(command: number, offset: number, bytes: number, data?: Buffer): Promise<Buffer> {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(MAGIC_REQUEST, 0);
    head.writeUInt16BE(command, 6);
    head.writeBigUInt64BE(++this.cookie, 8);
    head.writeBigUInt64BE(BigInt(offset), 16);
    head.writeUInt32BE(bytes, 24);
    this.socket.write(data === undefined ? head : Buffer.concat([head, data]));
    const reply = await this.take(REPLY_BYTES + (command === COMMAND_READ ? bytes : 0), REPLY_BYTES);
    if (reply.readUInt32BE(0) !== MAGIC_REPLY) throw this.fail(new Error("no simple reply"));
    if (reply.readBigUInt64BE(8) !== this.cookie) throw this.fail(new Error("the reply to another request"));
    if (reply.readUInt32BE(4) !== 0) throw this.fail(new Error(`server error ${reply.readUInt32BE(4)}`));
    return reply.subarray(REPLY_BYTES);
  }

  /** The next so many bytes; only `head` of them where they are a reply that says error. */
  private take(bytes: number, head = bytes): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(new Error("no answer in time")), this.timeoutMs);
      const done = () => {
        clearTimeout(timer);
        this.waiting = undefined;
      };
      this.waiting = {
        get bytes() {
          return bytes;
        },
        resolve: (data) => {
          done();
          resolve(data);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      this.headBytes = head;
      this.serve();
    });
  }

  private headBytes = 0;

  private serve(): void {
    const { waiting, received } = this;
    if (waiting === undefined || received.length < this.headBytes) return;
    const isError = this.headBytes < waiting.bytes && received.readUInt32BE(4) !== 0;
    const bytes = isError ? this.headBytes : waiting.bytes;
    if (received.length < bytes) return;
    this.received = received.subarray(bytes);
    waiting.resolve(received.subarray(0, bytes));
  }

  private fail(error: Error): Error {
    // Reset, not closed: what the kernel still holds of a write that nobody waits for must not arrive later.
    this.socket.resetAndDestroy();
    this.waiting?.reject(error);
    return error;
  }
}
