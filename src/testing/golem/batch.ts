import type { Bell, Patience } from "./bell.js";
import type { BatchCommand, CaptureMode } from "./script.js";
import type { YagnaWorld } from "./world.js";

type Stream = "stdout" | "stderr";

/** Commands that were sent together: what became of them, as results and as events. */
export class Batch {
  readonly id: string;
  readonly results: object[] = [];
  readonly events: { readonly id: number; readonly data: object }[] = [];
  isFinished = false;
  readonly bell: Bell;
  readonly #size: number;
  readonly #world: YagnaWorld;
  #modes: Readonly<Record<Stream, CaptureMode | undefined>> = { stdout: undefined, stderr: undefined };
  #printed: Record<Stream, string> = { stdout: "", stderr: "" };

  constructor(size: number, world: YagnaWorld, bell: Bell) {
    this.id = world.newId();
    this.#size = size;
    this.#world = world;
    this.bell = bell;
    this.isFinished = size === 0;
  }

  started(index: number, command: BatchCommand): void {
    this.#modes = command.kind === "run" ? command : { stdout: undefined, stderr: undefined };
    this.#printed = { stdout: "", stderr: "" };
    this.#event(index, { started: { command: command.wire } });
  }

  /** Told at once where the stream is captured so, or kept for the result. */
  printed(index: number, stream: Stream, text: string): void {
    const mode = this.#modes[stream];
    if (mode === undefined) return;
    if (mode.stream) this.#event(index, { [stream]: encode(text, mode.binary) });
    else this.#printed[stream] += text;
  }

  finished(
    index: number,
    end: { readonly ok: boolean; readonly stdout?: string; readonly message?: string; readonly exitCode?: number },
    last: boolean,
  ): void {
    this.results.push({
      index,
      eventDate: this.#world.iso(),
      result: end.ok ? "Ok" : "Error",
      stdout: end.stdout ?? this.#captured("stdout"),
      stderr: this.#captured("stderr"),
      message: end.message ?? null,
      isBatchFinished: last,
    });
    this.isFinished = last;
    this.#event(index, { finished: { return_code: end.exitCode ?? (end.ok ? 0 : 1), message: end.message ?? null } });
  }

  /** All results so far, once the command that is asked for, or the batch, has ended, or time is over. Nothing: the unit is gone. */
  async read(commandIndex: number | undefined, isGone: () => boolean, patience: Patience): Promise<readonly object[]> {
    const wanted = (commandIndex ?? this.#size - 1) + 1;
    await this.bell.wait(() => (this.isFinished || this.results.length >= wanted || isGone() ? true : undefined), patience);
    return this.results;
  }

  #captured(stream: Stream): string | readonly number[] | null {
    const mode = this.#modes[stream];
    const text = this.#printed[stream];
    return mode === undefined || text === "" ? null : encode(cutOut(text, mode), mode.binary);
  }

  #event(index: number, kind: object): void {
    this.events.push({ id: this.events.length, data: { batch_id: this.id, index, timestamp: this.#world.iso(), kind } });
    this.bell.ring();
  }
}

const encode = (text: string, binary: boolean): string | readonly number[] => (binary ? [...new TextEncoder().encode(text)] : text);

function cutOut(text: string, { head, tail }: CaptureMode): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= head + tail) return text;
  const decoder = new TextDecoder();
  return decoder.decode(bytes.subarray(0, head)) + decoder.decode(bytes.subarray(bytes.length - tail));
}
