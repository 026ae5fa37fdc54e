import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { CallContext } from "../../../spec/call-context.js";
import type { Host } from "../../../spec/host.js";
import { toSdkError } from "../errors.js";
import { findSdk } from "./find-sdk.js";
import type { WorkerEvent, WorkerOrders } from "./messages.js";
import { SdkFailure, type SdkThread, startSdkThread } from "./sdk-thread.js";

/** Unexpected ends older than this are forgotten. */
const RESTART_WINDOW_MS = 600_000;
const CONNECT_LIMIT_MS = 30_000;
/** For the SDK's farewell to the daemon; without it the daemon goes on serving files for a while. */
const DISCONNECT_LIMIT_MS = 3_000;

/** What threads are started with, but for what depends on the namespace. */
export interface HouseOptions extends Omit<WorkerOrders, "bases" | "sessionTag"> {
  readonly backend: string;
  readonly sdkFrom: string | undefined;
  readonly mostRestarts: number;
  readonly sessionTagOf: (namespace: string) => string;
  readonly clean: (text: string) => string;
  readonly onEvent: (namespace: string, event: WorkerEvent) => void;
  /** A thread ended by itself, with everything that it held. */
  readonly onEnd: (namespace: string, why: string) => void;
}

/** Keeps one thread for each namespace, because the daemon's session tag is the SDK's for its whole life. */
export interface SdkHouse {
  /**
   * A thread that is connected to the daemon; started when there is none.
   *
   * @throws BACKEND_UNAVAILABLE with effect `none` once threads have ended too often; DEPENDENCY_MISSING; what connecting fails with.
   */
  get(call: CallContext): Promise<SdkThread>;
  /** The thread that is there, if it is. */
  current(namespace: string): SdkThread | undefined;
  /** Ends all threads. */
  close(): Promise<void>;
}

interface Room {
  host: Host;
  thread: SdkThread | undefined;
  opening: Promise<SdkThread> | undefined;
  endsMs: readonly number[];
}

/** Makes an empty house. */
export function createSdkHouse(options: HouseOptions): SdkHouse {
  const rooms = new Map<string, Room>();
  const { backend } = options;

  const open = async (room: Room, namespace: string, host: Host): Promise<SdkThread> => {
    const bases = await findSdk(backend, options.sdkFrom);
    const { url, appKey, network, driver, token } = options;
    const orders: WorkerOrders = {
      ...{ bases, url, appKey, network, sessionTag: options.sessionTagOf(namespace) },
      ...(driver === undefined ? {} : { driver }),
      ...(token === undefined ? {} : { token }),
    };
    const thread = startSdkThread(orders, {
      onEvent: (event) => options.onEvent(namespace, event),
      onEnd: (why) => {
        if (room.thread === thread) room.thread = undefined;
        room.endsMs = [...room.endsMs, host.monotonic()];
        options.onEnd(namespace, why);
      },
    });
    try {
      await thread.order("connect", {}, { host, limitMs: CONNECT_LIMIT_MS });
    } catch (error) {
      await thread.stop();
      if (!(error instanceof SdkFailure)) throw error;
      throw toSdkError(error.failure, { backend, doing: "connect the SDK to the daemon", effect: "none", clean: options.clean });
    }
    room.thread = thread;
    return thread;
  };

  const requireRoom = (namespace: string, host: Host): Room => {
    const room = rooms.get(namespace) ?? { host, thread: undefined, opening: undefined, endsMs: [] };
    rooms.set(namespace, room);
    return room;
  };

  return {
    async get({ host, namespace, signal }) {
      const room = requireRoom(namespace.id, host);
      if (room.thread !== undefined) return room.thread;
      room.endsMs = room.endsMs.filter((atMs) => host.monotonic() - atMs < RESTART_WINDOW_MS);
      if (room.endsMs.length > options.mostRestarts) {
        throw new SchedulerError(
          "BACKEND_UNAVAILABLE",
          `${backend}: the SDK ended unexpectedly ${room.endsMs.length} times within ten minutes and is not started again before some of them have passed; \`mostRestarts\` allows ${options.mostRestarts}.`,
          { retry: "later", effect: "none", details: { backend } },
        );
      }
      const opening =
        room.opening ??
        open(room, namespace.id, host).finally(() => {
          room.opening = undefined;
        });
      room.opening = opening;
      // Others may wait for it too, so an abort ends this wait alone.
      return raceAbort(opening, signal);
    },
    current: (namespace) => rooms.get(namespace)?.thread,
    async close() {
      const all = [...rooms.values()];
      rooms.clear();
      for (const { thread: open, opening, host } of all) {
        const thread = open ?? (await opening?.catch(() => undefined));
        await thread?.order("disconnect", {}, { host, limitMs: DISCONNECT_LIMIT_MS }).catch(() => undefined);
        await thread?.stop();
      }
    },
  };
}

function raceAbort<T>(work: Promise<T>, signal: CallContext["signal"]): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    const done = (): void => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(done);
    if (signal.aborted) onAbort();
  });
}
