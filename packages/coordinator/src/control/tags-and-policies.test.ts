import { describe, expect, test } from "vitest";
import { check, type ScriptLine } from "./control-script.test-support.ts";

const s = { StreamName: "s" };
const account = "111122223333";
const ResourceARN = `arn:aws:kinesis:us-east-1:${account}:stream/s`;
const consumerArn = `${ResourceARN}/consumer/c:1767225600`;
const active: readonly ScriptLine[] = [["CreateStream", { ...s, ShardCount: 1, Tags: { b: "2" } }, "ok"], ["settle"]];
const illegal =
  "InvalidArgumentException: Some tags contain invalid characters. Valid characters: Unicode letters, digits, white " +
  "space, _ . / = + - % @.";

function manyTags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, position) => [`k${position}`, ""]));
}

function percent(action: string): string {
  return (
    `InvalidArgumentException: Failed to ${action} stream s under account ${account} because some tags contained ` +
    "illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
  );
}

describe("tags of a stream", () => {
  test("are added, overwritten, listed in code-unit order in pages, removed", () => {
    check([
      ...active,
      ["AddTagsToStream", { ...s, Tags: { a: "1", Z: "é", b: "3", "aws:x/y=z+w-v@u": "" } }, "ok"],
      [
        "ListTagsForStream",
        s,
        {
          Tags: [
            { Key: "Z", Value: "é" },
            { Key: "a", Value: "1" },
            { Key: "aws:x/y=z+w-v@u", Value: "" },
            { Key: "b", Value: "3" },
          ],
          HasMoreTags: false,
        },
      ],
      ["ListTagsForStream", { ...s, Limit: 1 }, { Tags: [{ Key: "Z" }], HasMoreTags: true }],
      ["ListTagsForStream", { ...s, ExclusiveStartTagKey: "a%" }, { Tags: [{}, { Key: "b" }], HasMoreTags: false }],
      ["RemoveTagsFromStream", { ...s, TagKeys: ["a", "absent"] }, "ok"],
      ["ListTagsForResource", { ResourceARN }, { Tags: [{ Key: "Z" }, {}, { Key: "b" }] }],
      ["UntagResource", { ResourceARN, TagKeys: ["Z", "b", "aws:x/y=z+w-v@u"] }, "ok"],
      ["TagResource", { ResourceARN, Tags: { n: "v" } }, "ok"],
      ["ListTagsForResource", { ResourceARN }, { Tags: [{ Key: "n", Value: "v" }] }],
    ]);
  });

  test("take no other characters, and no percent sign whatever the first message says", () => {
    check([
      ...active,
      ["AddTagsToStream", { ...s, Tags: { "a;": "" } }, illegal],
      ["AddTagsToStream", { ...s, Tags: { a: "<" } }, illegal],
      ["RemoveTagsFromStream", { ...s, TagKeys: ["a*"] }, illegal],
      ["AddTagsToStream", { ...s, Tags: { a: "%" } }, percent("add tags to")],
      ["RemoveTagsFromStream", { ...s, TagKeys: ["%"] }, percent("remove tags from")],
      ["CreateStream", { StreamName: "t", ShardCount: 1, Tags: { "!": "" } }, illegal],
    ]);
  });

  test("number fifty at most, though production says ten", () => {
    check([
      ...active,
      ["AddTagsToStream", { ...s, Tags: manyTags(49) }, "ok"],
      [
        "AddTagsToStream",
        { ...s, Tags: { one: "more" } },
        `InvalidArgumentException: Failed to add tags to stream s under account ${account} because a given stream ` +
          "cannot have more than 10 tags associated with it.",
      ],
      ["AddTagsToStream", { ...s, Tags: { k0: "overwritten" } }, "ok"],
    ]);
  });

  test("wait until the stream is ACTIVE", () => {
    check([
      ["CreateStream", { ...s, ShardCount: 1 }, "ok"],
      [
        "AddTagsToStream",
        { ...s, Tags: {} },
        `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state CREATING`,
      ],
    ]);
  });
});

describe("consumers", () => {
  test("are resources too: tags and a policy of their own", () => {
    const cluster = check([
      ...active,
      ["RegisterStreamConsumer", { StreamARN: ResourceARN, ConsumerName: "c", Tags: { own: "1" } }, "ok"],
      ["settle"],
    ]);
    const arn = [...cluster.tables.consumers.keys()][0] ?? "";
    expect(cluster.call("ListTagsForResource", { ResourceARN: arn })).toEqual({ Tags: [{ Key: "own", Value: "1" }] });
    expect(cluster.call("TagResource", { ResourceARN: arn, Tags: { more: "2" } })).toBeUndefined();
    expect(cluster.call("UntagResource", { ResourceARN: arn, TagKeys: ["own"] })).toBeUndefined();
    expect(cluster.call("ListTagsForResource", { ResourceARN: arn })).toEqual({ Tags: [{ Key: "more", Value: "2" }] });
    const policy = JSON.stringify({ Statement: [] });
    expect(cluster.call("PutResourcePolicy", { ResourceARN: arn, Policy: policy })).toBeUndefined();
    expect(cluster.call("GetResourcePolicy", { ResourceARN: arn })).toEqual({ Policy: policy });
    expect(cluster.call("GetResourcePolicy", { ResourceARN })).toEqual({ Policy: "{}" });
  });
});

describe("resource policies", () => {
  test("are kept as written, `{}` when there is none, and cannot be deleted twice", () => {
    const policy = '{ "Version": "2012-10-17", "Statement": [] }';
    check([
      ...active,
      ["GetResourcePolicy", { ResourceARN }, { Policy: "{}" }],
      [
        "DeleteResourcePolicy",
        { ResourceARN },
        `ResourceNotFoundException: No resource policy found for resource ARN ${ResourceARN}`,
      ],
      ["PutResourcePolicy", { ResourceARN, Policy: policy }, "ok"],
      ["GetResourcePolicy", { ResourceARN }, { Policy: policy }],
      ["DeleteResourcePolicy", { ResourceARN }, "ok"],
      ["GetResourcePolicy", { ResourceARN }, { Policy: "{}" }],
      [
        "PutResourcePolicy",
        { ResourceARN, Policy: "allow everybody" },
        "InvalidArgumentException: The policy is not a JSON policy document with a Statement.",
      ],
      [
        "PutResourcePolicy",
        { ResourceARN, Policy: JSON.stringify({ Statement: "x".repeat(20_480) }) },
        "InvalidArgumentException: The policy is longer than 20480 bytes.",
      ],
    ]);
  });

  test("of what is not there", () => {
    check([
      ["GetResourcePolicy", { ResourceARN }, `ResourceNotFoundException: Stream s under account ${account} not found.`],
      [
        "GetResourcePolicy",
        { ResourceARN: consumerArn },
        `ResourceNotFoundException: Consumer ${consumerArn}, account ${account} not found.`,
      ],
    ]);
  });
});
