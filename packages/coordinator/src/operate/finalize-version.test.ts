/** What keeps a protocol version from being finalised, and whom it shuts out once it is. */
import { PROTOCOL_VERSION_MAX, speakProtocol } from "@millrace/rpc";
import { afterEach, expect, test } from "vitest";
import { FakeCluster } from "../service/testing/fake-cluster.ts";
import { decodeRecord, encodeChange } from "../state/record-codec.ts";
import type { ClusterRecord } from "../state/cluster-state.ts";

afterEach(() => speakProtocol(null));

const newest = PROTOCOL_VERSION_MAX;
const nothing = { protocolVersionMin: 0, protocolVersionMax: 0 };

/** A cluster as the version before made it, with nodes of that version. */
async function oldCluster(): Promise<FakeCluster> {
  speakProtocol(newest - 1);
  const cluster = new FakeCluster();
  await cluster.start();
  cluster.stop();
  speakProtocol(null);
  return cluster;
}

/** Changes the stored cluster record, as a coordinator of another release would have written it. */
function rewrite(cluster: FakeCluster, change: Partial<ClusterRecord>): void {
  const stored = decodeRecord("cluster/cluster", cluster.records.get("cluster/cluster") ?? new Uint8Array());
  const value = { ...(stored.value as ClusterRecord), ...change };
  const encoded = encodeChange({ table: "cluster", key: "cluster", value });
  cluster.records.set(encoded.key, encoded.value ?? new Uint8Array());
}

test("a new cluster is at the newest version at once", async () => {
  const cluster = new FakeCluster();
  await cluster.start();
  expect(await cluster.operate("cluster.status", {})).toMatchObject({ protocolVersion: newest });
  expect(cluster.map().protocolVersion).toBe(newest);
  expect(await cluster.join("d", nothing)).toMatchObject({
    accepted: false,
    why: expect.stringMatching(/^node d speaks protocol versions 1 to 1, and version \d is finalised for the cluster:/),
  });
});

test("the version is raised by command alone, once every node speaks it", async () => {
  const cluster = await oldCluster();
  await cluster.start();
  for (const nodeId of ["a", "b"]) await cluster.join(nodeId);
  await cluster.join("c", nothing);
  const status = await cluster.operate("cluster.status", {});
  expect([status.protocolVersion, status.protocolVersionMax, status.protocolVersionMissing]) //
    .toEqual([newest - 1, newest, ["node c"]]);
  expect(cluster.map().protocolVersion).toBe(newest - 1);
  await expect(cluster.operate("cluster.finalize", {})).rejects.toThrow(
    `USAGE: these do not speak protocol version ${newest} yet: node c; upgrade them`,
  );
  await cluster.join("c");
  const done = { before: newest - 1, protocolVersion: newest };
  expect(await cluster.operate("cluster.finalize", {})).toEqual(done);
  expect(await cluster.operate("cluster.finalize", {})).toEqual({ ...done, before: newest });
  expect(cluster.map().protocolVersion).toBe(newest);
  expect(await cluster.join("c", nothing)).toMatchObject({ accepted: false });
});

test("metadata of a newer release are refused, with what to do", async () => {
  const cluster = await oldCluster();
  rewrite(cluster, { protocolVersion: newest + 1 });
  await expect(cluster.start()).rejects.toThrow(/USAGE: this coordinator speaks protocol versions 1 to \d.*upgrade/);
  rewrite(cluster, { protocolVersion: newest, format: 9 });
  await expect(cluster.start()).rejects.toThrow(
    /USAGE: the metadata are of format 9.*start the release that wrote them/,
  );
});
