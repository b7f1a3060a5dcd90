/** The metadata of a cluster go from its only coordinator into etcd, by one command, and nothing else of the cluster changes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { etcdIsInstalled, launchCluster, launchEtcd, temporaryDirectory } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { KinesisCaller } from "../contract/kinesis-caller.ts";
import { PutLedger } from "./put-ledger.ts";
import { millrace } from "./run-command.ts";

const SHARDS = 2;

describe.skipIf(!etcdIsInstalled())("metadata (skipped without etcd: apt-get install etcd-server)", () => {
  test("move from one coordinator into etcd, under all the data", async () => {
    const directory = temporaryDirectory();
    const dataDir = directory.path;
    const etcd = await launchEtcd();
    const place = ["--etcd", etcd.endpoint];
    try {
      const before = await launchCluster({ dataDir });
      let kinesis = new KinesisCaller(before.endpoint);
      await kinesis.ok("CreateStream", { StreamName: "kept", ShardCount: SHARDS });
      await kinesis.waitActive("kept");
      await new PutLedger(kinesis, "kept", SHARDS).putEverywhere();
      expect(await millrace(["metadata", "move", "--data-dir", dataDir, ...place])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("does its coordinator run?"),
      });
      const shards = await kinesis.ok("ListShards", { StreamName: "kept" });
      kinesis.close();
      await before.stop();

      const unmoved = await millrace(["up", "--data-dir", dataDir, "--port", "0", ...place]);
      expect(unmoved).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("millrace metadata move") });
      const file = join(dataDir, "export.jsonl");
      const exported = await millrace(["metadata", "export", file, "--data-dir", dataDir, "--json"]);
      expect(JSON.parse(exported.stdout.toString())).toEqual({ records: expect.any(Number), file });
      const nowhere = await millrace(["metadata", "move", "--data-dir", dataDir, "--etcd", "http://127.0.0.1:1"]);
      expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringContaining("127.0.0.1:1 does not answer")]);
      expect(await millrace(["metadata", "move", "--data-dir", dataDir, ...place])).toMatchObject({ exitCode: 0 });
      expect(await millrace(["metadata", "verify", file, ...place])).toMatchObject({ exitCode: 0 });
      expect(await millrace(["metadata", "import", file, ...place])).toMatchObject({ exitCode: 2 });

      const after = await launchCluster({ dataDir, coordinators: 2, etcd: etcd.endpoint });
      kinesis = new KinesisCaller(after.endpoint);
      expect(await kinesis.ok("ListShards", { StreamName: "kept" })).toEqual(shards);
      const ledger = new PutLedger(kinesis, "kept", SHARDS);
      await ledger.putEverywhere();
      await ledger.expectReadable();
      expect(await millrace(["metadata", "verify", file, ...place])).toMatchObject({ exitCode: 1 });
      expect(await millrace(["metadata", "export", file, ...place])).toMatchObject({ exitCode: 0 });
      kinesis.close();
      await after.stop();

      const back = await millrace(["up", "--data-dir", dataDir, "--port", "0"]);
      expect(back).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(etcd.endpoint) });

      writeFileSync(file, readFileSync(file, "utf8").replace("ACTIVE", "EVITCA"));
      expect(await millrace(["metadata", "verify", file, ...place])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("damaged"),
      });
    } finally {
      await etcd.stop();
      directory.remove();
    }
  });
});
