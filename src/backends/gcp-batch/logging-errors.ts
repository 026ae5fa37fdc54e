import { defineErrorMap } from "../../kit/map-error.js";

/** What the errors of Cloud Logging's REST interface mean. */
export const loggingErrors = defineErrorMap([
  {
    message: /could not load the default credentials/i,
    to: "BACKEND_AUTH_FAILED",
    say: "there are no Google credentials: run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or pass `keyFilename`.",
  },
  {
    status: 403,
    message: /has not been used|it is disabled|SERVICE_DISABLED/i,
    to: "BACKEND_AUTH_FAILED",
    say: "the Cloud Logging API is not enabled in this project: run `gcloud services enable logging.googleapis.com`.",
  },
  {
    status: 403,
    to: "BACKEND_AUTH_FAILED",
    say: "permission denied: check `project`, and that the caller has roles/logging.viewer in it.",
  },
  { status: 401, to: "BACKEND_AUTH_FAILED", say: "the credentials were refused: they are invalid or have expired." },
  { status: 429, to: "BACKEND_RATE_LIMITED" },
  { status: [400, 404], to: "BACKEND_REJECTED" },
]);
