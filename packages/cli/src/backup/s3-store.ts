/** Backups in an S3-compatible bucket. The only file that knows the S3 client. */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ServiceError } from "@millrace/base";
import type { BackupStore } from "./backup-store.ts";

/** `s3://bucket/prefix`; region and credentials as in every AWS tool. Errors: USAGE for another shape. */
export function openS3Store(place: string, endpoint: string | undefined): BackupStore {
  const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(place) ?? [];
  if (bucket === undefined) throw new ServiceError("USAGE", `a bucket is named s3://bucket/prefix, not ${place}`);
  const client = new S3Client({
    region: process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    // Stores other than AWS's answer under one host, with the bucket in the path.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  const keyOf = (key: string): string => (prefix === "" ? key : `${prefix}/${key}`);
  return {
    async put(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(key), Body: bytes }));
    },
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(key) }));
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (thrown) {
        if (thrown instanceof NoSuchKey) return undefined;
        throw new ServiceError("UNAVAILABLE", `${place}: ${String(thrown)}`, { cause: thrown });
      }
    },
  };
}
