/** Amazon resource names of streams and consumers. */
import { invalidArgument, type KinesisError } from "./kinesis-error.ts";

/** A stream by account, region and name. */
export interface StreamIdentity {
  readonly accountId: string;
  readonly region: string;
  readonly streamName: string;
}

/** A consumer of a stream. Its creation time tells generations of one name apart. */
export interface ConsumerIdentity extends StreamIdentity {
  readonly consumerName: string;
  readonly createdSeconds: number;
}

const STREAM = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream\/([a-zA-Z0-9_.-]+)$/;
const CONSUMER = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):stream\/([a-zA-Z0-9_.-]+)\/consumer\/([a-zA-Z0-9_.-]+):(\d+)$/;

/** `arn:<partition of the region>:kinesis:<region>:<account>:stream/<name>`. */
export function streamArn({ region, accountId, streamName }: StreamIdentity): string {
  return `arn:${partitionOf(region)}:kinesis:${region}:${accountId}:stream/${streamName}`;
}

/** The stream's ARN, `/consumer/<name>:<creation second>`. */
export function consumerArn(consumer: ConsumerIdentity): string {
  return `${streamArn(consumer)}/consumer/${consumer.consumerName}:${consumer.createdSeconds}`;
}

/** The stream that `arn` names; undefined when it names none. Any partition. */
export function parseStreamArn(arn: string): StreamIdentity | undefined {
  const match = STREAM.exec(arn);
  if (match === null) return undefined;
  const [, region = "", accountId = "", streamName = ""] = match;
  return { accountId, region, streamName };
}

/** The consumer that `arn` names; undefined when it names none. Any partition. */
export function parseConsumerArn(arn: string): ConsumerIdentity | undefined {
  const match = CONSUMER.exec(arn);
  if (match === null) return undefined;
  const [, region = "", accountId = "", streamName = "", consumerName = "", created = ""] = match;
  return { accountId, region, streamName, consumerName, createdSeconds: Number(created) };
}

/**
 * The stream a request means by name (of the caller's account and region), by ARN, or by both if they agree. The
 * answers for neither and for disagreement are ours: production's texts are not published.
 */
export function resolveStream(
  input: { readonly StreamName?: string | undefined; readonly StreamARN?: string | undefined },
  caller: { readonly accountId: string; readonly region: string },
): { readonly ok: StreamIdentity } | { readonly error: KinesisError } {
  const { StreamName: streamName, StreamARN: arn } = input;
  if (arn === undefined) {
    if (streamName !== undefined) return { ok: { ...caller, streamName } };
    return { error: invalidArgument("Either StreamName or StreamARN must be provided.") };
  }
  const stream = parseStreamArn(arn);
  if (stream === undefined) return { error: invalidArgument(`StreamARN ${arn} does not name a stream.`) };
  if (streamName !== undefined && streamName !== stream.streamName) {
    return { error: invalidArgument(`StreamName ${streamName} and StreamARN ${arn} do not name the same stream.`) };
  }
  return { ok: stream };
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
