/** The one seam for randomness. The real one is `realRandom`; the simulator seeds its own. */
export interface Random {
  /** `count` random bytes, fit for keys and nonces in the real implementation. */
  bytes(count: number): Uint8Array;
  /** A random UUID (version 4) in its 36-character form. */
  uuid(): string;
  /** A float in [0, 1). */
  float(): number;
}
