/** Shared parts of artifact stores that speak HTTP: repeated requests, bodies that are continued, checks, refusals. */
export type { OutgoingRequest } from "../http/exchange.js";
export { discard, readBody } from "../http/read-body.js";
export { shownUrl } from "../transfer/wire.js";
export { checkedBytes } from "./checked-bytes.js";
export { type GatewayOptions, gatewayConfig, gatewayPath } from "./gateway-options.js";
export { type GatewayStoreConfig, gatewayStore } from "./gateway-store.js";
export { readOnlyVerbs } from "./read-only.js";
export { type BodySource, contentLength, isEncoded, resumableBody, strongEtag } from "./resumable-body.js";
export { isPassingStatus, passingStatus, type StoreRequest, type StoreWire, sendRequest } from "./send-request.js";
export { denied, notFound, otherBytes, otherVersion, PassingFailure, unavailable, unusableUri } from "./store-errors.js";
export { invalidOption, type StorePrices, type StoreWireOptions, storePrices, storeShape, storeWire } from "./store-options.js";
export { readUrlObject, statUrlObject, type UrlObject } from "./url-object.js";
