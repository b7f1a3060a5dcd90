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
