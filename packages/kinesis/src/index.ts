export type * from "./generated/api.ts";
export { type DocumentProtocol } from "./coerce-input.ts";
export { decodeInput, decodeRequest, parseBody, type Decoded } from "./decode-request.ts";
export { encodeError, encodeResponse, encodeStructure } from "./encode-response.ts";
export {
  errorStatus,
  internalFailure,
  invalidArgument,
  kinesisError,
  limitExceeded,
  resourceInUse,
  resourceNotFound,
  serializationError,
  validationError,
  type KinesisError,
} from "./kinesis-error.ts";
export { isOperationName, operationNamed, operations, type Operation } from "./operation.ts";
export { structureNamed, type Member, type Shape, type StructureShape } from "./shape.ts";
export { answerOf, recordAnswerOf, shardRateExceeded } from "./service-error-answer.ts";
export { accountOf, DEFAULT_ACCOUNT_ID } from "./account.ts";
export {
  parseAuthorization,
  type Authorization,
  type AuthorizationSource,
  type ParsedAuthorization,
} from "./authorization.ts";
export { type SignedRequest } from "./canonical-request.ts";
export {
  bodyTooLarge,
  crossOriginHeaders,
  decideRequest,
  errorAnswer,
  headerOf,
  mediaTypeOf,
  REQUEST_BODY_BYTES_MAX,
  type HttpAnswer,
  type HttpDecision,
  type HttpHeaders,
  type HttpRequestFacts,
} from "./http-decision.ts";
export { verifySignature, type Credentials, type Principal, type VerificationSettings } from "./verify-signature.ts";
export { decodeBase64Into } from "./base64.ts";
export { HASH_KEY_MAX, hashKeyWords, HashRangeTable, type HashRange } from "./hash-range-table.ts";
export { hashPartitionKey, type HashKeyWords } from "./partition-key-hash.ts";
export { PUT_SPAN_FIELDS, putSpan, scanPutRecord, scanPutRecords, type PutScan } from "./scan-put-records.ts";
export {
  encodeGetRecords,
  encodeShardEvent,
  recordsOf,
  type RecordRun,
  type RecordsAnswer,
  type ShardEventAnswer,
} from "./encode-records.ts";
export {
  encodeErrorMessage,
  encodeEventMessage,
  encodeInitialResponse,
  encodeShardEventMessage,
  EVENT_STREAM_MEDIA_TYPE,
  type EventHeaders,
} from "./event-message.ts";
export { SequenceNumberRun } from "./sequence-number-run.ts";
export {
  consumerArn,
  parseConsumerArn,
  parseStreamArn,
  resolveStream,
  streamArn,
  type ConsumerIdentity,
  type StreamIdentity,
} from "./arn.ts";
export {
  explicitHashKeyFault,
  orderingNumberFault,
  orderingOnAutoStream,
  PUT_RECORDS_BYTES_MAX,
  putRecordsBytesFault,
} from "./put-argument.ts";
export { couldNotFindShard, parseShardId, shardDoesNotExist, shardIdOf, type StreamAddress } from "./shard-id.ts";
export {
  openIterator,
  sealIterator,
  TOKEN_LIFE_MS,
  type IteratorPosition,
  type SealingKey,
  type ShardIteratorContent,
} from "./shard-iterator.ts";
export {
  checkStartingArguments,
  positionOfSequenceNumber,
  type Checked,
  type StartingArguments,
  type StartingContext,
  type StartingPoint,
} from "./starting-position.ts";
export {
  decodeGrpcInput,
  decodeGrpcOutput,
  encodeGrpcInput,
  encodeGrpcOutput,
  encodeGrpcShardEvent,
  GRPC_ERROR_TYPE_KEY,
  grpcFieldName,
  grpcStatusOf,
  type GrpcMessage,
} from "./grpc-message.ts";
export { SigningKeyCache, type SigningScope } from "./signing-key-cache.ts";
export { AggregateBuilder, encodeAggregate } from "./aggregation/aggregate-builder.ts";
export { compressRecord } from "./aggregation/compressed-record.ts";
export { decodeAggregate } from "./aggregation/decode-aggregate.ts";
export { allOwned, expandRecord, type ExpandedRecord } from "./aggregation/expand-record.ts";
export { isExplicitHashKey, userRecordHash, type UserRecord } from "./aggregation/user-record.ts";
