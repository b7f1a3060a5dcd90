/** A producer as the end of a Node pipeline, with Node's own back-pressure. */
import { Writable } from "node:stream";
import type { ProducerRecord } from "./producer-record.ts";
import type { Producer } from "./producer.ts";
import type { ProducerError } from "./producer-error.ts";

/** What a writable does with records that cannot be put. */
export interface ProducerWritableOptions {
  /** Called for every record that failed; the stream goes on. Without it the first failure destroys the stream. */
  readonly onFailure?: (error: ProducerError, record: ProducerRecord) => void;
}

/**
 * An object-mode stream of {@link ProducerRecord}s. A write completes once the producer has room for more, and the stream
 * finishes when everything written is stored. The producer stays open.
 */
export function producerWritable(producer: Producer, options: ProducerWritableOptions = {}): Writable {
  const { onFailure } = options;
  const put = (record: ProducerRecord): void => {
    producer.put(record).catch((error: unknown) => {
      if (onFailure === undefined) writable.destroy(error as ProducerError);
      else onFailure(error as ProducerError, record);
    });
  };
  const writeAll = async (records: readonly ProducerRecord[], done: (error?: Error | null) => void): Promise<void> => {
    for (const record of records) {
      // Only where there is none: a turn of the event loop for each record would cost more than the put.
      if (!producer.hasRoom) await producer.ready();
      put(record);
    }
    done();
  };
  const writable = new Writable({
    objectMode: true,
    write: (record: ProducerRecord, _encoding, done) => void writeAll([record], done),
    writev: (chunks, done) =>
      void writeAll(
        chunks.map(({ chunk }) => chunk as ProducerRecord),
        done,
      ),
    final: (done) => {
      producer.flush().then(() => done(), done);
    },
  });
  return writable;
}
