/** DescribeAccountSettings: the minimum throughput commitment. */
import { accountOf, describeCommitment } from "./account-commitment.ts";
import type { ControlOperation } from "./control-operation.ts";
import { changeNothing } from "./stream-change.ts";

/** See the file comment. */
export const describeAccountSettings: ControlOperation<object> = (state, _input, context) =>
  changeNothing({ MinimumThroughputBillingCommitment: describeCommitment(accountOf(state, context)) });
