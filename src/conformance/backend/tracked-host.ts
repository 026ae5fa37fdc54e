import type { Host, TimerHandle } from "../../spec/host.js";

/** A host that knows which of its timers are still set, and whether it is itself at work. */
export interface TrackedHost extends Host {
  readonly openTimers: () => number;
  /** True while one of its methods runs: what it does of the platform's it may. */
  readonly isAtWork: () => boolean;
}

/** Counts how many of a host's methods are at work. Shared by several views of one host. */
export interface Activity {
  depth: number;
}

/** Passes everything on to `host` and keeps count. */
export function trackHost(host: Host, activity: Activity): TrackedHost {
  const open = new Set<object>();
  const work = <T>(body: () => T): T => {
    activity.depth += 1;
    try {
      return body();
    } finally {
      activity.depth -= 1;
    }
  };
  const setTimer = (delayMs: number, fire: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle => {
    const timer = {};
    open.add(timer);
    const handle = host.setTimer(
      delayMs,
      () => {
        open.delete(timer);
        fire();
      },
      options,
    );
    return {
      cancel: () => {
        open.delete(timer);
        handle.cancel();
      },
    };
  };
  return {
    now: () => work(() => host.now()),
    monotonic: () => work(() => host.monotonic()),
    setTimer: (delayMs, fire, options) => work(() => setTimer(delayMs, fire, options)),
    random: () => work(() => host.random()),
    newId: () => work(() => host.newId()),
    randomHex: (bytes) => work(() => host.randomHex(bytes)),
    sha256: (data) => work(() => host.sha256(data)),
    createSha256: () => work(() => host.createSha256()),
    hmacSha256: (secret, data) => work(() => host.hmacSha256(secret, data)),
    env: (name) => work(() => host.env(name)),
    openTimers: () => open.size,
    isAtWork: () => activity.depth > 0,
  };
}
