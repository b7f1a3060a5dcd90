/** One kind of fault. A seed turns some kinds on, and from then on they strike at random moments. */
export interface Fault {
  readonly name: string;
  /** How often it strikes compared with others. */
  readonly weight: number;
  /** Strikes once and sees to its own end. */
  strike(): void;
  /** Puts right what is still wrong. */
  heal?(): void;
}
