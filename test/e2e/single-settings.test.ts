/** The settings of the environment hold for a cluster in one process as they do for one of several. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launchCluster, temporaryDirectory } from "@millrace/testkit";
import { millrace } from "./run-command.ts";

test.each([true, false])("with a credentials file signatures are verified (in one process: %s)", async (single) => {
  const directory = temporaryDirectory();
  const file = join(directory.path, "credentials.json");
  const credentials = [{ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", accountId: "111111111111" }];
  writeFileSync(file, JSON.stringify({ credentials }));
  const cluster = await launchCluster({ single, nodes: 1, env: { MILLRACE_CREDENTIALS_FILE: file } });
  try {
    const signedAt = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
    const scope = `${signedAt.slice(0, 8)}/us-east-1/kinesis/aws4_request`;
    const answer = await fetch(cluster.endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "Kinesis_20131202.ListStreams",
        "X-Amz-Date": signedAt,
        Authorization: `AWS4-HMAC-SHA256 Credential=nobody/${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=00`,
      },
      body: "{}",
    });
    expect(await answer.json()).toMatchObject({ __type: "UnrecognizedClientException" });
  } finally {
    await cluster.stop();
    directory.remove();
  }
});

test.each([true, false])(
  "a variable that is no setting ends it at once with the reason (in one process: %s)",
  async (single) => {
    // Its parent's channel stays open meanwhile: that alone must not keep it.
    const launched = launchCluster({ single, nodes: 1, env: { MILLRACE_NONSENSE: "1" } });
    await expect(launched).rejects.toThrow(/exit code 2[^]*MILLRACE_NONSENSE/);
  },
);

test("in one process the queues of every role are exported, and operators' commands find it", async () => {
  const cluster = await launchCluster({ single: true });
  try {
    const text = await (await fetch(`${cluster.processes()[0]?.adminEndpoint}/metrics`)).text();
    const queues = new Set([...text.matchAll(/^millrace_queue_depth\{queue="(\w+)"\}/gm)].map(([, queue]) => queue));
    const expected = [
      "append_bytes",
      "appends",
      "connections",
      "peer_bytes",
      "puts",
      "request_bytes",
      "subscriptions",
      "undurable_bytes",
    ];
    expect(queues).toEqual(new Set(expected));
    const status = await millrace(["cluster", "status", "--data-dir", cluster.dataDir]);
    expect([status.exitCode, status.stdout.toString()]).toEqual([0, expect.stringMatching(/of 1 copy:[^]*\nnode-1 /)]);
  } finally {
    await cluster.stop();
  }
});
