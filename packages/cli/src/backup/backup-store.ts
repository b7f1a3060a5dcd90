/** Where backups lie: named pieces of bytes, in a directory or in a bucket. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileProblem, ServiceError } from "@millrace/base";

/** See the file comment. A piece is written whole or not at all, and never changed but for the manifest. Errors of a directory: USAGE. */
export interface BackupStore {
  /** Durable when it resolves. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Undefined when there is none. */
  get(key: string): Promise<Buffer | undefined>;
}

/** The store that `place` names: `s3://bucket/prefix` or a directory. `s3Endpoint` is for stores other than AWS's. */
export async function openBackupStore(place: string, s3Endpoint: string | undefined): Promise<BackupStore> {
  if (!place.startsWith("s3://")) return directoryStore(place);
  const { openS3Store } = await import("./s3-store.ts");
  return openS3Store(place, s3Endpoint);
}

/** A directory, made when the first piece is written. */
export function directoryStore(directory: string): BackupStore {
  return {
    async put(key, bytes) {
      try {
        await writeDurably(join(directory, key), bytes);
      } catch (thrown) {
        throw unusable("write to", directory, thrown);
      }
    },
    async get(key) {
      try {
        return await readFile(join(directory, key));
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw unusable("read", directory, thrown);
      }
    },
  };
}

function unusable(what: string, directory: string, thrown: unknown): ServiceError {
  const next = "a backup is in a directory or in s3://bucket/prefix";
  return new ServiceError("USAGE", `cannot ${what} ${directory}: ${fileProblem(thrown)}; ${next}`, { cause: thrown });
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Nobody else's: two backups may write to the same place.
  const draft = `${path}.${randomUUID()}.new`;
  const file = await open(draft, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
