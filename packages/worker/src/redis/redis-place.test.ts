/** Every way to say where Redis is, as a message names it. */
import { expect, test } from "vitest";
import { redisPlace } from "./redis-place.ts";

test.each([
  ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
  ["rediss://me:se@cret@redis.test:1/2", "rediss://redis.test:1/2"],
  [{ host: "redis.test", password: "secret" }, "redis.test:6379"],
  [{ path: "/run/redis.sock" }, "/run/redis.sock"],
  [
    {
      name: "main",
      sentinels: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
    },
    "main of the sentinels a:1, b:2",
  ],
  [{ cluster: [{ host: "a", port: 1 }, "redis://:secret@b:2"] }, "the cluster of a:1, redis://b:2"],
])("%o", (target, place) => {
  expect(redisPlace(target)).toBe(place);
});
