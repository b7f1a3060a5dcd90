/** What tests ask of a storage node, over real gRPC: encoded appends, whole reads. */
import { crc32 } from "@millrace/base";
import { decodeFrames, frameKind, frameRecords, recordAt, recordBytes } from "@millrace/model";
import { storageClient, type AppendResult__Output, type AppendResultBatch__Output } from "@millrace/rpc";
import type {
  LocateReply__Output,
  LocateRequest,
  ReadChunk__Output,
  ReadRequest,
  SubscribeRequest,
} from "@millrace/rpc";

/** Encodes `texts` as records with key `k`. */
export function encodeRecords(texts: readonly string[]): { records: Buffer; userBytes: number } {
  const parts = texts.map((text) => {
    const data = Buffer.from(text);
    const bytes = Buffer.alloc(recordBytes(1, data.length, false));
    bytes.writeUInt32BE(data.length, 0);
    bytes.writeUInt16BE(1, 4);
    bytes.write("k", 7);
    data.copy(bytes, 8);
    return bytes;
  });
  return {
    records: Buffer.concat(parts),
    userBytes: texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text), 0),
  };
}

/** One read's chunks put together. */
export interface WholeRead {
  readonly texts: string[];
  readonly last: ReadChunk__Output;
}

/** See the file comment. */
export class SmallGateway {
  readonly #client: ReturnType<typeof storageClient>;
  readonly #waiting = new Map<number, (result: AppendResult__Output) => void>();
  readonly #stream: ReturnType<ReturnType<typeof storageClient>["append"]>;
  #correlation = 0;

  constructor(address: string) {
    this.#client = storageClient(address);
    this.#stream = this.#client.append();
    this.#stream.on("data", (batch: AppendResultBatch__Output) => {
      for (const result of batch.results) {
        this.#waiting.get(result.correlation)?.(result);
        this.#waiting.delete(result.correlation);
      }
    });
    this.#stream.on("error", () => {
      for (const fail of this.#waiting.values()) fail({ ...gone });
      this.#waiting.clear();
    });
  }

  append(shardUid: number, texts: readonly string[], id = "", damage = 0): Promise<AppendResult__Output> {
    const { records, userBytes } = encodeRecords(texts);
    const correlation = (this.#correlation += 1);
    const recordsCrc = (crc32(records) ^ damage) >>> 0;
    const appendId = Buffer.from(id === "" ? "" : id.padEnd(32, "0"), "hex");
    const append = { correlation, shardUid, recordCount: texts.length, userBytes, recordsCrc, appendId, records };
    return new Promise((resolve) => {
      this.#waiting.set(correlation, resolve);
      this.#stream.write({ appends: [append] });
    });
  }

  read(request: ReadRequest): Promise<WholeRead> {
    return new Promise((resolve, reject) => {
      const texts: string[] = [];
      const call = this.#client.read({ maxRecords: 10_000, maxBytes: 10 * 1024 * 1024, ...request });
      call.on("data", (chunk: ReadChunk__Output) => {
        texts.push(...textsOf(chunk));
        if (chunk.last) resolve({ texts, last: chunk });
      });
      call.on("error", reject);
    });
  }

  /** Calls `onChunk` for every chunk; the answer cancels. */
  subscribe(request: SubscribeRequest, onChunk: (chunk: ReadChunk__Output) => void): () => void {
    const call = this.#client.subscribe(request);
    call.on("data", onChunk);
    call.on("error", () => undefined);
    return () => call.cancel();
  }

  locate(request: LocateRequest): Promise<LocateReply__Output> {
    return new Promise((resolve, reject) => {
      this.#client.locate(request, (error, reply) => (error || !reply ? reject(error) : resolve(reply)));
    });
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}

const gone: AppendResult__Output = {
  correlation: 0,
  status: "NO_QUORUM",
  baseOffset: 0,
  acceptedCount: 0,
  arrivalMs: 0,
  leaderHint: "",
};

/** The data of the records a chunk delivers. */
export function textsOf(chunk: ReadChunk__Output): string[] {
  const texts: string[] = [];
  for (const frame of decodeFrames(chunk.frames) ?? []) {
    if (frame.header.kind !== frameKind.records) continue;
    const body = frameRecords(frame);
    let position = 0;
    for (let index = 0; index < frame.header.recordCount; index += 1) {
      const span = recordAt(body, position);
      if (span === undefined) break;
      position = span.end;
      const offset = frame.header.baseOffset + index;
      if (offset < chunk.firstOffset || offset >= chunk.firstOffset + chunk.recordCount) continue;
      texts.push(body.toString("utf8", span.dataStart, span.end));
    }
  }
  return texts;
}
