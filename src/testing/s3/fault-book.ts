import type { S3FaultRule, S3Operation, S3TestFault } from "./s3-options.js";

/** The faults that were ordered, and how far each is used up. */
export class FaultBook {
  readonly #rules: { readonly rule: S3FaultRule; seen: number }[] = [];

  add(rule: S3FaultRule): void {
    this.#rules.push({ rule, seen: 0 });
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** What strikes this request, if anything does. */
  strike(operation: S3Operation, key: string): S3TestFault | undefined {
    for (const entry of this.#rules) {
      const { rule } = entry;
      const { skip = 0, times = 1 } = rule;
      if ((rule.operation !== undefined && rule.operation !== operation) || !isAbout(rule.key, key) || entry.seen >= skip + times) continue;
      entry.seen += 1;
      if (entry.seen > skip) return rule.fault;
    }
    return undefined;
  }
}

function isAbout(wanted: string | RegExp | undefined, key: string): boolean {
  if (wanted === undefined) return true;
  // Without its state: a global expression would match every other time.
  return typeof wanted === "string" ? wanted === key : new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, "")).test(key);
}
