import { expect, test } from "vitest";
import { consumerArn, parseConsumerArn, parseStreamArn, streamArn } from "./arn.ts";

test.each([
  ["us-east-1", "arn:aws:kinesis:us-east-1:111122223333:stream/a.b_c-1"],
  ["cn-north-1", "arn:aws-cn:kinesis:cn-north-1:111122223333:stream/a.b_c-1"],
  ["us-gov-west-1", "arn:aws-us-gov:kinesis:us-gov-west-1:111122223333:stream/a.b_c-1"],
])("a stream of %s is %s, and back", (region, arn) => {
  const stream = { accountId: "111122223333", region, name: "a.b_c-1" };
  expect(streamArn(stream)).toBe(arn);
  expect(parseStreamArn(arn)).toEqual({ accountId: "111122223333", region, streamName: "a.b_c-1" });
  const consumer = consumerArn(stream, "c", 1_999);
  expect(consumer).toBe(`${arn}/consumer/c:1`);
  expect(parseConsumerArn(consumer)).toEqual({
    accountId: "111122223333",
    region,
    streamName: "a.b_c-1",
    consumerName: "c",
    createdSeconds: 1,
  });
  expect(parseStreamArn(consumer)).toBeUndefined();
  expect(parseConsumerArn(arn)).toBeUndefined();
});

test.each(["", "s", "arn:aws:sqs:us-east-1:111122223333:stream/s", "arn:aws:kinesis:us-east-1:1:stream/s"])(
  "%j is no stream",
  (arn) => {
    expect(parseStreamArn(arn)).toBeUndefined();
  },
);
