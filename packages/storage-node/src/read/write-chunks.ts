/** Writes a generator's chunks to a gRPC stream at the pace the reader takes them: one chunk is on its way at a time. */
import type { ReadChunk, ServerWritableStream } from "@millrace/rpc";

/** Ends the call when the generator does; returns it (its `finally` runs) when the caller has gone. */
export async function writeChunks<Request>(
  call: ServerWritableStream<Request, ReadChunk>,
  chunks: AsyncGenerator<ReadChunk>,
  gone: AbortController,
): Promise<void> {
  let proceed: (() => void) | undefined;
  const leave = (): void => {
    gone.abort();
    proceed?.();
  };
  call.on("cancelled", leave);
  call.on("error", leave);
  call.on("close", leave);
  for await (const chunk of chunks) {
    if (gone.signal.aborted) break;
    await new Promise<void>((resolve) => {
      proceed = resolve;
      call.write(chunk, () => resolve());
    });
  }
  if (!gone.signal.aborted) call.end();
}
