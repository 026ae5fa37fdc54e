import { systemHost } from "../../../src/runtime/system-host.js";
import type { Host, TimerHandle } from "../../../src/spec/host.js";

/** The platform's own timers, kept before a case watches who uses them. */
const platform = { setTimeout, clearTimeout };

const LOOK_EVERY_MS = 15;
/** Looks in a row that have to find the same before time jumps; between two of them everything that is under way on this machine gets its turn. */
const CALM_LOOKS = 8;

/** A host on real time that need not be waited for where nothing but time passes. */
export interface HurriedHost extends Host {
  /**
   * Until {@link HurriedHost.walk}, time jumps to the next timer whenever `pulse` stays the same for a while.
   *
   * @param pulse changes with every sign of life; `undefined` while something is going on
   */
  hurry(pulse: () => string | undefined): void;
  /** Time is real again. */
  walk(): void;
}

interface Waiting {
  readonly dueMs: number;
  readonly fire: () => void;
  readonly options: { readonly keepAlive?: boolean } | undefined;
  handle: TimerHandle | undefined;
}

/** Timers fire in the order in which they would have fired anyway, and never before their time: it is the clocks that jump. */
export function hurriedHost(): HurriedHost {
  const real = systemHost();
  const timers = new Set<Waiting>();
  let skippedMs = 0;
  let look: NodeJS.Timeout | undefined;
  const monotonic = (): number => real.monotonic() + skippedMs;

  const arm = (timer: Waiting): void => {
    const fire = (): void => {
      timers.delete(timer);
      timer.fire();
    };
    timer.handle = real.setTimer(Math.ceil(timer.dueMs - monotonic()), fire, timer.options);
  };
  const jump = (): void => {
    const inOrder = [...timers].sort((a, b) => a.dueMs - b.dueMs);
    skippedMs += Math.max(0, (inOrder[0]?.dueMs ?? 0) - monotonic());
    for (const timer of inOrder) {
      timer.handle?.cancel();
      arm(timer);
    }
  };
  const walk = (): void => platform.clearTimeout(look);

  return {
    ...real,
    now: () => real.now() + Math.round(skippedMs),
    monotonic,
    setTimer: (delayMs, fire, options) => {
      const timer: Waiting = { dueMs: monotonic() + delayMs, fire, options, handle: undefined };
      timers.add(timer);
      arm(timer);
      return {
        cancel: () => {
          timers.delete(timer);
          timer.handle?.cancel();
        },
      };
    },
    hurry: (pulse) => {
      walk();
      let before: string | undefined;
      let calm = 0;
      const check = (): void => {
        const now = pulse();
        calm = now !== undefined && now === before ? calm + 1 : 0;
        before = now;
        if (calm >= CALM_LOOKS) {
          calm = 0;
          jump();
        }
        look = platform.setTimeout(check, LOOK_EVERY_MS);
        look.unref();
      };
      check();
    },
    walk,
  };
}
