/** The registered consumer of enhanced fan-out: found or registered once per stream, and waited for until it is active. */
import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  RegisterStreamConsumerCommand,
  type KinesisClient,
} from "@aws-sdk/client-kinesis";
import { ServiceError, sleep, type Clock } from "@millrace/base";
import { errorName } from "./sdk-error.ts";
import { streamMember } from "./shard-api.ts";

const POLL_MS = 500;
const ACTIVE_WITHIN_MS = 60_000;

/** The consumers of one application, all of one name. */
export class FanOutConsumers {
  readonly #client: KinesisClient;
  readonly #name: string;
  readonly #clock: Clock;
  /** By stream; as many as the application reads. */
  readonly #arns = new Map<string, Promise<string>>();

  /** `name` is the consumer's name in AWS's sense, usually that of the application. */
  constructor(client: KinesisClient, name: string, clock: Clock) {
    this.#client = client;
    this.#name = name;
    this.#clock = clock;
  }

  /** The active consumer's ARN. Errors: DEADLINE when it does not become active, and those of the SDK; a later call tries again. */
  arnFor(stream: string, signal: AbortSignal): Promise<string> {
    const known = this.#arns.get(stream);
    if (known !== undefined) return known;
    const found = this.#find(stream, signal);
    this.#arns.set(stream, found);
    found.catch(() => this.#arns.delete(stream));
    return found;
  }

  /** The consumer may have been deregistered: look again at the next call. */
  forget(stream: string): void {
    this.#arns.delete(stream);
  }

  async #find(stream: string, abortSignal: AbortSignal): Promise<string> {
    const summary = await this.#client.send(new DescribeStreamSummaryCommand(streamMember(stream)), { abortSignal });
    const StreamARN = summary.StreamDescriptionSummary?.StreamARN;
    const giveUpMs = this.#clock.monotonicMs() + ACTIVE_WITHIN_MS;
    for (;;) {
      const { arn, status } = await this.#describe(StreamARN, abortSignal);
      if (status === "ACTIVE" && arn !== undefined) return arn;
      if (status === undefined) await this.#register(StreamARN, abortSignal);
      if (this.#clock.monotonicMs() > giveUpMs) {
        throw new ServiceError("DEADLINE", `consumer ${this.#name} of ${stream} stays ${status ?? "absent"}`);
      }
      await sleep(this.#clock, POLL_MS, abortSignal);
      abortSignal.throwIfAborted();
    }
  }

  async #describe(StreamARN: string | undefined, abortSignal: AbortSignal) {
    try {
      const answer = await this.#client.send(
        new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: this.#name }),
        { abortSignal },
      );
      const { ConsumerARN: arn, ConsumerStatus: status } = answer.ConsumerDescription ?? {};
      return { arn, status };
    } catch (error) {
      if (errorName(error) !== "ResourceNotFoundException") throw error;
      return { arn: undefined, status: undefined };
    }
  }

  async #register(StreamARN: string | undefined, abortSignal: AbortSignal): Promise<void> {
    try {
      await this.#client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: this.#name }), {
        abortSignal,
      });
    } catch (error) {
      // Another worker of the application was first.
      if (errorName(error) !== "ResourceInUseException") throw error;
    }
  }
}
