/** How a put can fail: one class, one closed list of codes. */

/** Every way in which a put can fail. */
export const producerErrorCodes = [
  /** The record itself cannot be put: no key, too large, a bad hash key. It was not sent. */
  "INVALID",
  /** More is waiting than `bufferBytesMax` or `bufferRecordsMax` allow. It was not taken: await `ready()` and put again. */
  "BUFFER_FULL",
  /** The record's time to live passed before it was stored; the last failure is in the message. */
  "EXPIRED",
  /** The service refused it for good (no such stream, no permission, invalid); the cause says why. */
  "REFUSED",
  /** The caller's AbortSignal fired. */
  "ABORTED",
  /** The producer is closed, or was closed with records left. */
  "CLOSED",
] as const;

/** A code of {@link producerErrorCodes}. */
export type ProducerErrorCode = (typeof producerErrorCodes)[number];

/** What is known about a record that was not put. */
export interface ProducerErrorFacts {
  /** Times the record was sent. */
  readonly attempts?: number;
  /** True when an answer was lost: the record may be in the stream all the same. */
  readonly mayBeStored?: boolean;
  readonly cause?: unknown;
}

/** A put that failed. `message` starts with the code. */
export class ProducerError extends Error {
  override readonly name = "ProducerError";
  readonly code: ProducerErrorCode;
  readonly attempts: number;
  readonly mayBeStored: boolean;

  constructor(code: ProducerErrorCode, message: string, facts: ProducerErrorFacts = {}) {
    super(`${code}: ${message}`, facts.cause === undefined ? {} : { cause: facts.cause });
    this.code = code;
    this.attempts = facts.attempts ?? 0;
    this.mayBeStored = facts.mayBeStored ?? false;
  }
}
