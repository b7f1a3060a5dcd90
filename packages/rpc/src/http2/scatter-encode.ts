/**
 * Protobuf without copying records: what the generated serializer writes of a message, with its large byte fields beside it as
 * they are. It rests on two properties of the encoding: fields may come in any order, and messages written one after the
 * other are one message with the elements of both.
 */
import type { MessageParts } from "./message-codec.ts";

/** Byte fields from this size on are worth a part of their own. */
const LARGE_BYTES_MIN = 4096;
const EMPTY = Buffer.alloc(0);

type Message = Readonly<Record<string, unknown>>;
type Serialize = (message: object) => Buffer;

/** A byte field of a message, or of the elements of its repeated field `list`. Tags: field number × 8 + 2, as varints. */
export interface LargeField {
  readonly list?: { readonly name: string; readonly tag: number };
  readonly name: string;
  readonly tag: number;
}

/** An encoder for messages whose large bytes are in `field`. */
export function scatterEncoder(serialize: Serialize, field: LargeField): (message: object) => MessageParts {
  const { list } = field;
  if (list !== undefined) return (message) => encodeList(serialize, message as Message, field, list);
  return (message) => {
    const bytes = largeBytes(message as Message, field.name);
    if (bytes === undefined) return [serialize(message)];
    return [serialize({ ...message, [field.name]: EMPTY }), lengthDelimited(field.tag, bytes.length), bytes];
  };
}

function encodeList(
  serialize: Serialize,
  message: Message,
  field: LargeField,
  list: { readonly name: string; readonly tag: number },
): MessageParts {
  const elements = (message[list.name] ?? []) as readonly Message[];
  if (!elements.some((element) => largeBytes(element, field.name) !== undefined)) return [serialize(message)];
  const parts: Buffer[] = [];
  let small: Message[] = [];
  const flush = (): void => {
    if (small.length > 0) parts.push(serialize({ [list.name]: small }));
    small = [];
  };
  const others = { ...message, [list.name]: [] };
  parts.push(serialize(others));
  for (const element of elements) {
    const bytes = largeBytes(element, field.name);
    if (bytes === undefined) {
      small.push(element);
      continue;
    }
    flush();
    const rest = withoutHead(serialize({ [list.name]: [{ ...element, [field.name]: EMPTY }] }), list.tag);
    const head = lengthDelimited(field.tag, bytes.length);
    parts.push(lengthDelimited(list.tag, rest.length + head.length + bytes.length), rest, head, bytes);
  }
  flush();
  return parts;
}

function largeBytes(message: Message, name: string): Buffer | undefined {
  const bytes = message[name];
  return Buffer.isBuffer(bytes) && bytes.length >= LARGE_BYTES_MIN ? bytes : undefined;
}

/** Tag and length of a field. */
function lengthDelimited(tag: number, length: number): Buffer {
  return Buffer.from([...varint(tag), ...varint(length)]);
}

/** The only element of a serialized list, without the tag and length before it. */
function withoutHead(bytes: Buffer, tag: number): Buffer {
  let position = varint(tag).length;
  while ((bytes[position] ?? 0) >= 0x80) position += 1;
  return bytes.subarray(position + 1);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}
