import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  BACKUP_FORMAT,
  pieceKey,
  readManifest,
  replaceManifest,
  requireSameStream,
  type BackupManifest,
} from "./backup-manifest.ts";
import { directoryStore } from "./backup-store.ts";

const owner = { streamUid: 7, name: "orders", accountId: "111111111111", region: "us-east-1", createdMs: 0 };
const manifest = {
  format: BACKUP_FORMAT,
  takenMs: 1,
  clusterId: "c-1",
  stream: owner,
  shards: [],
  pieces: {},
} as unknown as BackupManifest;

test("a place is of one stream of one cluster", () => {
  const ask = (clusterId: string, stream: object): void =>
    requireSameStream(manifest, { ...manifest, clusterId, stream: { ...manifest.stream, ...stream } }, "/b");
  expect(() => ask("c-1", { createdMs: 0, status: "UPDATING" })).not.toThrow();
  expect(() => requireSameStream(undefined, manifest, "/b")).not.toThrow();
  const whose = "stream orders (account 111111111111, us-east-1, cluster c-1, created 1970-01-01T00:00:00.000Z)";
  expect(() => ask("c-2", {})).toThrow(`USAGE: /b holds the backup of another stream, ${whose}`);
  for (const other of [{ streamUid: 8 }, { name: "o" }, { accountId: "222222222222" }, { region: "eu-west-1" }]) {
    expect(() => ask("c-1", other)).toThrow("name another place with --to");
  }
});

test("a piece of other bytes has another name", () => {
  const names = ["a".repeat(64), "b".repeat(64)].map((digest) => pieceKey(3, 40, digest));
  expect(names[0]).toBe("shards/000000000003/0000000000000040-aaaaaaaaaaaaaaaa.frames");
  expect(names[1]).not.toBe(names[0]);
});

test("a manifest takes the place of the one it goes on from, and of no other", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-backup-"));
  try {
    const store = directoryStore(directory);
    await replaceManifest(store, undefined, manifest);
    await replaceManifest(store, manifest, { ...manifest, takenMs: 2 });
    for (const stale of [undefined, manifest]) {
      await expect(replaceManifest(store, stale, { ...manifest, takenMs: 3 })).rejects.toThrow("CONFLICT");
    }
    expect((await readManifest(store))?.takenMs).toBe(2);
    expect(readdirSync(directory)).toEqual(["manifest.json"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a manifest that is not as it was written is refused, one of a release that wrote no digest is read", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-backup-"));
  try {
    const store = directoryStore(directory);
    const file = join(directory, "manifest.json");
    await replaceManifest(store, undefined, manifest);
    expect(await readManifest(store)).toMatchObject(manifest);
    writeFileSync(file, readFileSync(file, "utf8").replace('"streamUid": 7', '"streamUid": 8'));
    await expect(readManifest(store)).rejects.toThrow("DAMAGED: manifest.json of the backup is damaged");
    writeFileSync(file, JSON.stringify(manifest));
    expect(await readManifest(store)).toEqual(manifest);
    for (const other of [{ ...manifest, stream: undefined }, { ...manifest, format: undefined }, {}, null, 7, []]) {
      writeFileSync(file, JSON.stringify(other));
      await expect(readManifest(store)).rejects.toThrow("DAMAGED: manifest.json of the backup is damaged");
    }
    writeFileSync(file, JSON.stringify({ ...manifest, format: 99 }));
    await expect(readManifest(store)).rejects.toThrow("USAGE: the backup is of format 99");
    writeFileSync(file, "no JSON");
    await expect(readManifest(store)).rejects.toThrow("DAMAGED: manifest.json of the backup is not JSON");
    const inFile = directoryStore(file);
    await expect(readManifest(inFile)).rejects.toThrow(`USAGE: cannot read ${file}: a part of that path is a file`);
    await expect(inFile.put("k", Buffer.alloc(1))).rejects.toThrow(`USAGE: cannot write to ${file}: `);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
