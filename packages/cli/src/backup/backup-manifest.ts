/**
 * What a backup consists of: `manifest.json` and the pieces it names, `shards/<index>/<first offset>-<digest>.frames`, each a
 * run of whole frames as in `docs/formats/frame.md`. The manifest is written last, and a piece's name says its content: a
 * backup that was interrupted is the one before it. A later backup of the same stream adds pieces and replaces the manifest.
 */
import { ServiceError, sha256Hex } from "@millrace/base";
import type { StreamBackup } from "@millrace/coordinator";
import type { BackupStore } from "./backup-store.ts";

/** Version of the layout. */
export const BACKUP_FORMAT = 1;
const MANIFEST = "manifest.json";

/** A run of frames of one shard. */
export interface BackupPiece {
  readonly key: string;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * See the file comment. Pieces are by shard index, in order, without gaps. `digest` is the SHA-256 of the JSON of all other
 * fields without white space, as they stand in the file; absent from backups of releases that did not write it.
 */
export interface BackupManifest extends StreamBackup {
  readonly format: number;
  readonly takenMs: number;
  readonly pieces: Readonly<Record<string, readonly BackupPiece[]>>;
  readonly digest?: string;
}

/** Undefined when there is no backup. Errors: DAMAGED when it is not what was written, USAGE when it is of a later version. */
export async function readManifest(store: BackupStore): Promise<BackupManifest | undefined> {
  const bytes = await store.get(MANIFEST);
  if (bytes === undefined) return undefined;
  const manifest = parse(bytes);
  const { digest, ...content } = manifest;
  const { format } = content;
  if (typeof format === "number" && format !== BACKUP_FORMAT) {
    const what = `the backup is of format ${format}, and this release reads format ${BACKUP_FORMAT}`;
    throw new ServiceError("USAGE", `${what}: use the release that wrote it, or a newer one`);
  }
  const hasRecords = manifest.stream !== undefined && Array.isArray(manifest.shards) && manifest.pieces !== undefined;
  const isWhole = format !== undefined && hasRecords;
  if (!isWhole || (digest !== undefined && digest !== digestOf(content))) {
    throw new ServiceError("DAMAGED", `${MANIFEST} of the backup is damaged; another copy of the backup is needed`);
  }
  return manifest as BackupManifest;
}

function parse(bytes: Buffer): Partial<BackupManifest> {
  try {
    // What is no object has no members, which the caller sees.
    return { ...(JSON.parse(bytes.toString()) as Partial<BackupManifest> | null) };
  } catch (error) {
    throw new ServiceError("DAMAGED", `${MANIFEST} of the backup is not JSON; another copy of the backup is needed`, {
      cause: error,
    });
  }
}

function digestOf(content: object): string {
  return sha256Hex(Buffer.from(JSON.stringify(content)));
}

/** Errors: USAGE when the backup that is in `place` is of another stream than `wanted`, and would be lost. */
export function requireSameStream(
  before: BackupManifest | undefined,
  { clusterId, stream }: StreamBackup,
  place: string,
): void {
  if (before === undefined) return;
  const { streamUid, name, accountId, region, createdMs } = before.stream;
  const isSame =
    before.clusterId === clusterId &&
    streamUid === stream.streamUid &&
    name === stream.name &&
    accountId === stream.accountId &&
    region === stream.region;
  if (isSame) return;
  const owner =
    `stream ${name} (account ${accountId}, ${region}, cluster ${before.clusterId}, ` +
    `created ${new Date(createdMs).toISOString()})`;
  throw new ServiceError(
    "USAGE",
    `${place} holds the backup of another stream, ${owner}, and was left as it is; name another place with --to`,
  );
}

/**
 * From here on the backup is what `manifest` says, which goes on from `before`. Errors: CONFLICT when another backup was
 * written since `before` was read.
 */
export async function replaceManifest(
  store: BackupStore,
  before: BackupManifest | undefined,
  manifest: BackupManifest,
): Promise<void> {
  if ((await readManifest(store))?.takenMs !== before?.takenMs) {
    throw new ServiceError("CONFLICT", "another backup was written to the same place meanwhile; run the command again");
  }
  const whole = { ...manifest, digest: digestOf(manifest) };
  await store.put(MANIFEST, Buffer.from(`${JSON.stringify(whole, undefined, 1)}\n`));
}

/** Name of a piece. The digest is in it because the same offsets give fewer frames once the log is trimmed, and more later. */
export function pieceKey(shardIndex: number, fromOffset: number, sha256: string): string {
  const from = String(fromOffset).padStart(16, "0");
  return `shards/${String(shardIndex).padStart(12, "0")}/${from}-${sha256.slice(0, 16)}.frames`;
}
