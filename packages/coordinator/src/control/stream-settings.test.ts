import { describe, expect, test } from "vitest";
import { check, SCRIPT_START_MS, type ScriptLine } from "./control-script.test-support.ts";

const s = { StreamName: "s" };
const account = "111122223333";
const StreamARN = `arn:aws:kinesis:us-east-1:${account}:stream/s`;
const provisioned: readonly ScriptLine[] = [["CreateStream", { ...s, ShardCount: 1 }, "ok"], ["settle"]];
const onDemand: readonly ScriptLine[] = [["CreateStream", s, "ok"], ["settle"]];
const updating = `ResourceInUseException: Stream s under account ${account} not ACTIVE, instead in state UPDATING`;

function described(members: object): ScriptLine {
  return ["DescribeStreamSummary", s, { StreamDescriptionSummary: members }];
}

function increase(hours: number, answer: string): ScriptLine {
  return ["IncreaseStreamRetentionPeriod", { ...s, RetentionPeriodHours: hours }, answer];
}

function decrease(hours: number, answer: string): ScriptLine {
  return ["DecreaseStreamRetentionPeriod", { ...s, RetentionPeriodHours: hours }, answer];
}

describe("retention", () => {
  test("moves between a day and a year, each direction by its own operation, at once", () => {
    check([
      ...provisioned,
      increase(24, "ok"),
      increase(48, "ok"),
      described({ RetentionPeriodHours: 48, StreamStatus: "ACTIVE" }),
      increase(
        47,
        "InvalidArgumentException: Requested retention period (47 hours) for stream s can not be shorter than existing " +
          "retention period (48 hours). Use DecreaseRetentionPeriod API.",
      ),
      decrease(
        49,
        "InvalidArgumentException: Requested retention period (49 hours) for stream s can not be longer than existing " +
          "retention period (48 hours). Use IncreaseRetentionPeriod API.",
      ),
      decrease(
        23,
        "InvalidArgumentException: Minimum allowed retention period is 24 hours. Requested retention period (23 hours) " +
          "is too short.",
      ),
      increase(
        8761,
        "InvalidArgumentException: Maximum allowed retention period is 8760 hours. Requested retention period (8761 " +
          "hours) is too long.",
      ),
      increase(8760, "ok"),
      decrease(24, "ok"),
      described({ RetentionPeriodHours: 24 }),
    ]);
  });
});

function to(mode: string): object {
  return { StreamARN, StreamModeDetails: { StreamMode: mode } };
}

describe("settings that show UPDATING", () => {
  test.each([
    [
      "StartStreamEncryption",
      { ...s, EncryptionType: "KMS", KeyId: "alias/k" },
      { EncryptionType: "KMS", KeyId: "alias/k" },
    ],
    ["UpdateMaxRecordSize", { StreamARN, MaxRecordSizeInKiB: 4096 }, { MaxRecordSizeInKiB: 4096 }],
    [
      "UpdateStreamMode",
      { StreamARN, StreamModeDetails: { StreamMode: "ON_DEMAND" } },
      { StreamModeDetails: { StreamMode: "ON_DEMAND" }, OpenShardCount: 1 },
    ],
    [
      "EnableEnhancedMonitoring",
      { ...s, ShardLevelMetrics: ["IncomingBytes"] },
      { EnhancedMonitoring: [{ ShardLevelMetrics: ["IncomingBytes"] }] },
    ],
  ])("%s is refused until the one before has settled", (operation, input, result) => {
    check([
      ...provisioned,
      [operation, input, "ok"],
      described({ StreamStatus: "UPDATING" }),
      [operation, input, updating],
      ["settle"],
      described({ StreamStatus: "ACTIVE", ...result }),
    ]);
  });

  test("encryption stops, and changes at most 25 times a day", () => {
    const key = { ...s, EncryptionType: "KMS", KeyId: "k" };
    const script: ScriptLine[] = [...provisioned];
    for (let change = 0; change < 25; change++) {
      script.push([change % 2 === 0 ? "StartStreamEncryption" : "StopStreamEncryption", key, "ok"], ["settle"]);
    }
    script.push(described({ EncryptionType: "KMS", KeyId: "k" }));
    const cluster = check(script);
    expect(cluster.call("StopStreamEncryption", key)).toMatch(/^LimitExceededException: /);
    cluster.nowMs += 86_400_000;
    expect(cluster.call("StopStreamEncryption", key)).toBeUndefined();
    cluster.settle();
    const summary = cluster.call("DescribeStreamSummary", s) as { StreamDescriptionSummary: object };
    expect(summary.StreamDescriptionSummary).toMatchObject({ EncryptionType: "NONE" });
    expect(summary.StreamDescriptionSummary).not.toHaveProperty("KeyId");
    expect(cluster.call("StartStreamEncryption", { ...key, EncryptionType: "NONE" })).toMatch(/^InvalidArgument/);
  });

  test("the mode switches twice a day", () => {
    const cluster = check([
      ...provisioned,
      ["UpdateStreamMode", to("PROVISIONED"), "ok"],
      described({ StreamStatus: "ACTIVE" }),
      ["UpdateStreamMode", to("ON_DEMAND"), "ok"],
      ["settle"],
      ["UpdateStreamMode", to("PROVISIONED"), "ok"],
      ["settle"],
    ]);
    expect(cluster.call("UpdateStreamMode", to("ON_DEMAND"))).toMatch(/^LimitExceededException: /);
  });
});

describe("enhanced monitoring", () => {
  test("answers with the metrics before and after, ALL spelled out", () => {
    check([
      ...provisioned,
      [
        "EnableEnhancedMonitoring",
        { ...s, ShardLevelMetrics: ["OutgoingBytes", "IncomingBytes", "OutgoingBytes"] },
        {
          StreamName: "s",
          CurrentShardLevelMetrics: [],
          DesiredShardLevelMetrics: ["IncomingBytes", "OutgoingBytes"],
          StreamARN,
        },
      ],
      ["settle"],
      ["EnableEnhancedMonitoring", { ...s, ShardLevelMetrics: ["ALL"] }, { DesiredShardLevelMetrics: { length: 7 } }],
      ["settle"],
      [
        "DisableEnhancedMonitoring",
        { ...s, ShardLevelMetrics: ["IteratorAgeMilliseconds"] },
        { CurrentShardLevelMetrics: { length: 7 }, DesiredShardLevelMetrics: { length: 6 } },
      ],
      ["settle"],
      ["DisableEnhancedMonitoring", { ...s, ShardLevelMetrics: ["ALL"] }, { DesiredShardLevelMetrics: [] }],
    ]);
  });
});

describe("record distribution", () => {
  test("is the service's only on demand, and changes at once", () => {
    const auto = { StreamARN, RecordDistributionStrategy: "AUTO" };
    check([
      ...provisioned,
      [
        "UpdateStreamRecordDistributionStrategy",
        auto,
        "InvalidArgumentException: RecordDistributionStrategy AUTO needs a stream in ON_DEMAND mode.",
      ],
    ]);
    const cluster = check([
      ...onDemand,
      described({ RecordDistributionStrategy: "USER_PARTITION_KEY" }),
      ["UpdateStreamRecordDistributionStrategy", auto, "ok"],
      described({ RecordDistributionStrategy: "AUTO", StreamStatus: "ACTIVE" }),
    ]);
    const mode = { StreamARN, StreamModeDetails: { StreamMode: "PROVISIONED" } };
    expect(cluster.call("UpdateStreamMode", mode)).toMatch(/^InvalidArgumentException: .*AUTO/);
  });
});

function set(wanted: string): readonly [string, object] {
  return ["UpdateAccountSettings", { MinimumThroughputBillingCommitment: { Status: wanted } }];
}

function status(commitment: object): object {
  return { MinimumThroughputBillingCommitment: commitment };
}

describe("account settings", () => {
  test("a commitment ends a day after its start at the earliest; enabling again takes the end back", () => {
    const started = { StartedAt: SCRIPT_START_MS, EarliestAllowedEndAt: SCRIPT_START_MS + 86_400_000 };
    const cluster = check([
      ["DescribeAccountSettings", {}, status({ Status: "DISABLED" })],
      [...set("ENABLED"), status({ Status: "ENABLED", ...started })],
      [...set("DISABLED"), status({ Status: "ENABLED_UNTIL_EARLIEST_ALLOWED_END", ...started })],
      [...set("ENABLED"), status({ Status: "ENABLED", ...started })],
      [...set("DISABLED"), "ok"],
      ["wait", 86_400_000],
      ["settle"],
      ["DescribeAccountSettings", {}, status({ Status: "DISABLED", EndedAt: SCRIPT_START_MS + 86_400_000 })],
    ]);
    expect(cluster.advance()).toEqual([]);
  });
});

test("limits per day do not bind where they are lifted", () => {
  const script: ScriptLine[] = [...provisioned];
  for (let call = 0; call < 12; call++) {
    const target = call % 2 === 0 ? 2 : 1;
    script.push(
      ["UpdateShardCount", { ...s, TargetShardCount: target, ScalingType: "UNIFORM_SCALING" }, "ok"],
      ["settle"],
    );
  }
  const cluster = check(script, { paceLimitsOff: true });
  expect(cluster.stream("s")?.shardCountUpdatesMs.length).toBeLessThanOrEqual(11);
});
