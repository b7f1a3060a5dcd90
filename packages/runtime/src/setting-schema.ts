/** How a value of each kind is checked. The only file that knows zod; it is loaded only when a configuration is read. */
import { z } from "zod";
import type { SettingKind } from "./settings.ts";

const UNIT_BYTES = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const BYTES_PATTERN = /^(\d+)\s*(KiB|MiB|GiB)?$/;

const wholeNumber = z.coerce.number<string | number>().int();

const bytes = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(BYTES_PATTERN, "a size in bytes, or with KiB, MiB or GiB")
    .transform((text) => {
      const [, digits = "", unit = ""] = BYTES_PATTERN.exec(text) ?? [];
      return Number(digits) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
    }),
]);

const list = z.union([
  z.array(z.string().min(1)).min(1),
  z.string().transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  ),
]);

/** A checked value, or why it is not one. */
export type CheckedValue = { readonly value: unknown } | { readonly problem: string };

/** Checks `raw` (from a file: already typed; from flags and environment: text) as a value of `kind`. */
export function checkSetting(kind: SettingKind, raw: unknown): CheckedValue {
  const result = schemaOf(kind).safeParse(raw);
  if (result.success) return { value: result.data };
  return { problem: result.error.issues.map((issue) => issue.message).join("; ") };
}

function schemaOf(kind: SettingKind): z.ZodType {
  switch (kind) {
    case "text":
    case "path":
      return z.string().min(1);
    case "port":
      return wholeNumber.min(0).max(65_535);
    case "count":
      return wholeNumber.min(1);
    case "milliseconds":
      return wholeNumber.min(0);
    case "bytes":
      return bytes;
    case "list":
      return list;
    default:
      return z.enum(kind as [string, ...string[]]);
  }
}
