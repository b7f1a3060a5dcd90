/** Writes a generator's chunks to a gRPC stream at the pace the reader takes them: one chunk is on its way at a time. */
import type { ReadChunk, ServerWritableStream } from "@millrace/rpc";

/** Ends the call when the generator does; returns it (its `finally` runs) when the caller has gone. */
export async function writeChunks<Request>(
  call: ServerWritableStream<Request, ReadChunk>,
  chunks: AsyncGenerator<ReadChunk>,
  gone: AbortController,
): Promise<void> {
  const left = new Promise<void>((resolve) => {
    const leave = (): void => {
      gone.abort();
      resolve();
    };
    call.on("cancelled", leave);
    call.on("error", leave);
    call.on("close", leave);
  });
  for await (const chunk of chunks) {
    if (gone.signal.aborted) break;
    const written = new Promise<void>((resolve) => {
      call.write(chunk, () => resolve());
    });
    await Promise.race([written, left]);
  }
  if (!gone.signal.aborted) call.end();
}
