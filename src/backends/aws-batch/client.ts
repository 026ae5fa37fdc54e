import type { SubmitJobCommandInput } from "@aws-sdk/client-batch";
import type { z } from "zod";
import { importPeer } from "../../kit/lazy-import.js";
import { createSdk, type Sdk } from "../../kit/sdk.js";
import { sleep } from "../../kit/sleep.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import { errors } from "./errors.js";
import { sentOnce } from "./once.js";
import type { ResolvedOptions } from "./options.js";
import { createPace } from "./pace.js";
import type { AwsBatchClient } from "./sdk-client.js";

type Module = typeof import("@aws-sdk/client-batch");

/** One operation of the SDK. */
type CommandOf = (sdk: Module) => { readonly middlewareStack: object };

/** The Batch API: one command in, one checked answer out. */
export interface BatchApi {
  /** Sends a command that changes nothing that costs money. Repeated after failures that pass by themselves. */
  read<S extends z.ZodType>(call: CallContext, doing: string, command: CommandOf, schema: S): Promise<z.output<S>>;
  /** {@link BatchApi.read}, sent once. */
  readOnce<S extends z.ZodType>(call: CallContext, doing: string, command: CommandOf, schema: S): Promise<z.output<S>>;
  /** Sends SubmitJob. Never repeated unless it was refused for calling too often. */
  submit<S extends z.ZodType>(call: CallContext, input: SubmitJobCommandInput, schema: S): Promise<z.output<S>>;
  close(): void;
}

/** Times that a submission is sent while it is refused for calling too often. */
const SUBMIT_TRIES = 3;

/** Settings that every client of ours gets. Repetitions and time limits are kept by `createSdk`, on the host's clock; those here only end a dead socket. */
export const clientSettings = (options: ResolvedOptions, region: string) => ({
  region,
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 3_000,
    requestTimeout: options.requestTimeoutMs + 5_000,
    throwOnRequestTimeout: true,
    httpAgent: { maxSockets: 25 },
    httpsAgent: { maxSockets: 25 },
  },
  useFipsEndpoint: options.useFipsEndpoint,
  ...(options.credentials === undefined ? {} : { credentials: revealed(options.credentials) }),
});

/** Makes the API of one backend. The SDK is loaded with the first call. */
export function createBatchApi(id: string, options: ResolvedOptions, region: string): BatchApi {
  const pace = createPace(options.callsPerSecond);
  const limits = { backend: id, errors, timeoutMs: options.requestTimeoutMs, concurrency: 16 };
  const patient = createSdk({ ...limits, retries: 2 });
  const single = createSdk({ ...limits, retries: 0 });
  let loading: Promise<Module> | undefined;
  let own: AwsBatchClient | undefined;

  const load = (): Promise<Module> => {
    loading ??= importPeer("@aws-sdk/client-batch", () => import("@aws-sdk/client-batch"), { subject: id });
    return loading;
  };
  const clientOf = (sdk: Module): AwsBatchClient => {
    if (options.client !== undefined) return options.client;
    own ??= new sdk.BatchClient({
      ...clientSettings(options, region),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    });
    return own;
  };
  /** One try on the wire. Waiting for its turn and loading the SDK come before, so that they do not count against its time. */
  const sending = async (call: CallContext, how: Sdk["read"], doing: string, command: CommandOf): Promise<unknown> => {
    const sdk = await load();
    await pace.wait(call);
    try {
      return await how(call, doing, (abortSignal) => clientOf(sdk).send(command(sdk), { abortSignal }));
    } catch (error) {
      if (SchedulerError.isInstance(error) && error.code === "BACKEND_RATE_LIMITED") pace.slowDown(call.host);
      throw error;
    }
  };
  const checked = <S extends z.ZodType>(schema: S, answer: unknown, doing: string, hasEffect: boolean): z.output<S> => {
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${id} could not ${doing}: the answer does not have the shape it should.`, {
      effect: hasEffect ? "unknown" : "none",
      details: { backend: id, field: result.error.issues[0]?.path.join(".") ?? "" },
    });
  };

  return {
    read: async (call, doing, command, schema) => checked(schema, await sending(call, patient.read, doing, command), doing, false),
    readOnce: async (call, doing, command, schema) => checked(schema, await sending(call, single.read, doing, command), doing, false),
    async submit(call, input, schema) {
      const doing = "submit the job";
      for (let tries = 1; ; tries++) {
        try {
          const answer = await sending(call, single.write, doing, (sdk) => sentOnce(new sdk.SubmitJobCommand(input)));
          return checked(schema, answer, doing, true);
        } catch (error) {
          const wasRefused = SchedulerError.isInstance(error) && error.code === "BACKEND_RATE_LIMITED" && error.effect === "none";
          const waitMs = 500 * 2 ** (tries - 1) * (1 + call.host.random());
          if (!wasRefused || tries >= SUBMIT_TRIES || call.host.now() + waitMs >= call.deadlineMs) throw error;
          await sleep(waitMs, call);
        }
      }
    },
    close() {
      own?.destroy?.();
      own = undefined;
    },
  };
}

function revealed({ accessKeyId, secretAccessKey, sessionToken }: NonNullable<ResolvedOptions["credentials"]>): {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
} {
  const token: Secret | undefined = sessionToken;
  return { accessKeyId, secretAccessKey: secretAccessKey.reveal(), ...(token === undefined ? {} : { sessionToken: token.reveal() }) };
}
