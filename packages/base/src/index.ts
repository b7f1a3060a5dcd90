export { assert, AssertionError, unreachable } from "./assert.ts";
export { BoundedQueue, type BoundedQueueLimits } from "./bounded-queue.ts";
export { asBuffer, readUint64, writeUint64 } from "./bytes.ts";
export { sleep, type Clock, type TimerHandle } from "./clock.ts";
export { withDeadline } from "./deadline.ts";
export { crc32, equalConstantTime, hmacSha256, md5, openAes256, sealAes256, sha256Hex } from "./hash.ts";
export type { Random } from "./random.ts";
export { RoundGate, type Round } from "./round-gate.ts";
export { ServiceError, serviceErrorCodes, type ErrorIds, type ServiceErrorCode } from "./service-error.ts";
