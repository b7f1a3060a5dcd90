// Original file: proto/millrace/v1/storage.proto

export const Status = {
  STATUS_OK: 'STATUS_OK',
  NOT_LEADER: 'NOT_LEADER',
  UNKNOWN_SHARD: 'UNKNOWN_SHARD',
  SHARD_CLOSED: 'SHARD_CLOSED',
  THROTTLED: 'THROTTLED',
  OVERLOADED: 'OVERLOADED',
  DISK_FULL: 'DISK_FULL',
  NO_QUORUM: 'NO_QUORUM',
  DAMAGED: 'DAMAGED',
  INTERNAL: 'INTERNAL',
  NOT_READY: 'NOT_READY',
  CONFLICT: 'CONFLICT',
} as const;

export type Status =
  | 'STATUS_OK'
  | 0
  | 'NOT_LEADER'
  | 1
  | 'UNKNOWN_SHARD'
  | 2
  | 'SHARD_CLOSED'
  | 3
  | 'THROTTLED'
  | 4
  | 'OVERLOADED'
  | 5
  | 'DISK_FULL'
  | 6
  | 'NO_QUORUM'
  | 7
  | 'DAMAGED'
  | 8
  | 'INTERNAL'
  | 9
  | 'NOT_READY'
  | 10
  | 'CONFLICT'
  | 11

export type Status__Output = typeof Status[keyof typeof Status]
