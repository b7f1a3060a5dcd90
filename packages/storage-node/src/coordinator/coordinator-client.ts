/** Which coordinator this node talks to: the configured ones in turn, the next after each failure. */
import { coordinatorClient } from "@millrace/rpc";

/** A client of the Coordinator service, as made by rpc. */
export type CoordinatorConnection = ReturnType<typeof coordinatorClient>;

/** See the file comment. */
export class CoordinatorChoice {
  readonly #addresses: readonly string[];
  #index = 0;
  #connection: CoordinatorConnection | undefined;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** The connection in use, opened when there is none. */
  current(): CoordinatorConnection {
    this.#connection ??= coordinatorClient(this.#addresses[this.#index % this.#addresses.length] ?? "");
    return this.#connection;
  }

  /** `failed` did not serve: the next call of {@link current} uses another. */
  abandon(failed: CoordinatorConnection): void {
    if (this.#connection !== failed) return;
    this.close();
    this.#index += 1;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}
