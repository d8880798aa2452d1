/** The way to one of etcd's servers, and on to the next when it doesn't answer. */

import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { fromJSON, type MethodDefinition } from "@grpc/proto-loader";
import { LeaseUnreachable } from "../lease-service.js";
import { ETCD_API } from "./definition.js";

export interface EtcdConnectionOptions {
  /** `address:port` of each server. */
  endpoints: readonly string[];
  /** Without it the connection is in the clear. */
  tls?: { ca: Buffer; certificate?: Buffer; key?: Buffer };
  user?: { name: string; password: string };
  /** For the answer to one request. */
  timeoutMs: number;
  report: (line: string) => void;
}

type Service = "KV" | "Lease" | "Watch" | "Auth";

/** Errors after which another server may answer. */
const OTHER_SERVER: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.UNKNOWN,
];

const methods = fromJSON(ETCD_API as Parameters<typeof fromJSON>[0], { longs: String, defaults: true, keepCase: true });

function methodOf(service: Service, name: string): MethodDefinition<object, object> {
  const described = methods[`etcdserverpb.${service}`] as Record<string, MethodDefinition<object, object>> | undefined;
  const method = described?.[name];
  if (method === undefined) throw new Error(`no method ${service}.${name}`);
  return method;
}

export class EtcdConnection {
  /** Grows with each server that is turned to. */
  number = 0;
  private client: Client;
  private token: Promise<string> | undefined;
  private said = "";

  constructor(private readonly options: EtcdConnectionOptions) {
    this.client = this.connect();
  }

  /** One request and its answer. @throws LeaseUnreachable, also where the server refuses */
  async ask<Answer>(service: Service, name: string, request: object): Promise<Answer> {
    const client = this.client;
    try {
      const answer = await this.once<Answer>(service, name, request);
      this.said = "";
      return answer;
    } catch (error) {
      throw this.failure(client, error as ServiceError);
    }
  }

  /** Opens a stream, sends one request and gives back the first answer. @throws LeaseUnreachable */
  async askStream<Answer>(service: Service, name: string, request: object): Promise<Answer> {
    const client = this.client;
    let stream: ClientDuplexStream<object, Answer> | undefined;
    try {
      stream = await this.stream<Answer>(service, name);
      return await this.inTime(stream, firstAnswer(stream, request));
    } catch (error) {
      throw this.failure(client, error as ServiceError);
    } finally {
      stream?.cancel();
    }
  }

  /** A stream without a deadline. Its errors are the caller's to take. */
  async stream<Answer>(service: Service, name: string): Promise<ClientDuplexStream<object, Answer>> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, name);
    const metadata = await this.metadata();
    // A server that has lost its leader ends the stream rather than staying silent.
    metadata.set("hasleader", "true");
    const stream = this.client.makeBidiStreamRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    return stream as unknown as ClientDuplexStream<object, Answer>;
  }

  close(): void {
    this.client.close();
  }

  private async once<Answer>(service: Service, name: string, request: object): Promise<Answer> {
    return this.unary<Answer>(service, name, request, await this.metadata());
  }

  private unary<Answer>(service: Service, name: string, request: object, metadata: Metadata): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, name);
    let call: ClientUnaryCall | undefined;
    const answered = new Promise<Answer>((resolve, reject) => {
      call = this.client.makeUnaryRequest<object, object>(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        (error, answer) => (error === null ? resolve(answer as Answer) : reject(error)),
      );
    });
    return this.inTime(call as ClientUnaryCall, answered);
  }

  /**
   * By a timer of the monotonic clock: gRPC's own deadlines are dates, and a wall clock that is set back puts them off.
   * Nor is the end of a cancelled call waited for: whoever renews must go on whatever has become of a connection.
   */
  private async inTime<Answer>(call: { cancel(): void }, answered: Promise<Answer>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        call.cancel();
        reject(Object.assign(new Error("no answer in time"), { code: status.DEADLINE_EXCEEDED, details: "" }));
      }, this.options.timeoutMs);
    });
    try {
      return await Promise.race([answered, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** With the token of the user, asked for once a server. */
  private async metadata(): Promise<Metadata> {
    const metadata = new Metadata();
    const { user } = this.options;
    if (user === undefined) return metadata;
    this.token ??= this.authenticate(user);
    metadata.set("token", await this.token);
    return metadata;
  }

  private async authenticate(user: { name: string; password: string }): Promise<string> {
    return (await this.unary<{ token: string }>("Auth", "Authenticate", user, new Metadata())).token;
  }

  private failure(client: Client, error: ServiceError): LeaseUnreachable {
    // A token that has ended, or belongs to another server: asked for anew by the next request.
    this.token = undefined;
    if (client === this.client && OTHER_SERVER.includes(error.code)) this.turn();
    const line = `etcd: ${error.details || error.message}`;
    if (line !== this.said) this.options.report(line);
    this.said = line;
    return new LeaseUnreachable(line);
  }

  /** On to the next server. */
  private turn(): void {
    const old = this.client;
    this.client = this.connect();
    old.close();
  }

  private connect(): Client {
    const { endpoints } = this.options;
    const endpoint = endpoints[this.number++ % endpoints.length] as string;
    this.token = undefined;
    return new Client(endpoint, this.credentials(), {
      // Never by way of a proxy that the environment names.
      "grpc.enable_http_proxy": 0,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
      // One connection a client, so that its number says which server answered.
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  private credentials(): ChannelCredentials {
    const { tls } = this.options;
    if (tls === undefined) return credentials.createInsecure();
    return credentials.createSsl(tls.ca, tls.key ?? null, tls.certificate ?? null);
  }
}

function firstAnswer<Answer>(stream: ClientDuplexStream<object, Answer>, request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    // A cancelled stream tells so as an error, after its answer too.
    stream.on("error", reject);
    stream.once("end", () => reject(Object.assign(new Error("no answer"), { code: status.UNAVAILABLE, details: "" })));
    stream.write(request);
  });
}
