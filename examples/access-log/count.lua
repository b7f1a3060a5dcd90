-- Counts log lines exactly once. The counters and how far each shard has been counted change together, in one step of
-- Redis, so a batch that comes a second time (its worker died before its checkpoint, or lives on without its lease) adds nothing.
-- KEYS: counters, positions. ARGV: shard id, then for each record, in order: position, counter ("" for a line that is none).
local done = redis.call('HGET', KEYS[2], ARGV[1]) or ''
local counted = 0
for i = 2, #ARGV, 2 do
  if ARGV[i] > done then
    redis.call('HINCRBY', KEYS[1], ARGV[i + 1], 1)
    done = ARGV[i]
    counted = counted + 1
  end
end
redis.call('HSET', KEYS[2], ARGV[1], done)
return counted
