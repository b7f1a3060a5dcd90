/** Amazon resource names of the coordinator's records. */
import { consumerArn as formatConsumerArn, streamArn as formatStreamArn } from "@millrace/kinesis";

export { parseConsumerArn, parseStreamArn } from "@millrace/kinesis";

interface NamedStream {
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
}

/** The ARN of a stream. */
export function streamArn({ accountId, region, name }: NamedStream): string {
  return formatStreamArn({ accountId, region, streamName: name });
}

/** The ARN of a consumer created at `createdMs`. */
export function consumerArn({ accountId, region, name }: NamedStream, consumerName: string, createdMs: number): string {
  const createdSeconds = Math.floor(createdMs / 1000);
  return formatConsumerArn({ accountId, region, streamName: name, consumerName, createdSeconds });
}
