/** Compares the copies of one shard: every node reads every frame of its own, and the digests must be the same. */
import { ServiceError } from "@millrace/base";
import type { CopyReport, ShardView } from "@millrace/coordinator";
import { callUnary, replicaControlClient, type DigestLogReply__Output, type DigestLogRequest } from "@millrace/rpc";

/** Reading a stretch of 16 MiB, or all of a shard's frames for the check of the disk, on a busy machine. */
const CALL_TIMEOUT_MS = 300_000;
/** A trim that falls into the comparison moves where it may begin; copies that are behind are given a moment. */
const TRIES_MAX = 20;
const PAUSE_MS = 250;

/** What was compared and what is wrong. */
export interface VerifyReport {
  readonly copies: number;
  readonly frames: number;
  readonly bytes: number;
  readonly faults: readonly string[];
}

type Client = ReturnType<typeof replicaControlClient>;

/** `addressOf` gives where a node is reached. Copies on dead nodes are faults. Never rejects for what a copy says. */
export async function verifyShard(
  shard: ShardView,
  addressOf: (nodeId: string) => string | undefined,
): Promise<VerifyReport> {
  const members = shard.copies.filter((copy) => copy.role !== "learner");
  const clients = new Map(members.map(({ nodeId }) => [nodeId, replicaControlClient(addressOf(nodeId) ?? "")]));
  try {
    return await compare(shard, members, clients);
  } finally {
    for (const client of clients.values()) client.close();
  }
}

async function compare(
  { shardUid, leader }: ShardView,
  members: readonly CopyReport[],
  clients: ReadonlyMap<string, Client>,
): Promise<VerifyReport> {
  const faults = new Map<string, string>();
  let frames = 0;
  let bytes = 0;
  const readable: CopyReport[] = [];
  for (const member of members) {
    const fault = await checkDisk(shardUid, member, clients);
    if (fault === "") readable.push(member);
    else faults.set(member.nodeId, fault);
  }
  const reference = readable.find((member) => member.nodeId === leader) ?? readable[0];
  if (reference !== undefined) {
    const others = readable.filter((member) => member !== reference);
    await compareStretches({ shardUid, reference, others, clients }, (first, found) => {
      frames += first.frameCount;
      bytes += first.byteCount;
      for (const [nodeId, why] of found) faults.set(nodeId, why);
    });
  }
  return { copies: members.length, frames, bytes, faults: [...faults].map(([nodeId, why]) => `${nodeId}: ${why}`) };
}

interface Comparison {
  readonly shardUid: number;
  readonly reference: CopyReport;
  readonly others: readonly CopyReport[];
  readonly clients: ReadonlyMap<string, Client>;
}

/** `onStretch` gets what the reference said and what is wrong, by node, of one stretch after another. */
async function compareStretches(
  { shardUid, reference, others, clients }: Comparison,
  onStretch: (first: DigestLogReply__Output, faults: ReadonlyMap<string, string>) => void,
): Promise<void> {
  let fromOffset = 0;
  let tries = 0;
  // The end is where it was when the comparison began: a busy shard would otherwise never be done.
  let endOffset = Infinity;
  while (fromOffset < endOffset) {
    const first = await digest(clients, reference, { shardUid, fromOffset, toOffset: 0 });
    if (!first.ok) return onStretch(first, new Map([[reference.nodeId, first.why]]));
    if (endOffset === Infinity) endOffset = first.commitOffset;
    if (first.frameCount === 0) return;
    const stretch = { shardUid, fromOffset: Math.max(fromOffset, first.logStart), toOffset: first.nextOffset };
    const answers = await Promise.all(others.map((member) => digest(clients, member, stretch)));
    tries += 1;
    if (tries < TRIES_MAX && answers.some(({ why }) => why === "TRIMMED" || why === "SHORT")) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      continue;
    }
    onStretch(first, faultsOf(first, others, answers));
    fromOffset = first.nextOffset;
    tries = 0;
  }
}

function faultsOf(
  first: DigestLogReply__Output,
  others: readonly CopyReport[],
  answers: readonly DigestLogReply__Output[],
): Map<string, string> {
  const faults = new Map<string, string>();
  answers.forEach(({ ok, why, sha256 }, index) => {
    const nodeId = others[index]?.nodeId ?? "";
    if (!ok) faults.set(nodeId, why);
    else if (sha256 !== first.sha256) faults.set(nodeId, `differs from the leader before offset ${first.nextOffset}`);
  });
  return faults;
}

async function checkDisk(shardUid: number, member: CopyReport, clients: ReadonlyMap<string, Client>): Promise<string> {
  const answer = await digest(clients, member, { shardUid, fromOffset: 0, toOffset: 1, checkDisk: true });
  // Only the check of the disk was asked for; whether offset 0 is still there says nothing.
  const isBound = answer.why === "TRIMMED" || answer.why === "SHORT" || answer.why === "";
  if (!isBound) return answer.why;
  const { damagedOffsets } = answer;
  return damagedOffsets.length === 0 ? "" : `damaged at offsets ${damagedOffsets.slice(0, 5).join(", ")}`;
}

async function digest(
  clients: ReadonlyMap<string, Client>,
  { nodeId, replicaUuid }: CopyReport,
  asked: DigestLogRequest,
): Promise<DigestLogReply__Output> {
  const client = clients.get(nodeId);
  try {
    if (client === undefined) throw new ServiceError("UNAVAILABLE", "not reached");
    return await callUnary<DigestLogRequest, DigestLogReply__Output>(
      (request, options, done) => client.digestLog(request, options, done),
      { ...asked, replicaUuid },
      CALL_TIMEOUT_MS,
    );
  } catch (thrown) {
    const why = ServiceError.from(thrown).code;
    const nothing = { nextOffset: 0, frameCount: 0, byteCount: 0, sha256: "", logStart: 0, logEnd: 0, commitOffset: 0 };
    return { ok: false, why, ...nothing, damagedOffsets: [] };
  }
}
