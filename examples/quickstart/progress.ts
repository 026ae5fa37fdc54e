import type { RunEvent } from "spillway";
import { FRAMES } from "./animation.js";

const BACKENDS: Readonly<Record<string, { readonly letter: string; readonly colour: number }>> = {
  "flaky-market": { letter: "F", colour: 33 },
  "steady-market": { letter: "S", colour: 36 },
  local: { letter: "L", colour: 32 },
};

/** Shows what happens while it happens: a line that is redrawn on a terminal, a line for each piece of news elsewhere. */
export function liveProgress(out: NodeJS.WriteStream): { readonly watch: (event: RunEvent, frame: number) => void; end(): void } {
  const terminal = out.isTTY === true;
  const cells = new Array<string>(FRAMES).fill("\u00b7");
  const counts = { done: 0, running: 0, lost: 0, outvoted: 0 };

  const line = (): string =>
    `${cells.join("")} ${counts.done}/${FRAMES} frames, ${counts.running} running, ${counts.lost} lost, ${counts.outvoted} outvoted`;
  let drawn = "";
  const draw = (): void => {
    const now = line();
    if (terminal && now !== drawn) out.write(`\r\x1b[K${now}`);
    drawn = now;
  };

  const watch = (event: RunEvent, frame: number): void => {
    count(event, counts);
    const backend = "backend" in event ? BACKENDS[event.backend] : undefined;
    if (event.type === "attempt-started" && cells[frame] === "\u00b7") cells[frame] = paint("\u25b8", backend?.colour, terminal);
    if (event.type === "result-accepted") cells[frame] = paint(backend?.letter ?? "?", backend?.colour, terminal);
    const news = newsOf(event);
    if (!terminal && news !== undefined) out.write(`frame ${String(frame).padStart(2)}  ${news}\n`);
    draw();
  };
  draw();
  return { watch, end: () => void out.write(terminal ? "\n" : `${line()}\n`) };
}

function count(event: RunEvent, counts: { done: number; running: number; lost: number; outvoted: number }): void {
  if (event.type === "attempt-started") counts.running += 1;
  // An attempt that never started does not stop running.
  if (event.type === "attempt-ended") counts.running = Math.max(0, counts.running - 1);
  if (event.type === "attempt-ended" && event.outcome === "lost") counts.lost += 1;
  if (event.type === "result-rejected") counts.outvoted += 1;
  if (event.type === "run-ended" && event.status === "succeeded") counts.done += 1;
}

function newsOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case "result-accepted":
      return `done, accepted from ${event.backend}`;
    case "result-rejected":
      return `a result of ${event.backend} was outvoted`;
    case "attempt-ended":
      return event.outcome === "lost" ? `lost on ${event.backend} (${event.code}), goes on elsewhere` : undefined;
    default:
      return undefined;
  }
}

const paint = (text: string, colour: number | undefined, terminal: boolean): string =>
  terminal && colour !== undefined ? `\x1b[${colour}m${text}\x1b[0m` : text;
