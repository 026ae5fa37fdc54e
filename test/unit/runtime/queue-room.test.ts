import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { QueueRoom } from "../../../src/runtime/queue-room.js";

function roomFor(limit: number, whenFull: "refuse" | "wait", free = 0) {
  const load = { waiting: 0, free };
  return { load, room: new QueueRoom({ limit, whenFull }, () => load) };
}

/** Names, in the order in which they were admitted. */
function line(room: QueueRoom, asked: readonly (readonly [string, number])[]) {
  const admitted: string[] = [];
  for (const [name, count] of asked) void room.take(count, undefined).then(() => admitted.push(name));
  return admitted;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("room in the queue", () => {
  it("is taken before the runs stand in it, and given back when they do", async () => {
    const { load, room } = roomFor(2, "refuse");
    const giveBack = await room.take(2, undefined);
    await expect(room.take(1, undefined)).rejects.toMatchObject({ code: "QUEUE_FULL", details: { field: "queue.limit" } });
    load.waiting = 1;
    giveBack();
    await expect(room.take(1, undefined)).resolves.toBeTypeOf("function");
  });

  it("counts on runs on their way to begin where they can", async () => {
    const { room } = roomFor(1, "refuse", 3);
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => room.take(1, undefined)));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "fulfilled", "rejected"]);
  });

  it("is refused to what could never fit, also to those who would wait", async () => {
    const { room } = roomFor(3, "wait");
    await expect(room.take(4, undefined)).rejects.toMatchObject({ code: "QUEUE_FULL" });
  });

  it("goes to those who wait in their order: nobody overtakes because they want less", async () => {
    const { load, room } = roomFor(3, "wait");
    load.waiting = 3;
    const admitted = line(room, [
      ["first", 2],
      ["second", 1],
    ]);
    load.waiting = 2;
    room.look();
    await settled();
    expect(admitted).toEqual([]);
    load.waiting = 0;
    const late = line(room, [["late", 1]]);
    room.look();
    await settled();
    expect([admitted, late]).toEqual([["first", "second"], []]);
  });

  it("is not waited for any longer than the signal says, and those behind move up", async () => {
    const { load, room } = roomFor(2, "wait");
    load.waiting = 1;
    const abort = new AbortController();
    const impatient = room.take(2, abort.signal);
    const admitted = line(room, [["behind", 1]]);
    abort.abort();
    await expect(impatient).rejects.toMatchObject({ code: "WAIT_ABORTED" });
    await settled();
    expect(admitted).toEqual(["behind"]);
  });

  it("leaves nothing at a signal that outlives the waiting", async () => {
    const { load, room } = roomFor(1, "wait");
    load.waiting = 1;
    const { signal } = new AbortController();
    const waiting = room.take(1, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    load.waiting = 0;
    room.look();
    await waiting;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("is given to nobody once it is closed", async () => {
    const { load, room } = roomFor(1, "wait");
    load.waiting = 1;
    const waiting = room.take(1, undefined);
    room.close(new SchedulerError("SCHEDULER_CLOSED", "The scheduler is closed."));
    await expect(waiting).rejects.toMatchObject({ code: "SCHEDULER_CLOSED" });
  });
});
