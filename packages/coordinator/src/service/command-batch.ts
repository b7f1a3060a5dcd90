/** Epoch commands of one turn, gathered per node and per kind, so that a failover of many shards is few calls. */
import type { EpochCommand } from "../epoch/epoch-step.ts";

/** A command and the shard it is of. */
export interface ShardCommand<C extends EpochCommand = EpochCommand> {
  readonly shardUid: number;
  readonly command: C;
}

type Kind = EpochCommand["type"];
type Of<K extends Kind> = Extract<EpochCommand, { readonly type: K }>;

/** Commands of one kind for one node, at most this many. */
export const COMMANDS_PER_CALL_MAX: number = 1_000;

/** See the file comment. */
export class CommandBatch {
  readonly #commands: ShardCommand[] = [];

  add(shardUid: number, commands: readonly EpochCommand[]): void {
    for (const command of commands) this.#commands.push({ shardUid, command });
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0;
  }

  /** All commands of a kind, in order. */
  ofKind<K extends Kind>(kind: K): ShardCommand<Of<K>>[] {
    return this.#commands.filter((entry): entry is ShardCommand<Of<K>> => entry.command.type === kind);
  }

  /** Commands of a kind by node, in chunks of at most {@link COMMANDS_PER_CALL_MAX}. */
  byNode<K extends Kind>(
    kind: K,
    nodeOf: (command: Of<K>) => string,
  ): { readonly nodeId: string; readonly entries: ShardCommand<Of<K>>[] }[] {
    const open = new Map<string, { readonly nodeId: string; readonly entries: ShardCommand<Of<K>>[] }>();
    const chunks: { readonly nodeId: string; readonly entries: ShardCommand<Of<K>>[] }[] = [];
    for (const entry of this.ofKind(kind)) {
      const nodeId = nodeOf(entry.command);
      let chunk = open.get(nodeId);
      if (chunk === undefined || chunk.entries.length >= COMMANDS_PER_CALL_MAX) {
        chunk = { nodeId, entries: [] };
        open.set(nodeId, chunk);
        chunks.push(chunk);
      }
      chunk.entries.push(entry);
    }
    return chunks;
  }
}
