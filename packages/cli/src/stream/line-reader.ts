/** Lines of a byte stream, as bytes: nothing is decoded, so nothing is changed. */
import { ServiceError } from "@millrace/base";

const NEWLINE = 0x0a;
/** The largest record of any stream. */
const LINE_BYTES_MAX = 10 * 1024 * 1024;

/** Every line without its line end; a last line without one counts too. Errors: USAGE for a line above 10 MiB. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      yield parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > LINE_BYTES_MAX) throw new ServiceError("USAGE", `a line is longer than ${LINE_BYTES_MAX} bytes`);
  }
  if (bytes > 0) yield Buffer.concat(parts);
}
