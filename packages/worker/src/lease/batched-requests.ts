/**
 * Requests that travel together: those of one turn in one batch, and while a batch is on its way the next one gathers. Bounded by
 * its callers, who each wait for their answer.
 */
export class BatchedRequests<Item, Answer> {
  readonly #send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #countMax: number;
  #waiting: { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];
  #sending = false;

  /** `send` answers in the order of its items. A batch holds at most `countMax`. */
  constructor(countMax: number, send: (items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#countMax = countMax;
    this.#send = send;
  }

  /** The answer to `item`. Errors: those of its batch. */
  push(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#sending) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    // The rest of this turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#countMax);
      try {
        const answers = await this.#send(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, index) => resolve(answers[index] as Answer));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#sending = false;
  }
}
