import { afterEach, expect, test } from "vitest";
import { AssertionError, ServiceError } from "@millrace/base";
import { serveAdmin, type AdminServer, type HealthAnswer } from "./admin-server.ts";
import { createLogger } from "./logger.ts";
import { MetricsRegistry } from "./metrics-registry.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function ok(): HealthAnswer {
  return { ok: true };
}

async function serve(ready: HealthAnswer): Promise<{ admin: AdminServer; registry: MetricsRegistry }> {
  const registry = new MetricsRegistry({ role: "test", version: "1.2.3" });
  const admin = await serveAdmin({
    host: "127.0.0.1",
    port: 0,
    registry,
    health: { live: ok, startup: ok, ready: () => ready },
    logger: createLogger({ role: "test", level: "silent" }),
  });
  open.push(admin, registry);
  return { admin, registry };
}

test("metrics carry the prefix, built-in series and what was counted", async () => {
  const { admin, registry } = await serve({ ok: true });
  const puts = { name: "incoming_records_total", help: "Records put.", labelNames: ["stream"] };
  registry.counter(puts).inc({ stream: "a" }, 2);
  registry.counter(puts).inc({ stream: "a" });
  registry.histogram({ name: "wait_seconds", help: "Waiting." }).observe(0.003);
  registry.countIfAssertion(new AssertionError("x"));
  registry.countIfAssertion(ServiceError.from(new AssertionError("wrapped")));
  registry.countIfAssertion(new Error("not ours"));
  const text = await (await fetch(`${admin.endpoint}/metrics`)).text();
  expect(text).toContain('millrace_incoming_records_total{stream="a"} 3');
  expect(text).toContain('millrace_wait_seconds_bucket{le="0.004"} 1');
  expect(text).toContain('millrace_wait_seconds_bucket{le="0.002"} 0');
  expect(text).toContain("millrace_assertion_failures_total 2");
  expect(text).toMatch(/millrace_build_info\{role="test",version="1.2.3",node_version="v[^"]+"\} 1/);
  expect(text).toMatch(/millrace_event_loop_delay_seconds\{quantile="0.99"\} /);
  expect(text).toContain("process_cpu_seconds_total");
});

test("health answers 200 or 503 with the reason", async () => {
  const { admin } = await serve({ ok: false, why: "no map yet" });
  const ready = await fetch(`${admin.endpoint}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { ok: false, why: "no map yet" }]);
  const live = await fetch(`${admin.endpoint}/health/live`);
  expect([live.status, await live.json()]).toEqual([200, { ok: true }]);
});

test("anything else is refused, a taken port with USAGE", async () => {
  const { admin, registry } = await serve({ ok: true });
  expect((await fetch(`${admin.endpoint}/other`)).status).toBe(404);
  expect((await fetch(`${admin.endpoint}/metrics`, { method: "POST" })).status).toBe(405);
  const second = serveAdmin({
    host: "127.0.0.1",
    port: admin.port,
    registry,
    health: { live: ok, ready: ok, startup: ok },
    logger: createLogger({ role: "test", level: "silent" }),
  });
  await expect(second).rejects.toMatchObject({ code: "USAGE" });
});
