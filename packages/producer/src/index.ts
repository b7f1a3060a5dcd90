/** KPL-style producer for Kinesis streams: AWS's, Millrace's, or any other that speaks the API. */
export { Producer, type ProducerLoad, type ProducerOptions, type ProducerTarget, type PutOptions } from "./producer.ts";
export {
  ProducerError,
  producerErrorCodes,
  type ProducerErrorCode,
  type ProducerErrorFacts,
} from "./producer-error.ts";
export type { ProducerRecord } from "./producer-record.ts";
export { producerWritable, type ProducerWritableOptions } from "./producer-writable.ts";
export type { LiveMetric, MetricRegistry, MetricsOptions, MetricSnapshot } from "./producer-metrics.ts";
export type { PutResult } from "./core/pending-record.ts";
export type { Distribution, ProducerCounts } from "./core/producer-counts.ts";
export { defaultSettings, type ProducerOrder, type ProducerSettings } from "./core/producer-settings.ts";
export { grpcTransport, type GrpcCaller, type GrpcMetadata } from "./transport/grpc-transport.ts";
export { kinesisTransport } from "./transport/kinesis-transport.ts";
export {
  TransportError,
  type EntryOutcome,
  type FailureKind,
  type ListedShard,
  type PutTransport,
  type PutTry,
} from "./transport/put-transport.ts";
