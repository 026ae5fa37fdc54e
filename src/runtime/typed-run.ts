import type { WorkloadDefinition } from "../model/define-workload.js";
import type { Receipt } from "../model/receipt.js";
import type { Run, RunResult, WaitOptions } from "./run.js";

/** A result together with the value that the definition's schema reads from it. */
export interface TypedResult<R> extends RunResult {
  readonly value: R;
}

/** A run of a defined workload: like {@link Run}, with a typed result. */
export class TypedRun<R> {
  readonly run: Run;
  readonly #definition: WorkloadDefinition<unknown, R>;

  /** @internal Made by the scheduler. */
  constructor(run: Run, definition: WorkloadDefinition<unknown, R>) {
    this.run = run;
    this.#definition = definition;
  }

  get id(): string {
    return this.run.id;
  }

  /** @throws as {@link Run.result}, and RESULT_INVALID when the result file does not fit the definition's schema. */
  async result(options: WaitOptions = {}): Promise<TypedResult<R>> {
    const result = await this.run.result(options);
    const path = this.#definition.resultOutput;
    const bytes = path === undefined ? undefined : await result.output(path).download();
    return { ...result, output: result.output, value: await this.#definition.parseResult(bytes) };
  }

  /** As {@link Run.settled}. */
  settled(options: WaitOptions = {}): Promise<Receipt> {
    return this.run.settled(options);
  }
}
