/** The one table from the names of errors to what the producer does about them. */
import type { FailureKind } from "./put-transport.ts";

const THROTTLES = /Throughput|Throttl|TooManyRequests|LimitExceeded|SlowDown/;
/** Client errors that pass without the client changing its request: credentials are renewed, streams become active. */
const PASSING = /^(?:ExpiredToken(?:Exception)?|RequestExpired|RequestTimeout(?:Exception)?|ResourceInUseException)$/;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** What an error called `name` means; `status` is the HTTP status, or undefined when no answer came. */
export function failureKind(name: string, status: number | undefined): FailureKind {
  if (THROTTLES.test(name) || status === TOO_MANY_REQUESTS) return "throttled";
  if (status === undefined || status >= SERVER_ERROR || PASSING.test(name)) return "unavailable";
  return "refused";
}

/** Whether a refusal with this code may be the fault of a single record, so that the others deserve another try. */
export function mayBeOneRecordsFault(code: string): boolean {
  return /^(?:InvalidArgument|Validation|Serialization)Exception$/.test(code);
}
