/**
 * Makes a shared library of Linux look for its symbols in itself before it looks in the program that loads it (DT_SYMBOLIC of
 * the System V ABI, chapter 5: one more entry of its dynamic section). Pure: bytes in, bytes out.
 */
const ELF_64_LITTLE_ENDIAN = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const PROGRAM_HEADER_DYNAMIC = 2;
const ENTRY_BYTES = 16;
const DT_NULL = 0n;
const DT_SYMBOLIC = 16n;

/** A copy of `library` with that entry; undefined when it is no 64-bit little-endian library or has no room for one. */
export function withOwnSymbolsFirst(library: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(library);
  const dynamic = dynamicSection(bytes);
  if (dynamic === undefined) return undefined;
  // The section ends with DT_NULL, and linkers leave several: the first of at least two is free.
  for (let at = dynamic.from; at + 2 * ENTRY_BYTES <= dynamic.to; at += ENTRY_BYTES) {
    const tag = bytes.readBigUInt64LE(at);
    if (tag === DT_SYMBOLIC) return bytes;
    if (tag !== DT_NULL) continue;
    bytes.writeBigUInt64LE(DT_SYMBOLIC, at);
    return bytes;
  }
  return undefined;
}

function dynamicSection(bytes: Buffer): { readonly from: number; readonly to: number } | undefined {
  if (bytes.length < 64 || !bytes.subarray(0, 6).equals(ELF_64_LITTLE_ENDIAN)) return undefined;
  const headersAt = Number(bytes.readBigUInt64LE(32));
  const headerBytes = bytes.readUInt16LE(54);
  for (let index = 0; index < bytes.readUInt16LE(56); index += 1) {
    const at = headersAt + index * headerBytes;
    if (at + 56 > bytes.length) return undefined;
    if (bytes.readUInt32LE(at) !== PROGRAM_HEADER_DYNAMIC) continue;
    const from = Number(bytes.readBigUInt64LE(at + 8));
    const to = from + Number(bytes.readBigUInt64LE(at + 32));
    return to <= bytes.length ? { from, to } : undefined;
  }
  return undefined;
}
