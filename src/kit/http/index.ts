export type { HttpAnswer } from "./answer.js";
export { createHttp } from "./create-http.js";
export { bearer, fetchOption, type HeaderValue, path, type QueryValue, type RawBody } from "./encode.js";
export type { FailedAnswer } from "./http-errors.js";
export type { BodyOptions, Http, HttpOptions, PendingAnswer, RequestOptions, StreamOptions } from "./http-options.js";
export type { LineOptions, SseEvent } from "./streams.js";
