/** A line a second on standard error while something long runs, and a last one that sums it up. */
const INTERVAL_MS = 1_000;
const BYTES_PER_MB = 1_000_000;

/** Totals so far, and anything else worth saying. */
export interface ProgressCounts {
  readonly records: number;
  readonly bytes: number;
  readonly note: string;
}

/** A running report. */
export interface Progress {
  /** Stops and prints the summary: totals and mean rates since the start. */
  finish(): void;
}

/** Reports what `read` answers. `verb` is the past tense: "put", "read". Nothing is written when `quiet`. */
export function reportProgress(verb: string, quiet: boolean, read: () => ProgressCounts): Progress {
  const startMs = performance.now();
  let lastMs = startMs;
  let last = read();
  const overwrite = process.stderr.isTTY ? "\r\u001B[K" : "";
  const timer = setInterval(() => {
    const now = read();
    const nowMs = performance.now();
    // Nothing new is not worth a line, but on a terminal the line in place goes down to its zero rate.
    if (overwrite === "" && now.records === last.records && now.note === last.note) {
      lastMs = nowMs;
      return;
    }
    const line = `${verb} ${describe(now, now.records - last.records, now.bytes - last.bytes, nowMs - lastMs)}`;
    if (!quiet) process.stderr.write(overwrite === "" ? `${line}\n` : overwrite + line);
    last = now;
    lastMs = nowMs;
  }, INTERVAL_MS);
  timer.unref();
  return {
    finish() {
      clearInterval(timer);
      const total = read();
      const line = describe(total, total.records, total.bytes, performance.now() - startMs);
      if (!quiet) process.stderr.write(`${overwrite}${verb} in all ${line}\n`);
    },
  };
}

function describe(total: ProgressCounts, records: number, bytes: number, elapsedMs: number): string {
  const perSecond = (count: number): number => count / (Math.max(elapsedMs, 1) / 1000);
  const rate = `${Math.round(perSecond(records)).toLocaleString("en-US")} records/s, ${(perSecond(bytes) / BYTES_PER_MB).toFixed(2)} MB/s`;
  return `${total.records.toLocaleString("en-US")} ${total.records === 1 ? "record" : "records"} (${rate})${total.note === "" ? "" : `, ${total.note}`}`;
}
