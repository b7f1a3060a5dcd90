/** Values as error messages quote them: in the manner of Java's `toString`. */
import type { Shape } from "./shape.ts";

/** The service quotes whole values; ours are cut here so that an error never costs more memory than this. */
const QUOTED_LENGTH_MAX = 4096;

/** `text`, or its beginning when it is longer than an error should quote. */
export function clipQuoted(text: string): string {
  return text.length <= QUOTED_LENGTH_MAX ? text : text.slice(0, QUOTED_LENGTH_MAX);
}

/** `value` (of `shape`, at `path`) as the service prints it, without the quotes around it, clipped. */
export function renderValue(shape: Shape, value: unknown, path: string): string {
  if (value === undefined) return "null";
  switch (shape.kind) {
    case "list":
      return joined("[", "]", value as readonly unknown[], (item, index) =>
        renderValue(shape.item, item, `${path}.${index + 1}`),
      );
    case "map":
      return joined("{", "}", Object.entries(value as object) as [string, unknown][], ([key, item]) =>
        clipQuoted(`${key}=${renderValue(shape.value, item, `${path}.${key}`)}`),
      );
    case "structure":
      return `com.amazonaws.kinesis.v20131202.${shape.name}@${identityHash(path)}`;
    case "blob": {
      const length = (value as Buffer).length;
      return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
    }
    default:
      return clipQuoted(typeof value === "string" ? value : JSON.stringify(value));
  }
}

function joined<T>(open: string, close: string, items: readonly T[], each: (item: T, index: number) => string): string {
  let text = open;
  for (let index = 0; index < items.length && text.length <= QUOTED_LENGTH_MAX; index += 1) {
    text += `${index > 0 ? ", " : ""}${each(items[index] as T, index)}`;
  }
  return clipQuoted(text + close);
}

/** Java prints an object's identity hash, which means nothing to anyone; ours is a hash of where the object is. */
function identityHash(path: string): string {
  let hash = 0;
  for (let index = 0; index < path.length; index += 1) hash = (Math.imul(hash, 31) + path.charCodeAt(index)) >>> 0;
  return hash.toString(16);
}
