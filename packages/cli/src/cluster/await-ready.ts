/** A process that has started may still be looking for the others: its health says when it serves. */
import { ServiceError } from "@millrace/base";

const POLL_MS = 20;
const PROBE_TIMEOUT_MS = 1_000;

/**
 * Resolves when every admin endpoint (by process name) answers ready, or its process `isGone` and is no longer waited for.
 * Errors: DEADLINE with what is still missing.
 */
export async function awaitReady(
  adminEndpoints: Readonly<Record<string, string>>,
  timeoutMs: number,
  isGone: (name: string) => boolean = () => false,
): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  await Promise.all(
    Object.entries(adminEndpoints).map(async ([name, endpoint]) => {
      for (let why = await unready(endpoint); why !== undefined; why = await unready(endpoint)) {
        if (isGone(name)) return;
        if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", `${name} is not ready: ${why}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }),
  );
}

async function unready(endpoint: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${endpoint}/health/ready`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return answer.ok ? undefined : reason(await answer.text());
  } catch (error) {
    return (error as Error).message;
  }
}

/** What the health says in words, of `{"ok":false,"why":"…"}`. */
function reason(body: string): string {
  try {
    const { why } = JSON.parse(body) as { why?: unknown };
    return typeof why === "string" ? why : "it gives no reason";
  } catch {
    // Not an answer of ours: whoever serves there is quoted.
    return body;
  }
}
