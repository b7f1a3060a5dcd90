/** Operators' commands over the wire: one call, on whichever coordinator answers. */
import { ServiceError } from "@millrace/base";
import type { NodeView, Operations } from "@millrace/coordinator";
import { callUnary, coordinatorClient, type OperateReply__Output, type OperateRequest } from "@millrace/rpc";
import type { ClusterAddress } from "./find-coordinator.ts";

const CALL_TIMEOUT_MS = 10_000;

/** Carries one operation out. Errors: USAGE with the coordinator's reason, UNAVAILABLE when none answers. */
export async function callCoordinator<O extends keyof Operations>(
  cluster: ClusterAddress,
  operation: O,
  input: Operations[O]["input"],
): Promise<Operations[O]["output"]> {
  let failure = new ServiceError("UNAVAILABLE", "no coordinator is known");
  for (const address of cluster.coordinators) {
    const client = coordinatorClient(address);
    try {
      const reply = await callUnary<OperateRequest, OperateReply__Output>(
        (request, options, done) => client.operate(request, options, done),
        { operation, inputJson: Buffer.from(JSON.stringify(input)) },
        CALL_TIMEOUT_MS,
      );
      return JSON.parse(reply.outputJson.toString()) as Operations[O]["output"];
    } catch (thrown) {
      failure = asAnswer(ServiceError.from(thrown), address, cluster.startWith);
      if (failure.code === "USAGE" || failure.code === "CONFLICT") throw failure;
    } finally {
      client.close();
    }
  }
  throw failure;
}

/** A refusal travels as text that begins with its code. */
function asAnswer(error: ServiceError, address: string, startWith: string | undefined): ServiceError {
  const [, code, why = ""] = /(?:^|: )(USAGE|CONFLICT): ([\s\S]*)$/.exec(error.message) ?? [];
  if (code === "USAGE" || code === "CONFLICT") return new ServiceError(code, why, { cause: error });
  if (error.code !== "UNAVAILABLE" && error.code !== "DEADLINE") return error;
  const next = startWith === undefined ? "" : `; if it does not run, start it: ${startWith}`;
  return new ServiceError("UNAVAILABLE", `the coordinator at ${address} does not answer${next}`, { cause: error });
}

/** The node that `text` names: its name in `millrace up`, its address, its id, or how only its id begins. */
export function findNode(cluster: ClusterAddress, nodes: readonly NodeView[], text: string): NodeView {
  const named = nodes.filter(
    ({ nodeId, address }) =>
      nodeId === text ||
      address === text ||
      cluster.names.get(address) === text ||
      cluster.namesById.get(nodeId) === text,
  );
  const alive = named.filter((node) => node.alive);
  // A machine that came back with an empty disk has the address of the node it was.
  const exact = named.length > 1 && alive.length === 1 ? alive : named;
  const found = exact.length > 0 ? exact : nodes.filter(({ nodeId }) => text.length >= 4 && nodeId.startsWith(text));
  const [node] = found;
  if (node === undefined) {
    const known = nodes.map(({ nodeId }) => nameOf(cluster, nodes, nodeId)).toSorted();
    throw new ServiceError("USAGE", `there is no node ${text}; there are ${known.join(", ") || "none yet"}`);
  }
  if (found.length > 1) {
    throw new ServiceError("USAGE", `${text} means several nodes: ${found.map(({ nodeId }) => nodeId).join(", ")}`);
  }
  return node;
}

/** `text` with names in the place of node ids, as far as nodes have names here. */
export function withNames(cluster: ClusterAddress, nodes: readonly NodeView[], text: string): string {
  return nodes.reduce((named, { nodeId }) => {
    const name = nameOf(cluster, nodes, nodeId);
    return nodeId.startsWith(name) ? named : named.replaceAll(new RegExp(`(node )?${nodeId}`, "g"), name);
  }, text);
}

/** Carries an operation out, with names in what its refusal says. */
export async function callWithNames<O extends keyof Operations>(
  cluster: ClusterAddress,
  nodes: readonly NodeView[],
  operation: O,
  input: Operations[O]["input"],
): Promise<Operations[O]["output"]> {
  try {
    return await callCoordinator(cluster, operation, input);
  } catch (thrown) {
    const error = ServiceError.from(thrown);
    const why = error.reason;
    throw new ServiceError(error.code, withNames(cluster, nodes, why), { cause: error });
  }
}

/** What to call a node on the screen. */
export function nameOf(cluster: ClusterAddress, nodes: readonly NodeView[], nodeId: string): string {
  const node = nodes.find((each) => each.nodeId === nodeId);
  return (node === undefined ? undefined : knownName(cluster, node)) ?? nodeId.slice(0, 8);
}

/** A node as `--json` prints it: with its name where it has one here. */
export function namedNode(cluster: ClusterAddress, node: NodeView): NodeView & { readonly name?: string } {
  const name = knownName(cluster, node);
  return name === undefined ? node : { name, ...node };
}

function knownName(cluster: ClusterAddress, { nodeId, address, alive }: NodeView): string | undefined {
  return cluster.namesById.get(nodeId) ?? (alive ? cluster.names.get(address) : undefined);
}
