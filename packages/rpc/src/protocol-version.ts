/**
 * Versions of what the processes of a cluster say to each other. Every call carries the range its sender speaks in the header
 * `millrace-protocol`, and so does every answer; a range is `<min>-<max>`. A side without the header is of version 1, the only
 * one before there were ranges. What is new in a version is used only once the operator has finalised it for the cluster:
 * see `docs/operations/upgrade.md`, and `docs/formats/wire.md` for what each version brought.
 */
import { ServiceError } from "@millrace/base";

/** Versions that one side speaks, both ends included. */
export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
}

/** Oldest version that this build still speaks: that of the release before. */
export const PROTOCOL_VERSION_MIN = 1;
/** Newest version that this build speaks. */
export const PROTOCOL_VERSION_MAX = 2;

/** Name of the header, lower-case. */
export const PROTOCOL_HEADER = "millrace-protocol";

const firstRange: ProtocolRange = { min: 1, max: 1 };
let spoken: ProtocolRange = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX };
let header: Readonly<Record<string, string>> = headerOf(spoken);

/** What this process speaks. */
export function spokenProtocol(): ProtocolRange {
  return spoken;
}

/**
 * Holds this process down to `max` (null: the newest), so that it says nothing a process of that version would not say. To be
 * called before anything connects. Errors: USAGE when this build does not speak it.
 */
export function speakProtocol(max: number | null): void {
  const wanted = max ?? PROTOCOL_VERSION_MAX;
  if (wanted < PROTOCOL_VERSION_MIN || wanted > PROTOCOL_VERSION_MAX) {
    const range = `${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION_MAX}`;
    throw new ServiceError("USAGE", `protocolVersionMax must be from ${range}, which this build speaks, not ${wanted}`);
  }
  spoken = { min: PROTOCOL_VERSION_MIN, max: wanted };
  header = headerOf(spoken);
}

/** The header of every call and answer of this process; none when it speaks like one that does not know the header. */
export function protocolHeader(): Readonly<Record<string, string>> {
  return header;
}

/** The range as fields of a message; both 0 when this process speaks like one that does not know them. */
export function protocolFields(): { protocolVersionMin: number; protocolVersionMax: number } {
  const { min, max } = spoken.max === firstRange.max ? { min: 0, max: 0 } : spoken;
  return { protocolVersionMin: min, protocolVersionMax: max };
}

/** The range in a message; 0 and 0 come from a process that does not know the fields. */
export function rangeOfFields(fields: {
  readonly protocolVersionMin?: number | undefined;
  readonly protocolVersionMax?: number | undefined;
}): ProtocolRange {
  const { protocolVersionMin: min, protocolVersionMax: max } = fields;
  return min === undefined || max === undefined || max === 0 ? firstRange : { min, max };
}

/** The range in a header. What is no range is taken for a version this build cannot know. */
export function rangeOfHeader(text: string | undefined): ProtocolRange {
  if (text === undefined) return firstRange;
  const [, min, max] = /^(\d{1,6})-(\d{1,6})$/.exec(text) ?? [];
  return { min: Number(min ?? Infinity), max: Number(max ?? Infinity) };
}

/** Why `theirs` and this process cannot talk, naming both ranges; undefined when they can. `who` begins the sentence. */
export function protocolRefusal(who: string, theirs: ProtocolRange): string | undefined {
  if (theirs.min <= spoken.max && theirs.max >= spoken.min) return undefined;
  const theirWords = `${who} speaks protocol versions ${theirs.min} to ${theirs.max}`;
  return `${theirWords}, this process ${spoken.min} to ${spoken.max}: ${UPGRADE_ADVICE}`;
}

/** What to do about versions that do not go together. */
export const UPGRADE_ADVICE = "upgrade the older side, one release after the other (docs/operations/upgrade.md)";

function headerOf({ min, max }: ProtocolRange): Readonly<Record<string, string>> {
  return max === firstRange.max ? {} : { [PROTOCOL_HEADER]: `${min}-${max}` };
}
