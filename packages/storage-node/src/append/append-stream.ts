/** One gateway's append stream: batches in, results of an event-loop turn out in one message. */
import type {
  Append__Output,
  AppendBatch__Output,
  AppendResult,
  AppendResultBatch,
  ServerDuplexStream,
} from "@millrace/rpc";
import type { AppendReply } from "./append-outcome.ts";

/** Appends of one stream not yet answered or whose answer the gateway has not taken: reading pauses above it. */
const OUTSTANDING_MAX = 20_000;
const RESULTS_PER_MESSAGE_MAX = 4096;

type Call = ServerDuplexStream<AppendBatch__Output, AppendResultBatch>;

/** Serves `call` until either side ends it. */
export function serveAppendStream(call: Call, append: (append: Append__Output, reply: AppendReply) => void): void {
  let results: AppendResult[] = [];
  let outstanding = 0;
  let scheduled = false;
  let blocked = false;
  let ended = false;
  let closed = false;

  call.on("data", (batch: AppendBatch__Output) => {
    outstanding += batch.appends.length;
    for (const one of batch.appends) {
      const { correlation } = one;
      append(one, (outcome) => {
        if (closed) return;
        results.push({ correlation, ...outcome });
        schedule();
      });
    }
    if (outstanding > OUTSTANDING_MAX) call.pause();
  });
  call.on("end", () => {
    ended = true;
    schedule();
  });
  call.on("drain", () => {
    blocked = false;
    schedule();
  });
  call.on("error", stop);
  call.on("cancelled", stop);

  function stop(): void {
    closed = true;
    results = [];
  }
  function schedule(): void {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(flush);
  }
  function flush(): void {
    scheduled = false;
    while (results.length > 0 && !blocked) {
      const part = results.length <= RESULTS_PER_MESSAGE_MAX ? results : results.slice(0, RESULTS_PER_MESSAGE_MAX);
      results = part === results ? [] : results.slice(RESULTS_PER_MESSAGE_MAX);
      outstanding -= part.length;
      blocked = !call.write({ results: part });
    }
    if (outstanding <= OUTSTANDING_MAX / 2 && call.isPaused()) call.resume();
    if (ended && outstanding === 0 && !closed) {
      closed = true;
      call.end();
    }
  }
}
