/** The settings of the environment hold for a cluster in one process as they do for one of several. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { launchCluster, temporaryDirectory } from "@millrace/testkit";

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
