/** Rules of the protocol that a test can take away from its core, one at a time, to prove that the checks would see it. */

/** See the file comment. Each names the rule that is broken. */
export type CoreMutant =
  /** A write counts as durable when it is only queued. */
  | "acknowledge before sync"
  /** A peer's acknowledgement is taken for granted when the frame was sent. */
  | "acknowledge at one copy"
  /** The coordinator asks how long the logs are and makes nobody promise anything. */
  | "skip the seal"
  /** A log is not cut where the leader's differs. */
  | "skip truncation"
  /** A restarted process cuts its own log to what it knew to be committed. */
  | "truncate to the commit offset"
  /** The promise is not read back after a restart. */
  | "forget the promise on restart"
  /** A restarted leader goes on in its old epoch. */
  | "restore leadership on restart"
  /** The burning of an epoch is not stored: the next coordinator burns it again. */
  | "reuse an epoch"
  /** A changed set is in force before anybody in it has been brought up. */
  | "retire the old set before adoption"
  /** One valid answer to a seal is enough. */
  | "choose from one answer"
  /** Whoever's log is longest leads, whatever epoch it is of. */
  | "choose by length alone"
  /** A replica that may have lost its tail votes like any other. */
  | "count suspects"
  /** A lost tail is not noticed at the start. */
  | "miss a lost tail"
  /** An empty disk answers under the identity of the one it replaced. */
  | "keep the identity of a lost disk"
  /** The leader's own log epoch is not stored. */
  | "leader does not store its epoch"
  /** A peer adopts before its log reaches the leader's start. */
  | "adopt before complete"
  /** Frames of a deposed leader are taken as if they were of the epoch in force. */
  | "accept a lower epoch"
  /** What a learner has stored counts like what a member has. */
  | "count learners"
  /** What a replica has stored counts before it has adopted the epoch. */
  | "count before adoption"
  /** Whoever is told to lead leads, whatever its log has become since it reported it. */
  | "recover another log"
  /** The report of a sealed log is made before what is being written to it is there. The promise keeps that unacknowledged. */
  | "report before earlier writes"
  /** The same, and what is being written is acknowledged in the epoch that is over. */
  | "report before earlier writes and acknowledge them"
  /** A seal is answered first and promised later. */
  | "answer before the promise"
  /** The epoch of the last frame is taken for the epoch that a log has adopted. */
  | "choose by the last frame"
  /** A copy of the adopted epoch that comes late cuts what was stored since. */
  | "cut within an epoch";
