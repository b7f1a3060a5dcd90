/** What the machine itself can do: the ceilings beside which the other figures are to be read. */
import { fdatasyncSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from "node:fs";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LatencyHistogram } from "../measure/latency-histogram.ts";
import { megabytesPerSecond } from "../measure/workload-result.ts";
import { startChildServer } from "../targets/child-server.ts";
import { putRecord } from "../workloads/put-record.ts";
import { putRecords, requestBody } from "../workloads/put-records.ts";

const SYNC_BLOCK_BYTES = 256 * 1024;
const MESSAGE_BYTES = 256 * 1024;
const MESSAGES_IN_FLIGHT = 8;
const BODY_DATA_BYTES = 500 * 1024;

/** One line of the table: what was done, and how fast. */
export interface Baseline {
  readonly what: string;
  readonly figure: string;
}

/** Measures all of them, each for `seconds`, with files under `directory`. */
export async function rawBaselines(directory: string, seconds: number): Promise<Baseline[]> {
  return [
    fdatasyncLatency(directory, seconds),
    jsonParse(seconds),
    await loopbackHttp2(seconds),
    ...(await generatorAlone(seconds)),
  ];
}

/** The baselines as a Markdown table. */
export function baselineTable(baselines: readonly Baseline[]): string {
  return ["| baseline | figure |", "|---|---|", ...baselines.map(({ what, figure }) => `| ${what} | ${figure} |`)].join(
    "\n",
  );
}

function fdatasyncLatency(directory: string, seconds: number): Baseline {
  const temporary = mkdtempSync(join(directory, "millrace-fdatasync-"));
  const file = openSync(join(temporary, "data"), "w");
  const histogram = new LatencyHistogram();
  const block = Buffer.alloc(SYNC_BLOCK_BYTES, 1);
  const beginMs = performance.now();
  let bytes = 0;
  while (performance.now() - beginMs < seconds * 1000) {
    const startMs = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    histogram.record(performance.now() - startMs);
    bytes += block.length;
  }
  const rate = bytes / 1e3 / (performance.now() - beginMs);
  closeSync(file);
  rmSync(temporary, { recursive: true });
  const { p50Ms, p99Ms } = histogram.summary();
  return {
    what: "append 256 KiB, fdatasync, one at a time",
    figure: `${rate.toFixed(0)} MB/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
  };
}

function jsonParse(seconds: number): Baseline {
  const body = Buffer.from(requestBody("stream"));
  const beginMs = performance.now();
  let [bytes, checked] = [0, 0];
  while (performance.now() - beginMs < seconds * 1000) {
    const { Records } = JSON.parse(body.toString()) as { Records: { Data: string }[] };
    for (const { Data } of Records) checked += Buffer.from(Data, "base64").length;
    bytes += BODY_DATA_BYTES;
  }
  const milliseconds = performance.now() - beginMs;
  if (checked !== bytes) throw new Error("the parsed bodies do not hold what was put in");
  return {
    what: "JSON.parse and base64 of PutRecords bodies, one core",
    figure: `${(bytes / 1e3 / milliseconds).toFixed(0)} MB/s of record data`,
  };
}

/** gRPC is HTTP/2 with framing; what HTTP/2 cannot carry, it cannot. */
async function loopbackHttp2(seconds: number): Promise<Baseline> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.on("data", () => undefined);
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const message = Buffer.alloc(MESSAGE_BYTES, 1);
  const beginMs = performance.now();
  let bytes = 0;
  const sendOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":method": "POST", ":path": "/" });
      stream.on("error", reject);
      stream.on("close", resolve);
      stream.resume();
      stream.end(message);
    });
  await Promise.all(
    Array.from({ length: MESSAGES_IN_FLIGHT }, async () => {
      while (performance.now() - beginMs < seconds * 1000) {
        await sendOne();
        bytes += MESSAGE_BYTES;
      }
    }),
  );
  const milliseconds = performance.now() - beginMs;
  session.destroy();
  server.close();
  return {
    what: "HTTP/2 over loopback, client and server in one process, 256 KiB messages",
    figure: `${(bytes / 1e3 / milliseconds).toFixed(0)} MB/s`,
  };
}

/** The generator against a server that reads and answers and does nothing else. */
async function generatorAlone(seconds: number): Promise<Baseline[]> {
  const program = fileURLToPath(new URL("./sink-server.js", import.meta.url));
  const server = await startChildServer([program], (line) => /^\d+$/.test(line));
  const processes = [{ name: "sink", pid: server.pid }];
  const target = { name: "sink", port: Number(server.line), processes, fanOut: false, stop: server.stop };
  const times = { warmUpMs: 500, measureMs: seconds * 1000 };
  try {
    const large = await putRecords(target, "stream", times);
    const small = await putRecord(target, "stream", times);
    return [
      {
        what: "generator alone, PutRecords 500 × 1 KiB",
        figure: `${megabytesPerSecond(large).toFixed(0)} MB/s of record data`,
      },
      {
        what: "generator alone, PutRecord 100 B",
        figure: `${Math.round(small.records / small.seconds).toLocaleString("en-US")} puts/s`,
      },
    ];
  } finally {
    await server.stop();
  }
}
