/** What an error of the AWS SDK means for a reader. */

/** The API's name of an error, e.g. `ExpiredIteratorException`; empty when it is not one. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** The service asks for fewer requests. */
export function isThrottle(error: unknown): boolean {
  return /Throughput|Throttling|LimitExceeded/.test(errorName(error));
}

/** Whether the same request may succeed later: an internal failure, a timeout, or no answer at all. */
export function isTransient(error: unknown): boolean {
  const { code, name, $metadata } = error as {
    code?: string;
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
  if (/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|ERR_HTTP2|ERR_STREAM)/.test(code ?? "")) {
    return true;
  }
  if (/^(TimeoutError|RequestTimeout|AbortError|AggregateError|InternalFailureException)$/.test(name ?? ""))
    return true;
  return error instanceof Error && /http2 request did not get|socket hang up|Unexpected error/.test(error.message);
}
