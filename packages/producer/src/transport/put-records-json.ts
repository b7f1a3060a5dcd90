/**
 * PutRecords in JSON 1.1, there and back. The SDK walks its schema for every member of every record, which for small records costs
 * more than everything else the producer does; a request of one shape needs no schema.
 */
import { asBuffer } from "@millrace/base";
import type { UserRecord } from "@millrace/kinesis";
import type { EntryOutcome } from "./put-transport.ts";

/** The body of a request to the stream that `address` names by the API's own member. */
export function putRecordsBody(address: Readonly<Record<string, string>>, entries: readonly UserRecord[]): Buffer {
  let records = "";
  for (const { partitionKey, explicitHashKey, data } of entries) {
    if (records !== "") records += ",";
    records += `{"Data":"${asBuffer(data).toString("base64")}","PartitionKey":${JSON.stringify(partitionKey)}`;
    records += explicitHashKey === undefined ? "}" : `,"ExplicitHashKey":"${explicitHashKey}"}`;
  }
  return Buffer.from(`${JSON.stringify(address).slice(0, -1)},"Records":[${records}]}`);
}

/** The outcomes in the body of an answer with status 200. Throws a SyntaxError when it is no JSON. */
export function putRecordsOutcomes(body: string): EntryOutcome[] {
  const { Records } = JSON.parse(body) as { readonly Records?: readonly Readonly<Record<string, string>>[] };
  return (Records ?? []).map(({ ShardId: shardId, SequenceNumber: sequenceNumber, ErrorCode, ErrorMessage }) => {
    if (shardId !== undefined && sequenceNumber !== undefined) return { shardId, sequenceNumber };
    return { errorCode: ErrorCode ?? "NoOutcome", errorMessage: ErrorMessage ?? "" };
  });
}
