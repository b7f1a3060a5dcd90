/**
 * Who this disk is: `identity.json` with the node id made at the first open and the boot counter, replaced atomically.
 */
import { type Random, ServiceError } from "@millrace/base";
import type { Disk } from "./disk/disk.ts";

/** Identity of a store's directory. */
export interface StoreIdentity {
  readonly nodeId: string;
  readonly boot: number;
}

/** Of the whole directory: a release that writes anything there which the one before cannot read raises it first. */
const FORMAT = 1;

/**
 * The identity with its boot counter grown by one, durable. Rejects with USAGE when the directory is of a newer release, with DAMAGED when
 * the file is unreadable, or missing although there is a journal (`hasJournal`): a new identity over old data would lie about both.
 */
export async function nextIdentity(
  seams: { readonly disk: Disk; readonly random: Random },
  directory: string,
  hasJournal: boolean,
): Promise<StoreIdentity> {
  const { disk, random } = seams;
  const path = `${directory}/identity.json`;
  const names = await disk.list(directory);
  const known = names.includes("identity.json") ? parse(await readWhole(disk, path), path) : undefined;
  if (known === undefined && hasJournal)
    throw new ServiceError("DAMAGED", `${path} is missing but a journal exists: restore it, or empty the directory`);
  const identity = { nodeId: known?.nodeId ?? random.uuid(), boot: (known?.boot ?? 0) + 1 };
  const temporary = `${path}.new`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, "create");
  try {
    await file.write([Buffer.from(`${JSON.stringify({ format: FORMAT, ...identity })}\n`)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDirectory(directory);
  return identity;
}

async function readWhole(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(await file.sizeBytes());
    await file.read(bytes, 0);
    return bytes.toString();
  } finally {
    await file.close();
  }
}

function parse(text: string, path: string): StoreIdentity {
  const { format, nodeId, boot } = members(text);
  if (format === FORMAT && typeof nodeId === "string" && typeof boot === "number") return { nodeId, boot };
  if (typeof format === "number" && format > FORMAT) {
    const what = `${path} is of format ${format}, and this release reads formats up to ${FORMAT}`;
    throw new ServiceError("USAGE", `${what}: start the release that wrote it, or a newer one`);
  }
  throw new ServiceError("DAMAGED", `${path} is not an identity of format ${FORMAT}`);
}

function members(text: string): Readonly<Record<"format" | "nodeId" | "boot", unknown>> {
  const none = { format: undefined, nodeId: undefined, boot: undefined };
  try {
    return { ...none, ...(JSON.parse(text) as object) };
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
    return none;
  }
}
