import { ServiceError } from "@millrace/base";
import { expect, test, vi } from "vitest";
import { shardRecord } from "../epoch/testing/epoch-lab.ts";
import type { StateChange } from "../state/cluster-state.ts";
import { ClusterTables } from "../state/cluster-tables.ts";
import { openMemoryMetadataStore } from "../store/memory-metadata-store.ts";
import type { MetadataStore } from "../store/metadata-store.ts";
import { StateWriter, WRITES_WAITING_MAX } from "./state-writer.ts";

const cluster = {
  clusterId: "c",
  tokenKey: "00",
  coordinatorTerm: 1,
  nextStreamUid: 1,
  nextShardUid: 1,
  mapVersion: 0,
};

function writerOn(store: MetadataStore, onFatal: (error: ServiceError) => void = () => undefined): StateWriter {
  return new StateWriter(new ClusterTables(cluster), store, onFatal);
}
const put = (shardUid: number, epoch = 0): StateChange => ({
  table: "shard",
  key: shardUid,
  value: shardRecord({ shardUid, epoch }),
});

test("each computation sees what the ones before it stored, and observers hear it in order", async () => {
  const records = new Map<string, Uint8Array>();
  const writer = writerOn(openMemoryMetadataStore(records));
  const seen: number[] = [];
  writer.observe((changes) => {
    for (const change of changes) if (change.table === "shard") seen.push(change.value?.epoch ?? -1);
  });
  const increments = Array.from({ length: 20 }, () =>
    writer.submit("client", (state) => {
      const epoch = (state.shards.get(1)?.epoch ?? 0) + 1;
      return { changes: [put(1, epoch)], result: epoch };
    }),
  );
  expect(await Promise.all(increments)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(records.size).toBe(1);
});

test("a computation that throws fails alone", async () => {
  const writer = writerOn(openMemoryMetadataStore());
  const bad = writer.submit("own", () => {
    throw new ServiceError("CONFLICT", "no");
  });
  const good = writer.submit("own", () => ({ changes: [put(1)], result: "good" }));
  await expect(bad).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await good).toBe("good");
});

test("nothing is applied that was not stored: a failed commit ends the writer", async () => {
  const onFatal = vi.fn();
  const store = openMemoryMetadataStore();
  const failing: MetadataStore = { ...store, commit: () => Promise.reject(new Error("disk")) };
  const writer = writerOn(failing, onFatal);
  await expect(writer.submit("own", () => ({ changes: [put(1)], result: 0 }))).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
  expect(writer.tables.shards.size).toBe(0);
  expect(onFatal).toHaveBeenCalledTimes(1);
  await expect(writer.submit("own", () => ({ changes: [], result: 0 }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("client work beyond the limit is refused, own work is not, and close finishes what waits", async () => {
  const writer = writerOn(openMemoryMetadataStore());
  const waiting = Array.from({ length: WRITES_WAITING_MAX + 1 }, (_, index) =>
    writer.submit("client", () => ({ changes: [put(index)], result: index })),
  );
  const refused = writer.submit("client", () => ({ changes: [], result: 0 }));
  const own = writer.submit("own", () => ({ changes: [], result: "own" }));
  await expect(refused).rejects.toMatchObject({ code: "OVERLOADED" });
  await writer.close();
  expect(await own).toBe("own");
  expect(await Promise.all(waiting)).toHaveLength(WRITES_WAITING_MAX + 1);
  await expect(writer.submit("own", () => ({ changes: [], result: 0 }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
