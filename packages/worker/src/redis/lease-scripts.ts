/**
 * Every change of a lease as a Lua script: Redis runs one at a time, so what a script checks still holds when it writes.
 *
 * Keys of an application, all with its hash tag, so that they share a slot of a Redis Cluster:
 *
 * | key | type | holds |
 * |---|---|---|
 * | `PREFIX:{APP}:meta` | hash | `id` of these data, `version` (last change), `seeded` once leases exist |
 * | `PREFIX:{APP}:leases` | hash | lease key → row (JSON, see lease-row.ts) |
 * | `PREFIX:{APP}:changes` | zset | lease key, scored by the version of its last change |
 * | `PREFIX:{APP}:deleted` | zset | keys of rows deleted in the last hour, scored likewise |
 * | `PREFIX:{APP}:workers` | zset | worker, scored by the millisecond its heartbeat runs out |
 * | `PREFIX:{APP}:turns` | hash | duty → millisecond of the last turn |
 *
 * `PREFIX:{APP}:wake` is a channel. No key has a time to live: it would take the checkpoints with it. Versions and fencing tokens are
 * the previous one + 1 or the server's milliseconds, whichever is greater, so that a promoted replica that missed the last ones
 * does not give them out again. Positions are compared as strings: Lua's numbers cannot hold them.
 */

/** A script: what ioredis calls it, and its text. */
export interface LeaseScript {
  readonly name: string;
  readonly lua: string;
}

/** Suffixes of the keys, in the order in which every script takes them. */
export const scriptKeys: readonly string[] = ["meta", "leases", "changes", "deleted", "workers", "turns"];

/** Start of the error reply when the data are gone or are not those that were opened. */
export const EMPTIED = "EMPTIED";
/** Start of the error reply when a worker without heartbeat asks for leases. */
export const NOT_LIVE = "NOTLIVE";

/** How long a lease that was given back to somebody waits for him before anybody may take it. */
export const RESERVED_MS = 2_000;
/** How long the keys of deleted rows are told to those who ask for changes; who asks less often asks for everything. */
export const DELETED_KEPT_MS = 3_600_000;

const KEYS_AND_TIME = `
local meta, leases, changes, deleted, workers, turns = unpack(KEYS)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`;

const PRELUDE = `${KEYS_AND_TIME}
local mark = redis.call('HMGET', meta, 'id', 'seeded')
if mark[1] ~= ARGV[1] or (mark[2] and redis.call('EXISTS', leases) == 0) then
  return redis.error_reply('${EMPTIED} the leases of this application are not those that were opened')
end
local version
local function nextVersion()
  if not version then
    version = math.max(tonumber(redis.call('HGET', meta, 'version') or '0') + 1, now)
    redis.call('HSET', meta, 'version', string.format('%.0f', version))
  end
  return version
end
local function read(key)
  local text = redis.call('HGET', leases, key)
  return text and cjson.decode(text)
end
local function write(key, row, quiet)
  redis.call('HSET', leases, key, cjson.encode(row))
  if not quiet then redis.call('ZADD', changes, nextVersion(), key) end
end
local function live(worker)
  local untilMs = worker and redis.call('ZSCORE', workers, worker)
  return untilMs and tonumber(untilMs) > now
end
local function granted(row, incarnation, token)
  return row and row.i == incarnation and row.t == token
end
local function wake() redis.call('PUBLISH', ARGV[2], '') end
local function create(key, row)
  if redis.call('HEXISTS', leases, key) == 1 then return false end
  redis.call('ZREM', deleted, key)
  redis.call('HSET', meta, 'seeded', '1')
  write(key, row)
  return true
end
local function before(a, b)
  local as, an = string.match(a, '^(%d+):(%d+)$')
  local bs, bn = string.match(b, '^(%d+):(%d+)$')
  if not as or not bs then return false end
  if #as ~= #bs then return #as < #bs end
  if as ~= bs then return as < bs end
  return tonumber(an) < tonumber(bn)
end
`;

const script = (name: string, lua: string): LeaseScript => ({ name: `millraceLease${name}`, lua: PRELUDE + lua });

/** ARGV: a fresh id, "create" or "". Answers the id of the data, or nothing when they are absent and not to be created. */
export const openScript: LeaseScript = {
  name: "millraceLeaseOpen",
  lua: `${KEYS_AND_TIME}
local id = redis.call('HGET', meta, 'id')
if id then return id end
if redis.call('EXISTS', leases) == 1 then
  return redis.error_reply('${EMPTIED} there are leases without the mark of their application')
end
if ARGV[2] == 'create' then
  redis.call('HSET', meta, 'id', ARGV[1], 'version', string.format('%.0f', now))
  return ARGV[1]
end
return ''
`,
};

/** The end of scripts that answer a view: cursor, complete, rows (key, text, …), deleted keys, workers (name, remaining ms, …). */
const VIEW = `
local function view(cursor)
  local last = redis.call('HGET', meta, 'version') or '0'
  local rows, gone, present = {}, {}, {}
  local complete = cursor == '' or tonumber(cursor) > tonumber(last)
  if complete then
    rows = redis.call('HGETALL', leases)
  else
    for _, key in ipairs(redis.call('ZRANGEBYSCORE', changes, '(' .. cursor, '+inf')) do
      local text = redis.call('HGET', leases, key)
      if text then rows[#rows + 1] = key; rows[#rows + 1] = text end
    end
    gone = redis.call('ZRANGEBYSCORE', deleted, '(' .. cursor, '+inf')
  end
  local alive = redis.call('ZRANGEBYSCORE', workers, string.format('(%.0f', now), '+inf', 'WITHSCORES')
  for at = 1, #alive, 2 do
    present[at] = alive[at]
    present[at + 1] = string.format('%.0f', tonumber(alive[at + 1]) - now)
  end
  return last, complete and 1 or 0, rows, gone, present
end
`;

/** ARGV 3: cursor. */
export const listScript: LeaseScript = script("List", `${VIEW}return {view(ARGV[3])}`);

/** ARGV 3…: worker, TTL, cursor, [[key, incarnation, token, rate or false]…], [[duty, period]…]. Answers a view, then lost, missing and turns. */
export const renewScript: LeaseScript = script(
  "Renew",
  `${VIEW}
redis.call('ZREMRANGEBYSCORE', workers, '-inf', string.format('%.0f', now))
if redis.call('ZADD', workers, now + tonumber(ARGV[4]), ARGV[3]) == 1 then wake() end
local lost, missing, mine = {}, {}, {}
for _, item in ipairs(cjson.decode(ARGV[6])) do
  local key = item[1]
  local row = read(key)
  if not row then missing[#missing + 1] = key
  elseif not row.o or not granted(row, item[2], item[3]) then lost[#lost + 1] = key
  elseif item[4] then row.r = item[4]; write(key, row) end
end
for _, turn in ipairs(cjson.decode(ARGV[7])) do
  local last = redis.call('HGET', turns, turn[1])
  if not last or now - tonumber(last) >= turn[2] or tonumber(last) > now then
    redis.call('HSET', turns, turn[1], string.format('%.0f', now))
    mine[#mine + 1] = turn[1]
  end
end
local cursor, complete, rows, gone, present = view(ARGV[5])
return {cursor, complete, rows, gone, present, lost, missing, mine}`,
);

/** ARGV 3: [[key, row]…]. Answers the keys created. */
export const createScript: LeaseScript = script(
  "Create",
  `
local created = {}
for _, item in ipairs(cjson.decode(ARGV[3])) do
  if create(item[1], item[2]) then created[#created + 1] = item[1] end
end
if #created > 0 then wake() end
return created`,
);

/** ARGV 3…: worker, incarnation, [key…]. Answers key, then the row or a refusal, for each. */
export const acquireScript: LeaseScript = script(
  "Acquire",
  `
local worker = ARGV[3]
if not live(worker) then return redis.error_reply('${NOT_LIVE} a worker takes leases after its heartbeat') end
local function refusal(row)
  if not row then return 'missing' end
  if row.k == 'SHARD_END' then return 'finished' end
  if row.o and row.o ~= worker and live(row.o) then return 'held' end
  if row.n and row.n ~= worker and (row.u or 0) > now and live(row.n) then return 'reserved' end
  for parent in string.gmatch(row.p or '', '[^,]+') do
    local other = read(row.s .. '/' .. parent)
    if other and other.k ~= 'SHARD_END' then return 'parents' end
  end
end
local answers = {}
for _, key in ipairs(cjson.decode(ARGV[5])) do
  local row = read(key)
  local answer = refusal(row)
  if not answer then
    row.o, row.i, row.n, row.u = worker, ARGV[4], nil, nil
    row.t = math.max(row.t + 1, now)
    row.w = (row.w or 0) + 1
    if row.k == 'LATEST' then
      if row.l then row.k = 'AT_TIMESTAMP:' .. string.format('%.0f', row.l) else row.l = now end
    end
    write(key, row)
    answer = cjson.encode(row)
  end
  answers[#answers + 1] = key
  answers[#answers + 1] = answer
end
return answers`,
);

/** ARGV 3…: to, [[key, incarnation]…]. */
export const handoffScript: LeaseScript = script(
  "Handoff",
  `
local asked = false
for _, item in ipairs(cjson.decode(ARGV[4])) do
  local row = read(item[1])
  if row and row.o and row.i == item[2] and row.n ~= ARGV[3] then
    row.n, row.u = ARGV[3], nil
    write(item[1], row)
    asked = true
  end
end
if asked then wake() end
return 1`,
);

/** ARGV 3…: leaving worker or "", [[key, incarnation, token, to or false]…]. */
export const releaseScript: LeaseScript = script(
  "Release",
  `
local freed = false
for _, item in ipairs(cjson.decode(ARGV[4])) do
  local row = read(item[1])
  if granted(row, item[2], item[3]) and row.o then
    row.o, row.n, row.u = nil, nil, nil
    if item[4] then row.n, row.u = item[4], now + ${RESERVED_MS} end
    write(item[1], row)
    freed = true
  end
end
local left = ARGV[3] ~= '' and redis.call('ZREM', workers, ARGV[3]) == 1
if freed or left then wake() end
return 1`,
);

/** ARGV 3: [[key, incarnation, token, position or false, prepared position or false, prepared state]…]. Answers a word for each. */
export const checkpointScript: LeaseScript = script(
  "Checkpoint",
  `
local answers = {}
for index, item in ipairs(cjson.decode(ARGV[3])) do
  local key, position = item[1], item[4]
  local row = read(key)
  local answer = 'stored'
  if not row or not row.o or not granted(row, item[2], item[3]) then answer = 'lost'
  elseif row.k == 'SHARD_END' or before(position or item[5], row.k) then answer = 'behind'
  else
    if position then
      if row.k ~= position then row.w = 0 end
      row.k = position
      if row.q and not before(position, row.q) then row.q, row.z = nil, nil end
    end
    if item[5] then row.q, row.z = item[5], item[6] end
    write(key, row, true)
  end
  answers[index] = answer
end
return answers`,
);

/** ARGV 3…: key, incarnation, token, [[child key, row]…], children's ids joined by commas. */
export const finishScript: LeaseScript = script(
  "Finish",
  `
local row = read(ARGV[3])
if not granted(row, ARGV[4], tonumber(ARGV[5])) then return 'lost' end
if not row.o then return row.k == 'SHARD_END' and 'stored' or 'lost' end
row.k, row.c, row.o, row.n, row.u, row.q, row.z, row.r = 'SHARD_END', ARGV[7], nil, nil, nil, nil, nil, nil
write(ARGV[3], row)
for _, item in ipairs(cjson.decode(ARGV[6])) do create(item[1], item[2]) end
wake()
return 'stored'`,
);

/** ARGV 3: [key…]. */
export const deleteScript: LeaseScript = script(
  "Delete",
  `
redis.call('ZREMRANGEBYSCORE', deleted, '-inf', string.format('%.0f', now - ${DELETED_KEPT_MS}))
for _, key in ipairs(cjson.decode(ARGV[3])) do
  local row = read(key)
  if row and not live(row.o) then
    redis.call('HDEL', leases, key)
    redis.call('ZREM', changes, key)
    redis.call('ZADD', deleted, nextVersion(), key)
  end
end
if redis.call('EXISTS', leases) == 0 then redis.call('HDEL', meta, 'seeded') end
return 1`,
);

/** ARGV 3…: key, checkpoint or "", "force" or "". */
export const resetScript: LeaseScript = script(
  "Reset",
  `
if ARGV[5] ~= 'force' and redis.call('ZCOUNT', workers, string.format('(%.0f', now), '+inf') > 0 then return 'live' end
local row = read(ARGV[3])
if not row then return 'missing' end
if ARGV[4] ~= '' then row.k, row.l, row.q, row.z, row.w = ARGV[4], nil, nil, nil, nil end
row.o, row.i, row.n, row.u = nil, nil, nil, nil
row.t = math.max(row.t + 1, now)
write(ARGV[3], row)
wake()
return 'done'`,
);

/** All of them. */
export const leaseScripts: readonly LeaseScript[] = [
  openScript,
  listScript,
  renewScript,
  createScript,
  acquireScript,
  handoffScript,
  releaseScript,
  checkpointScript,
  finishScript,
  deleteScript,
  resetScript,
];
