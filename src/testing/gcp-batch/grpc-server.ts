import type { GcpBatchMethod } from "./faults.js";
import { GrpcFailure, STATUS } from "./grpc-failure.js";
import type { Protocol } from "./protocol.js";
import type { AnyRequest } from "./service.js";

/** Bytes that are no message of any type: a tag that never ends. */
const GARBAGE = Buffer.from([0xff]);

/** A class of the SDK's static messages, as far as it is used. */
interface MessageType {
  decode(bytes: Uint8Array): unknown;
  encode(message: never): { finish(): Uint8Array };
}

/** A request as it came. */
export interface GrpcCall {
  readonly request: AnyRequest;
  /** The first value of each key. */
  readonly metadata: { getMap(): Readonly<Record<string, string | Buffer>> };
  /** Its client has given it up, or its deadline is over. */
  once(event: "cancelled", listener: () => void): unknown;
}

/** Who answers. */
export interface GrpcHandlers {
  readonly batch: (method: GcpBatchMethod, call: GrpcCall) => Promise<object | "garbage">;
  readonly operation: (name: string) => object;
}

type Done = (error: { readonly code: number; readonly details: string } | null, answer?: object | "garbage") => void;

/** The socket: names of methods and the encoding of messages. */
export class GrpcServer {
  readonly #protocol: Protocol;
  readonly #server: InstanceType<Protocol["grpc"]["Server"]>;

  constructor(protocol: Protocol, handlers: GrpcHandlers) {
    const { batch, longrunning } = protocol;
    this.#protocol = protocol;
    this.#server = new protocol.grpc.Server({ "grpc.max_receive_message_length": -1 });
    const methods: Readonly<Record<GcpBatchMethod, readonly [MessageType, MessageType]>> = {
      createJob: [batch.CreateJobRequest, batch.Job],
      getJob: [batch.GetJobRequest, batch.Job],
      listJobs: [batch.ListJobsRequest, batch.ListJobsResponse],
      deleteJob: [batch.DeleteJobRequest, longrunning.Operation],
      cancelJob: [batch.CancelJobRequest, longrunning.Operation],
      getTask: [batch.GetTaskRequest, batch.Task],
      listTasks: [batch.ListTasksRequest, batch.ListTasksResponse],
    };
    const entries = Object.entries(methods) as readonly [GcpBatchMethod, readonly [MessageType, MessageType]][];
    this.#server.addService(
      Object.fromEntries(entries.map(([name, types]) => [name, definition("google.cloud.batch.v1.BatchService", name, types)])),
      Object.fromEntries(entries.map(([name]) => [name, unary((call) => handlers.batch(name, call))])),
    );
    this.#server.addService(
      {
        getOperation: definition("google.longrunning.Operations", "getOperation", [longrunning.GetOperationRequest, longrunning.Operation]),
      },
      { getOperation: unary(async ({ request: { name = "" } }) => handlers.operation(name)) },
    );
  }

  /** Listens on a free port of the loopback and answers it. */
  listen(): Promise<number> {
    const credentials = this.#protocol.grpc.ServerCredentials.createInsecure();
    return new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }

  /** What the SDK's client needs to get here without TLS and credentials. */
  clientOptions(port: number): Readonly<Record<string, unknown>> {
    const { auth, grpc } = this.#protocol;
    return {
      apiEndpoint: "127.0.0.1",
      port,
      sslCreds: grpc.credentials.createInsecure(),
      auth: new auth.GoogleAuth({ authClient: new auth.PassThroughClient() }),
    };
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

function definition(service: string, method: string, [request, response]: readonly [MessageType, MessageType]) {
  const encode = (type: MessageType) => (message: unknown) =>
    message === "garbage" ? GARBAGE : Buffer.from(type.encode(message as never).finish());
  return {
    path: `/${service}/${method.charAt(0).toUpperCase()}${method.slice(1)}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: encode(request),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: encode(response),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  };
}

function unary(answer: (call: GrpcCall) => Promise<object | "garbage">) {
  return (call: GrpcCall, done: Done): void => {
    answer(call).then(
      (message) => done(null, message),
      (error: unknown) => done(toStatus(error)),
    );
  };
}

const toStatus = (error: unknown): { readonly code: number; readonly details: string } =>
  error instanceof GrpcFailure
    ? { code: error.code, details: error.message }
    : { code: STATUS.internal, details: `The simulator is broken: ${String(error)}` };
