import { describe, expect, test } from "vitest";
import { check, type ScriptLine } from "./control-script.test-support.ts";

const account = "111122223333";
const StreamARN = `arn:aws:kinesis:us-east-1:${account}:stream/s`;
const active: readonly ScriptLine[] = [["CreateStream", { StreamName: "s", ShardCount: 1 }, "ok"], ["settle"]];

function register(name: string, answer: object | string): ScriptLine {
  return ["RegisterStreamConsumer", { StreamARN, ConsumerName: name }, answer];
}

function described(status: string): ScriptLine {
  return [
    "DescribeStreamConsumer",
    { StreamARN, ConsumerName: "c" },
    { ConsumerDescription: { ConsumerName: "c", ConsumerStatus: status, StreamARN } },
  ];
}

describe("a consumer", () => {
  test("is CREATING, ACTIVE, DELETING, gone; its name comes back with another ARN", () => {
    const gone = `ResourceNotFoundException: Consumer c, account ${account} not found.`;
    const cluster = check(
      [
        ...active,
        register("c", { Consumer: { ConsumerName: "c", ConsumerStatus: "CREATING" } }),
        described("CREATING"),
        ["settle"],
        described("ACTIVE"),
        register("c", `ResourceInUseException: Consumer c of stream s under account ${account} already exists.`),
      ],
      { settleMs: 1 },
    );
    const [first] = cluster.tables.consumers.keys();
    const arn = { ConsumerARN: first ?? "" };
    expect(cluster.call("DescribeStreamConsumer", { StreamARN, ConsumerName: "c", ...arn })).toMatchObject({
      ConsumerDescription: arn,
    });
    expect(cluster.call("DescribeStreamConsumer", { ...arn, ConsumerName: "d" })).toMatch(/^InvalidArgumentException/);
    expect(cluster.call("DeregisterStreamConsumer", arn)).toBeUndefined();
    expect(cluster.call("DeregisterStreamConsumer", arn)).toBeUndefined();
    expect(cluster.call("DescribeStreamConsumer", arn)).toMatchObject({
      ConsumerDescription: { ConsumerStatus: "DELETING" },
    });
    cluster.settle();
    expect(cluster.call("DescribeStreamConsumer", { StreamARN, ConsumerName: "c" })).toBe(gone);
    expect(cluster.call("DeregisterStreamConsumer", arn)).toBe(
      `ResourceNotFoundException: Consumer ${arn.ConsumerARN}, account ${account} not found.`,
    );
    cluster.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "c" });
    expect([...cluster.tables.consumers.keys()]).not.toContain(first);
  });

  test("is named by ARN or by stream and name", () => {
    const neither =
      "InvalidArgumentException: Either ConsumerARN or both StreamARN and ConsumerName should be provided.";
    const elsewhere = `arn:aws:kinesis:eu-west-1:${account}:stream/s/consumer/c:1`;
    const notFound = `ResourceNotFoundException: Consumer ${elsewhere}, account ${account} not found.`;
    check([
      ...active,
      ["DescribeStreamConsumer", { ConsumerARN: elsewhere }, notFound],
      ["ListTagsForResource", { ResourceARN: elsewhere }, notFound],
      ["DescribeStreamConsumer", {}, neither],
      ["DeregisterStreamConsumer", { StreamARN }, neither],
      [
        "DescribeStreamConsumer",
        { ConsumerARN: `arn:aws:kinesis:us-east-1:999999999999:stream/s/consumer/c:1` },
        `AccessDeniedException: User: arn:aws:iam::${account}:root is not authorized to perform: ` +
          "kinesis:DescribeStreamConsumer on resource: arn:aws:kinesis:us-east-1:999999999999:stream/s/consumer/c:1 " +
          "because no resource-based policy allows the kinesis:DescribeStreamConsumer action",
      ],
    ]);
  });
});

describe("the consumers of a stream", () => {
  test("are five in CREATING and as many as the quota in all", () => {
    check(
      [
        ...active,
        ...["a", "b", "c", "d", "e"].map((name) => register(name, "ok")),
        register(
          "f",
          `LimitExceededException: Too many consumers of stream s under account ${account} are in state CREATING at ` +
            "once. Limit: 5.",
        ),
        ["settle"],
        register("f", "ok"),
        register(
          "g",
          "LimitExceededException: This request would exceed the limit on the number of consumers of stream s under " +
            `account ${account}. Limit: 6.`,
        ),
        ["UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: "ENABLED" } }, "ok"],
        register("g", "ok"),
        ["DescribeStreamSummary", { StreamARN }, { StreamDescriptionSummary: { ConsumerCount: 7 } }],
      ],
      { consumersPerStreamMax: 6 },
    );
  });

  test("are listed by name in pages; a token goes with its stream only", () => {
    function next(page: { NextToken: string }): object {
      return { StreamARN, MaxResults: 2, NextToken: page.NextToken };
    }
    const cluster = check([
      ...active,
      ["CreateStream", { StreamName: "t", ShardCount: 1 }, "ok"],
      register("b", "ok"),
      register("a", "ok"),
      register("c", "ok"),
      [
        "ListStreamConsumers",
        { StreamARN, MaxResults: 2 },
        { Consumers: [{ ConsumerName: "a" }, { ConsumerName: "b" }] },
      ],
      ["ListStreamConsumers", next, { Consumers: [{ ConsumerName: "c" }] }],
      ["ListStreamConsumers", { StreamARN, MaxResults: 2 }, "ok"],
      [
        "ListStreamConsumers",
        (page: { NextToken: string }) => ({ ...next(page), StreamARN: StreamARN.replace("/s", "/t") }),
        "InvalidArgumentException: NextToken is invalid.",
      ],
    ]);
    expect(cluster.call("ListStreamConsumers", { StreamARN })).not.toHaveProperty("NextToken");
  });
});
