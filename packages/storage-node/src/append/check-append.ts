/**
 * Checks the records of an append before they get an offset: what passes here is stored three times and never looked at
 * again until a gateway reads it, so a wrong count or length must stop here.
 */
import { crc32 } from "@millrace/base";
import { recordAt, recordUserBytes } from "@millrace/model";

/** What an append says about itself. */
export interface ClaimedRecords {
  readonly records: Buffer;
  readonly recordsCrc: number;
  readonly recordCount: number;
  readonly userBytes: number;
}

/** True when the checksum matches and `records` holds exactly the claimed records. One pass, no allocation kept. */
export function recordsIntact(claimed: ClaimedRecords): boolean {
  const { records, recordCount } = claimed;
  if (recordCount <= 0 || crc32(records) !== claimed.recordsCrc) return false;
  let position = 0;
  let userBytes = 0;
  for (let index = 0; index < recordCount; index += 1) {
    const span = recordAt(records, position);
    if (span === undefined) return false;
    userBytes += recordUserBytes(span);
    position = span.end;
  }
  return position === records.length && userBytes === claimed.userBytes;
}

/** The front part of `records` whose records `take` accepts one by one. */
export interface CutRecords {
  readonly records: Buffer;
  readonly recordCount: number;
  readonly userBytes: number;
}

/** Walks the records from the first; the first one `take(userBytes)` refuses ends the walk. */
export function cutRecords(records: Buffer, recordCount: number, take: (userBytes: number) => boolean): CutRecords {
  let position = 0;
  let taken = 0;
  let userBytes = 0;
  while (taken < recordCount) {
    const span = recordAt(records, position);
    if (span === undefined) break;
    const size = recordUserBytes(span);
    if (!take(size)) break;
    position = span.end;
    userBytes += size;
    taken += 1;
  }
  return { records: records.subarray(0, position), recordCount: taken, userBytes };
}
