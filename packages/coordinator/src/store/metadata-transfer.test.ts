import { existsSync } from "node:fs";
import { join } from "node:path";
import { openKeyValueStore } from "@millrace/log-store";
import { realRandom } from "@millrace/runtime";
import {
  etcdIsInstalled,
  launchEtcd,
  temporaryDirectory,
  type LaunchedEtcd,
  type TemporaryDirectory,
} from "@millrace/testkit";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import { openEmbeddedMetadataStore } from "./embedded-metadata-store.ts";
import { decodeMetadataFile, encodeMetadataFile } from "./metadata-file.ts";
import {
  compareMetadata,
  moveMetadata,
  readMetadata,
  requireEtcd,
  writeMetadata,
  type EtcdPlace,
} from "./metadata-transfer.ts";
import { requireMoved, requireNotMoved } from "./moved-marker.ts";
import { openClusterTables } from "./open-cluster-tables.ts";
import { electedStore } from "./testing/elected-store.ts";

describe("a file of metadata", () => {
  const records = fc.dictionary(fc.string(), fc.json()).map((object) => new Map(Object.entries(object)));

  test("comes back as it was", () => {
    fc.assert(
      fc.property(records, (each) => {
        expect(new Map(decodeMetadataFile(encodeMetadataFile(each)))).toEqual(each);
      }),
    );
  });

  test("is refused when it is cut short or changed anywhere", () => {
    const text = encodeMetadataFile(new Map([["node/a", '{"nodeId":"a"}']]));
    for (let length = 0; length < text.length; length += 1) {
      expect(() => decodeMetadataFile(text.slice(0, length))).toThrow("USAGE");
    }
    expect(() => decodeMetadataFile(text.replace('"nodeId', '"nodeid'))).toThrow("damaged");
    expect(() => decodeMetadataFile(text.replace('"version":1', '"version":2'))).toThrow("version 2");
  });
});

describe.skipIf(!etcdIsInstalled())("moving metadata (skipped without etcd: apt-get install etcd-server)", () => {
  let etcd: LaunchedEtcd;
  let directory: TemporaryDirectory;
  let dataDir = "";
  let place: EtcdPlace;
  let prefixes = 0;
  beforeAll(async () => {
    etcd = await launchEtcd();
  }, 30_000);
  afterAll(() => etcd?.stop());
  beforeEach(async () => {
    prefixes += 1;
    place = { etcd: { endpoints: [etcd.endpoint] }, prefix: `/move/${prefixes}` };
    directory = temporaryDirectory();
    dataDir = directory.path;
    await using store = openEmbeddedMetadataStore(await openKeyValueStore(join(dataDir, "metadata")));
    await openClusterTables(store, realRandom);
    await store.commit(
      Array.from({ length: 300 }, (_, uid) => ({ table: "shard", key: uid, value: shardRecord({ shardUid: uid }) })),
    );
  });
  afterEach(() => directory.remove());

  test("takes every record into etcd, and closes the directory to coordinators", async () => {
    expect(() => requireMoved(dataDir)).toThrow("metadata move");
    await requireNotMoved(dataDir);
    const before = await readMetadata({ dataDir });
    expect(await moveMetadata(dataDir, place)).toBe(301);
    expect(compareMetadata(before, await readMetadata(place)).size).toBe(0);
    requireMoved(dataDir);
    await expect(requireNotMoved(dataDir)).rejects.toThrow(etcd.endpoint);
    await expect(moveMetadata(dataDir, place)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("goes on after an interruption, and refuses an etcd that holds something else", async () => {
    await writeMetadata(place, await readMetadata({ dataDir }));
    expect(await moveMetadata(dataDir, place)).toBe(301);

    const other = { ...place, prefix: `${place.prefix}-other` };
    await using store = await electedStore(etcd.endpoint, other.prefix);
    await openClusterTables(store, realRandom);
    const records = await readMetadata(place);
    await expect(writeMetadata({ dataDir }, records)).rejects.toMatchObject({ code: "USAGE" });
    const faults = compareMetadata(records, await readMetadata(other));
    expect([faults.get("cluster/cluster"), faults.get("shard/0000000000000007")]).toEqual(["differs", "missing"]);
  });

  test("comes back into an empty directory", async () => {
    const records = await readMetadata({ dataDir });
    await moveMetadata(dataDir, place);
    const back = temporaryDirectory();
    try {
      await writeMetadata({ dataDir: back.path }, await readMetadata(place));
      expect(await readMetadata({ dataDir: back.path })).toEqual(records);
      expect(existsSync(join(back.path, "metadata"))).toBe(true);
    } finally {
      back.remove();
    }
  });

  test("says where there is nothing, who holds it, and who does not answer", async () => {
    await expect(readMetadata({ dataDir: join(dataDir, "nowhere") })).rejects.toThrow("no metadata");
    await using _running = await openKeyValueStore(join(dataDir, "metadata"));
    await expect(readMetadata({ dataDir })).rejects.toThrow("does its coordinator run?");
    await requireEtcd(place.etcd);
    await expect(requireEtcd({ endpoints: ["http://127.0.0.1:1"] })).rejects.toMatchObject({ code: "USAGE" });
  });
});
