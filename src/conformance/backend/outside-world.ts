/** Watches who uses the platform's clock, timers and randomness directly. */
export interface OutsideWorldWatch {
  /** What was used, and by whom: `Date.now at .../file.ts:12:3`. */
  readonly uses: readonly string[];
  readonly end: () => void;
}

/** Code of the platform and of packages: SDKs bring their own timers, which a backend cannot help. */
const NOT_OURS = /\(?(node:|internal\/)|[\\/]node_modules[\\/]/;

/**
 * Replaces the global clock, timers and random numbers by ones that do the same and remember who called them, until it
 * is ended. Calls made while `isExempt` holds (by the host, which is the one place that may) are not remembered.
 */
export function watchOutsideWorld(isExempt: () => boolean): OutsideWorldWatch {
  const uses: string[] = [];
  const restore: (() => void)[] = [];

  const remember = (name: string, trap: (...args: never[]) => unknown): void => {
    if (isExempt()) return;
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, trap);
    const caller = here.stack?.split("\n")[1]?.trim() ?? "somewhere";
    if (!NOT_OURS.test(caller)) uses.push(`${name} ${caller}`);
  };

  const replace = (owner: object, name: string, makeReplacement: (original: unknown) => unknown): void => {
    const original = Object.getOwnPropertyDescriptor(owner, name);
    if (!original?.configurable) return;
    const value: unknown = Reflect.get(owner, name);
    Object.defineProperty(owner, name, {
      ...withoutAccessors(original),
      value: makeReplacement(value),
      writable: true,
      configurable: true,
    });
    restore.push(() => Object.defineProperty(owner, name, original));
  };

  const asFunction = (name: string) => (original: unknown) => {
    if (typeof original !== "function") return original;
    return new Proxy(original, {
      apply: function trap(target, self, args): unknown {
        remember(name, trap);
        return Reflect.apply(target, self, args);
      },
    });
  };

  const asDate = (original: unknown): unknown => {
    if (typeof original !== "function") return original;
    return new Proxy(original, {
      apply: function trap(target, self, args): unknown {
        remember("Date()", trap);
        return Reflect.apply(target, self, args);
      },
      construct: function trap(target, args, newTarget): object {
        if (args.length === 0) remember("new Date()", trap);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  };

  // `Date.now` first: the proxy of `Date` then passes it on.
  replace(Date, "now", asFunction("Date.now"));
  replace(globalThis, "Date", asDate);
  replace(Math, "random", asFunction("Math.random"));
  for (const name of ["setTimeout", "setInterval"]) replace(globalThis, name, asFunction(name));
  return { uses, end: () => restore.reverse().forEach((undo) => void undo()) };
}

function withoutAccessors({ enumerable = false }: PropertyDescriptor): PropertyDescriptor {
  return { enumerable };
}
