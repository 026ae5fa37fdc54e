/**
 * Everything an author of a backend needs: `defineBackend`, a careful HTTP client, and helpers for settings, names,
 * errors, paging, waiting and metering. The contract's types are exported too, so that this and `zod` are the only imports.
 *
 * @module
 */

export type * from "../model/artifact.js";
export type { Effect, ErrorCode, Retry } from "../model/errors/codes.js";
export { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
export type * from "../model/lease.js";
export { formatUsd, NANO_PER_USD, type NanoUsd, nanoUsd, toUsd } from "../model/money.js";
export type * from "../model/offer.js";
export { Secret } from "../model/secret.js";
export type * from "../spec/index.js";
export { type CapabilityChoices, declareCapabilities } from "./declare-capabilities.js";
export {
  type BackendDefinition,
  type BackendFactory,
  type BackendTools,
  type BackendVerbs,
  type CreateTools,
  defineBackend,
  type FactoryParameters,
  type VerbsWithoutFind,
} from "./define-backend.js";
export { findEach, inspectEach, type ReportBody } from "./each.js";
export { type Environment, processEnvironment } from "./environment.js";
export { findByKey } from "./find-by-key.js";
export * from "./http/index.js";
export { createNaming, isKey, isOurs, MAX_KEY_LENGTH, type Naming, type NamingOptions, namespaceOf, shortName } from "./keys.js";
export { type ImportPeerOptions, importPeer } from "./lazy-import.js";
export {
  defineErrorMap,
  type ErrorContext,
  type ErrorFacts,
  type ErrorMap,
  type ErrorRule,
  type ErrorVerdict,
  factsOf,
  textAt,
} from "./map-error.js";
export { type MeteredLease, meter } from "./metering.js";
export { omitUndefined, type WithoutUndefined } from "./omit-undefined.js";
export { batches, collectAll, type Page, type PaginateOptions, paginate } from "./paginate.js";
export { type PollOptions, poll } from "./poll.js";
export { createRedactor, type Redactor } from "./redact.js";
export * from "./runner/index.js";
export { createSdk, type Sdk, type SdkOptions } from "./sdk.js";
export {
  booleanSetting,
  choiceSetting,
  listSetting,
  numberSetting,
  type ParsedSettingSource,
  type SecretSettingSource,
  type SettingReader,
  type SettingSource,
  settingsFor,
} from "./settings.js";
export { sleep } from "./sleep.js";
export { suggest } from "./suggest.js";
export { isoToMs, msToIso, timestampMs } from "./timestamp.js";
export { numeric, tolerantEnum } from "./tolerant.js";
export { isSecret, parseBackendOptions, secretOption, type ValidationSubject, validateInput } from "./validation.js";
