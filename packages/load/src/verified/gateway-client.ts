/** Calls that expect gateways to die, hang and lie: every call has a deadline, and each failure moves on to the next gateway. */
import { RawConnection, type RawAnswer } from "../http/raw-connection.ts";
import { encodeRequest } from "../http/raw-request.ts";

const CALL_TIMEOUT_MS = 8_000;

/** An answer; status 0 when there was none, which says nothing about what was done. */
export interface CallAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const NO_ANSWER: CallAnswer = { status: 0, body: {} };

/** One call at a time. */
export class GatewayClient {
  readonly #ports: readonly number[];
  #turn: number;
  #connection: RawConnection | undefined;

  /** `ports` on loopback; `first` says with which of them to begin. */
  constructor(ports: readonly number[], first = 0) {
    this.#ports = ports;
    this.#turn = first;
  }

  /** Never throws. The same `invocationId` marks a repeat of the same request. */
  async call(operation: string, input: object | string, invocationId?: string): Promise<CallAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), CALL_TIMEOUT_MS);
    });
    try {
      const answer = await Promise.race([this.#send(encodeRequest(operation, input, invocationId)), timeout]);
      if (answer === undefined) return this.#moveOn();
      const body = parsed(answer.body);
      // A gateway that refuses for its own reasons may be the only one that does.
      if (answer.status >= 500) this.#moveOn();
      return { status: answer.status, body };
    } catch {
      // Refused or broken: the answer is that there is none.
      return this.#moveOn();
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #send(request: Buffer): Promise<RawAnswer> {
    this.#connection ??= await RawConnection.open(this.#ports[this.#turn % this.#ports.length] ?? 0);
    return this.#connection.send(request);
  }

  #moveOn(): CallAnswer {
    this.close();
    this.#turn += 1;
    return NO_ANSWER;
  }
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
  } catch {
    // An empty body is an answer too.
    return {};
  }
}
