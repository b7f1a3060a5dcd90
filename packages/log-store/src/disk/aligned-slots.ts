/**
 * A few pieces of memory whose addresses are multiples of a disk block: what direct reads and writes need and Node's buffers
 * do not give. WebAssembly memory begins at a page of 64 KiB by its specification.
 *
 * Limit: {@link SLOTS}. Policy when all are in use: `take` answers undefined, and the caller goes through the page cache.
 */

/** Positions, lengths and addresses of direct reads and writes are multiples of this: no disk's blocks are larger. */
export const BLOCK_BYTES = 4096;
/** One direct read or write is at most this large. */
export const SLOT_BYTES: number = 1024 * 1024;
const SLOTS = 6;
const WASM_PAGE_BYTES = 65_536;

/** The part of the language's WebAssembly that is used here; Node's types leave it to those of browsers. */
declare const WebAssembly: { readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer } };

let free: Buffer[] | undefined;

/** A slot of {@link SLOT_BYTES}; give it back with {@link returnSlot}. */
export function takeSlot(): Buffer | undefined {
  free ??= allSlots();
  return free.pop();
}

/** `slot` is used no more. */
export function returnSlot(slot: Buffer): void {
  free?.push(slot);
}

function allSlots(): Buffer[] {
  const memory = new WebAssembly.Memory({ initial: (SLOTS * SLOT_BYTES) / WASM_PAGE_BYTES });
  return Array.from({ length: SLOTS }, (_, index) => Buffer.from(memory.buffer, index * SLOT_BYTES, SLOT_BYTES));
}
