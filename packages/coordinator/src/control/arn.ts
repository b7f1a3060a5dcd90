/** Amazon resource names of streams and consumers. */

/** What a stream ARN names. */
export interface StreamArnParts {
  readonly region: string;
  readonly accountId: string;
  readonly streamName: string;
}

/** What a consumer ARN names; `createdSeconds` tells consumers of one name apart. */
export interface ConsumerArnParts extends StreamArnParts {
  readonly consumerName: string;
  readonly createdSeconds: number;
}

const STREAM_ARN = /^arn:(aws[a-z-]*):kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]+)$/;
const CONSUMER_ARN =
  /^(arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]+)\/consumer\/([a-zA-Z0-9_.-]+):(\d+)$/;

/** The ARN of a stream. */
export function streamArn(stream: { accountId: string; region: string; name: string }): string {
  return `arn:${partitionOf(stream.region)}:kinesis:${stream.region}:${stream.accountId}:stream/${stream.name}`;
}

/** The ARN of a consumer created at `createdMs`. */
export function consumerArn(
  stream: { accountId: string; region: string; name: string },
  name: string,
  createdMs: number,
): string {
  return `${streamArn(stream)}/consumer/${name}:${Math.floor(createdMs / 1000)}`;
}

/** The parts of a stream ARN, or undefined when `arn` is none. */
export function parseStreamArn(arn: string): StreamArnParts | undefined {
  const [, , region, accountId, streamName] = STREAM_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined || streamName === undefined) return undefined;
  return { region, accountId, streamName };
}

/** The parts of a consumer ARN, or undefined when `arn` is none. */
export function parseConsumerArn(arn: string): ConsumerArnParts | undefined {
  const [, stream, consumerName, createdSeconds] = CONSUMER_ARN.exec(arn) ?? [];
  const parts = stream === undefined ? undefined : parseStreamArn(stream);
  if (parts === undefined || consumerName === undefined) return undefined;
  return { ...parts, consumerName, createdSeconds: Number(createdSeconds) };
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
