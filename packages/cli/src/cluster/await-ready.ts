/** A process that has started may still be looking for the others: its health says when it serves. */
import { ServiceError } from "@millrace/base";

const POLL_MS = 20;
const PROBE_TIMEOUT_MS = 1_000;

/** Resolves when every admin endpoint (by process name) answers ready. Errors: DEADLINE with what is still missing. */
export async function awaitReady(adminEndpoints: Readonly<Record<string, string>>, timeoutMs: number): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  await Promise.all(
    Object.entries(adminEndpoints).map(async ([name, endpoint]) => {
      for (let why = await unready(endpoint); why !== undefined; why = await unready(endpoint)) {
        if (performance.now() > giveUpMs) throw new ServiceError("DEADLINE", `${name} is not ready: ${why}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }),
  );
}

async function unready(endpoint: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${endpoint}/health/ready`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return answer.ok ? undefined : await answer.text();
  } catch (error) {
    return (error as Error).message;
  }
}
