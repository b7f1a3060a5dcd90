/**
 * Every error of the control plane with its text. Texts that production is known to send are kept to the letter,
 * including their slips of grammar, because clients match on them; where none is known ours says what to change.
 */
import type { ControlError } from "./control-operation.ts";

/** An outcome that is an error. */
export interface Refused {
  readonly error: ControlError;
}

/** Whom a message is about. */
export interface NamedStream {
  readonly name: string;
  readonly accountId: string;
}

/** A value that an operation's step found, or why it refuses. */
export type Checked<T> = { readonly value: T } | Refused;

/** InvalidArgumentException with `message`. */
export function invalidArgument(message: string): Refused {
  return refuse("InvalidArgumentException", message);
}

/** ValidationException with `message`. */
export function validation(message: string): Refused {
  return refuse("ValidationException", message);
}

/** LimitExceededException with `message`. */
export function limitExceeded(message: string): Refused {
  return refuse("LimitExceededException", message);
}

/** ResourceInUseException with `message`. */
export function resourceInUse(message: string): Refused {
  return refuse("ResourceInUseException", message);
}

/** ResourceNotFoundException with `message`. */
export function resourceNotFound(message: string): Refused {
  return refuse("ResourceNotFoundException", message);
}

/** ExpiredNextTokenException with `message`. */
export function expiredNextToken(message: string): Refused {
  return refuse("ExpiredNextTokenException", message);
}

/** The caller's identity may not do this to a resource of another account. */
export function accessDenied(principalArn: string, operation: string, resourceArn: string): Refused {
  const action = `kinesis:${operation}`;
  return refuse(
    "AccessDeniedException",
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resourceArn} ` +
      `because no resource-based policy allows the ${action} action`,
  );
}

/** No such stream. By name even when it was addressed by ARN. */
export function streamNotFound(stream: NamedStream): Refused {
  return resourceNotFound(`Stream ${stream.name} under account ${stream.accountId} not found.`);
}

/** CreateStream of a name that is taken. */
export function streamExists(stream: NamedStream): Refused {
  return resourceInUse(`Stream ${stream.name} under account ${stream.accountId} already exists.`);
}

/** The stream is in a state that does not allow this. Production ends this one without a full stop. */
export function streamNotActive(stream: NamedStream & { readonly status: string }): Refused {
  return resourceInUse(
    `Stream ${stream.name} under account ${stream.accountId} not ACTIVE, instead in state ${stream.status}`,
  );
}

/** Resharding by hand of a stream that scales by itself. */
export function streamIsOnDemand(stream: NamedStream): Refused {
  return validation(
    `Request is invalid. Stream ${stream.name} under account ${stream.accountId} is in On-Demand mode.`,
  );
}

/** The account's shard quota. */
export function shardLimitExceeded(quota: {
  readonly accountId: string;
  readonly region: string;
  readonly current: number;
  readonly limit: number;
  readonly additional: number;
}): Refused {
  return limitExceeded(
    `This request would exceed the shard limit for the account ${quota.accountId} in ${quota.region}. ` +
      `Current shard count for the account: ${quota.current}. Limit: ${quota.limit}. ` +
      `Number of additional shards that would have resulted from this request: ${quota.additional}. ` +
      "Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) " +
      "for current limits and how to request higher limits.",
  );
}

/** Too many streams between states. */
export function tooManyTransitions(limit: number): Refused {
  return limitExceeded(
    "This request would have exceed the limit on the number of streams that can simultaneously be in " +
      `CREATING or DELETING. Limit: ${limit}`,
  );
}

/** DeleteStream while consumers are registered and EnforceConsumerDeletion is not set. */
export function streamHasConsumers(stream: NamedStream): Refused {
  return resourceInUse(
    `DeleteStream can't delete ${stream.accountId}:${stream.name} because there are consumers associated with this ` +
      `data stream. To delete ${stream.name} anyway, set the EnforceConsumerDeletion parameter to true to force ` +
      "the deletion of all the consumers that are associated with it.",
  );
}

/** A shard that a split or merge names is not there; `shard` as written when it is no shard id at all. */
export function shardNotFound(stream: NamedStream, shard: string): Refused {
  return resourceNotFound(`Could not find shard ${shard} in stream ${stream.name} under account ${stream.accountId}.`);
}

/** A shard that a split or merge names has ended. */
export function shardNotEligible(stream: NamedStream, shardId: string): Refused {
  return invalidArgument(
    `Shard ${shardId} in stream ${stream.name} under account ${stream.accountId} has already been merged or split, ` +
      "and thus is not eligible for merging or splitting.",
  );
}

/** No such consumer; `consumer` is its name or ARN as it was asked for. */
export function consumerNotFound(consumer: string, accountId: string): Refused {
  return resourceNotFound(`Consumer ${consumer}, account ${accountId} not found.`);
}

function refuse(type: string, message: string): Refused {
  return { error: { type, message } };
}
