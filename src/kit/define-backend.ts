import type { z } from "zod";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { BACKEND_SPEC_VERSION, type Backend } from "../spec/backend.js";
import type { CallContext } from "../spec/call-context.js";
import type { Capabilities } from "../spec/capabilities.js";
import { checkCapabilities } from "./check-capabilities.js";
import { type Environment, processEnvironment } from "./environment.js";
import { findByKey } from "./find-by-key.js";
import { type SettingReader, settingsFor } from "./settings.js";
import { validateInput } from "./validation.js";

/** What an author writes: the contract without the fields that {@link defineBackend} fills in. */
export type BackendVerbs = Omit<Backend, "specVersion" | "id" | "kind" | "capabilities">;

/** {@link BackendVerbs} of an author who lets the kit derive `find`. */
export type VerbsWithoutFind = Omit<BackendVerbs, "find">;

/** What `capabilities` and `create` get beside the validated options. */
export interface BackendTools {
  /** The scheduler's name for this instance; goes into `LeaseRef.backend` and `Offer.backend`. */
  readonly id: string;
  /** The environment; use {@link BackendTools.setting} where a person may have forgotten to set something. */
  readonly env: Environment;
  /** Takes a setting from an option or the environment, with an error message that names both. */
  readonly setting: SettingReader;
}

/** {@link BackendTools} once the capabilities are known. */
export interface CreateTools extends BackendTools {
  readonly capabilities: Capabilities;
}

interface DefinitionBase<S extends z.ZodObject> {
  /** What sort of backend it is: kebab-case, the default id, the key of `backendOptions`. */
  readonly kind: string;
  /**
   * Schema of the factory's options. Keys it does not know are refused whatever its mode. Options that may come from the
   * environment are optional here and read with {@link BackendTools.setting}; credentials use `secretOption()`. The key `id` is taken.
   */
  readonly options: S;
  /** What this instance can do, given its options. Called once. */
  readonly capabilities: (options: z.output<S>, tools: BackendTools) => Capabilities;
}

/** A backend to be. `create` is called once per instance and must do no I/O. */
export type BackendDefinition<S extends z.ZodObject> =
  | (DefinitionBase<S> & {
      readonly derive?: undefined;
      /** Makes the verbs of one backend. */
      readonly create: (options: z.output<S>, tools: CreateTools) => BackendVerbs;
    })
  | (DefinitionBase<S> & {
      /**
       * `find-by-key`: `find` is answered from `listLeases` by key. Right only where the platform refuses or adopts a second lease of
       * the same name, and where `listLeases` also shows leases whose command has ended until they are released.
       */
      readonly derive: "find-by-key";
      /** Makes the verbs of one backend. */
      readonly create: (options: z.output<S>, tools: CreateTools) => VerbsWithoutFind;
    });

/** A factory's parameters: options may be left out when none is required. `environment` replaces the process's, for tests. */
export type FactoryParameters<S extends z.ZodObject> =
  Record<string, never> extends z.input<S>
    ? [options?: z.input<S> & { readonly id?: string }, environment?: Environment]
    : [options: z.input<S> & { readonly id?: string }, environment?: Environment];

/** Makes instances of a backend. @throws INVALID_CONFIG naming the option and the variable. */
export type BackendFactory<S extends z.ZodObject> = (...parameters: FactoryParameters<S>) => Backend;

const KIND = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const ID = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Turns a definition into a factory `(options?) => Backend` with inferred types.
 *
 * The factory validates the options (INVALID_CONFIG with the option's name, a suggestion for a misspelt one and the variable for what
 * may come from the environment), fills `specVersion`, `id` (default: the kind) and `kind`, and checks that the verbs are
 * those the capabilities promise (PLUGIN_CONTRACT_VIOLATION): `start` with `reuse`, `collect` with `native` staging, `logs` with `logs`.
 *
 * Every verb gets its own `CallContext` object, so that helpers such as `createHttp` can tell what happened within one call.
 *
 * @example
 * export const tinfoil = defineBackend({ kind: "tinfoil", options: z.object({ apiKey: secretOption().optional() }), capabilities, create });
 */
export function defineBackend<S extends z.ZodObject>(definition: BackendDefinition<S>): BackendFactory<S> {
  if (!KIND.test(definition.kind)) throw violation(definition.kind, "`kind` must be kebab-case");
  return (...parameters) => {
    const [given, environment] = parameters;
    const { id, ...rest }: { readonly id?: unknown } & Readonly<Record<string, unknown>> = { ...given };
    const name = checkedId(id ?? definition.kind, definition.kind);
    const options = validateInput(definition.options, rest, { subject: name });
    const env = environment ?? processEnvironment;
    const tools: BackendTools = { id: name, env, setting: settingsFor(name, env) };
    const capabilities = definition.capabilities(options, tools);
    const created = definition.create(options, { ...tools, capabilities });
    checkCapabilities(definition.kind, capabilities, created);
    return assemble({ id: name, kind: definition.kind, capabilities }, created, findOf(created, definition));
  };
}

function findOf(
  created: BackendVerbs | VerbsWithoutFind,
  definition: { readonly kind: string; readonly derive?: "find-by-key" | undefined },
): Backend["find"] {
  if ("find" in created && typeof created.find === "function") return (intents, call) => created.find(intents, call);
  if (definition.derive === "find-by-key") return findByKey((call) => created.listLeases(call));
  throw violation(definition.kind, 'it has no `find`; give one, or derive it with `derive: "find-by-key"`');
}

/** The verbs are called as methods of their object, so that a class instance may be one. */
function assemble(filled: Pick<Backend, "id" | "kind" | "capabilities">, verbs: VerbsWithoutFind, find: Backend["find"]): Backend {
  return {
    specVersion: BACKEND_SPEC_VERSION,
    ...filled,
    listOffers: async (demand, call) => verbs.listOffers(demand, ownCall(call)),
    bind: async (placement, call) => verbs.bind(placement, ownCall(call)),
    find: async (intents, call) => find(intents, ownCall(call)),
    inspect: async (leases, call) => verbs.inspect(leases, ownCall(call)),
    release: async (lease, how, call) => verbs.release(lease, how, ownCall(call)),
    listLeases: async (call) => verbs.listLeases(ownCall(call)),
    ...optional(verbs),
  };
}

/** The optional verbs that exist, bound to their object. */
function optional(verbs: VerbsWithoutFind): Partial<Backend> {
  const { start, collect, logs, close } = verbs;
  return {
    ...(start ? { start: async (lease, launch, call) => start.call(verbs, lease, launch, ownCall(call)) } : {}),
    ...(collect ? { collect: async (lease, outputs, call) => collect.call(verbs, lease, outputs, ownCall(call)) } : {}),
    ...(logs ? { logs: (lease, call) => logs.call(verbs, lease, ownCall(call)) } : {}),
    ...(close ? { close: async () => close.call(verbs) } : {}),
  };
}

/** A context of its own for one verb, whatever class the given one is of. */
function ownCall(call: CallContext): CallContext {
  return {
    signal: call.signal,
    deadlineMs: call.deadlineMs,
    namespace: call.namespace,
    logger: call.logger,
    host: call.host,
    progress: (partial) => call.progress(partial),
  };
}

function checkedId(id: unknown, kind: string): string {
  if (typeof id === "string" && ID.test(id)) return id;
  throw new SchedulerError("INVALID_CONFIG", `${kind}: option \`id\` must match [a-z][a-z0-9-]{0,62}.`, { details: { field: "id" } });
}

function violation(kind: string, what: string): SchedulerError {
  return new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `Backend "${kind}": ${what}.`, {
    retry: "never",
    effect: "none",
    details: { backend: kind },
  });
}
