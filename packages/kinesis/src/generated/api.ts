// Written by scripts/generate-kinesis-tables.mjs from the service model. Do not edit.
// Timestamps are epoch milliseconds, blobs Buffers; members are spelt as in the API.

/** The API's AddTagsToStreamInput. */
export interface AddTagsToStreamInput {
  readonly StreamName?: string | undefined;
  readonly Tags: { readonly [key: string]: string };
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's ChildShard. */
export interface ChildShard {
  readonly ShardId: string;
  readonly ParentShards: readonly string[];
  readonly HashKeyRange: HashKeyRange;
}

/** The API's Consumer. */
export interface Consumer {
  readonly ConsumerName: string;
  readonly ConsumerARN: string;
  readonly ConsumerStatus: ConsumerStatus;
  readonly ConsumerCreationTimestamp: number;
}

/** The API's ConsumerDescription. */
export interface ConsumerDescription {
  readonly ConsumerName: string;
  readonly ConsumerARN: string;
  readonly ConsumerStatus: ConsumerStatus;
  readonly ConsumerCreationTimestamp: number;
  readonly StreamARN: string;
}

/** Values of ConsumerStatus. */
export type ConsumerStatus = "CREATING" | "DELETING" | "ACTIVE";

/** The API's CreateStreamInput. */
export interface CreateStreamInput {
  readonly StreamName: string;
  readonly ShardCount?: number | undefined;
  readonly StreamModeDetails?: StreamModeDetails | undefined;
  readonly Tags?: { readonly [key: string]: string } | undefined;
  readonly WarmThroughputMiBps?: number | undefined;
  readonly MaxRecordSizeInKiB?: number | undefined;
  readonly RecordDistributionStrategy?: RecordDistributionStrategy | undefined;
}

/** The API's DecreaseStreamRetentionPeriodInput. */
export interface DecreaseStreamRetentionPeriodInput {
  readonly StreamName?: string | undefined;
  readonly RetentionPeriodHours: number;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DeleteResourcePolicyInput. */
export interface DeleteResourcePolicyInput {
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
}

/** The API's DeleteStreamInput. */
export interface DeleteStreamInput {
  readonly StreamName?: string | undefined;
  readonly EnforceConsumerDeletion?: boolean | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DeregisterStreamConsumerInput. */
export interface DeregisterStreamConsumerInput {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DescribeAccountSettingsInput: no members. */
export type DescribeAccountSettingsInput = { readonly [member: string]: never };

/** The API's DescribeAccountSettingsOutput. */
export interface DescribeAccountSettingsOutput {
  readonly MinimumThroughputBillingCommitment?: MinimumThroughputBillingCommitmentOutput | undefined;
}

/** The API's DescribeLimitsInput: no members. */
export type DescribeLimitsInput = { readonly [member: string]: never };

/** The API's DescribeLimitsOutput. */
export interface DescribeLimitsOutput {
  readonly ShardLimit: number;
  readonly OpenShardCount: number;
  readonly OnDemandStreamCount: number;
  readonly OnDemandStreamCountLimit: number;
  readonly ChannelCount?: number | undefined;
  readonly ChannelCountLimit?: number | undefined;
}

/** The API's DescribeStreamConsumerInput. */
export interface DescribeStreamConsumerInput {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DescribeStreamConsumerOutput. */
export interface DescribeStreamConsumerOutput {
  readonly ConsumerDescription: ConsumerDescription;
}

/** The API's DescribeStreamInput. */
export interface DescribeStreamInput {
  readonly StreamName?: string | undefined;
  readonly Limit?: number | undefined;
  readonly ExclusiveStartShardId?: string | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DescribeStreamOutput. */
export interface DescribeStreamOutput {
  readonly StreamDescription: StreamDescription;
}

/** The API's DescribeStreamSummaryInput. */
export interface DescribeStreamSummaryInput {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's DescribeStreamSummaryOutput. */
export interface DescribeStreamSummaryOutput {
  readonly StreamDescriptionSummary: StreamDescriptionSummary;
}

/** The API's DisableEnhancedMonitoringInput. */
export interface DisableEnhancedMonitoringInput {
  readonly StreamName?: string | undefined;
  readonly ShardLevelMetrics: readonly MetricsName[];
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's EnableEnhancedMonitoringInput. */
export interface EnableEnhancedMonitoringInput {
  readonly StreamName?: string | undefined;
  readonly ShardLevelMetrics: readonly MetricsName[];
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** Values of EncryptionType. */
export type EncryptionType = "NONE" | "KMS";

/** The API's EnhancedMetrics. */
export interface EnhancedMetrics {
  readonly ShardLevelMetrics?: readonly MetricsName[] | undefined;
}

/** The API's EnhancedMonitoringOutput. */
export interface EnhancedMonitoringOutput {
  readonly StreamName?: string | undefined;
  readonly CurrentShardLevelMetrics?: readonly MetricsName[] | undefined;
  readonly DesiredShardLevelMetrics?: readonly MetricsName[] | undefined;
  readonly StreamARN?: string | undefined;
}

/** The API's GetRecordsInput. */
export interface GetRecordsInput {
  readonly ShardIterator: string;
  readonly Limit?: number | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly DryRun?: boolean | undefined;
}

/** The API's GetRecordsOutput. */
export interface GetRecordsOutput {
  readonly Records: readonly Record[];
  readonly NextShardIterator?: string | undefined;
  readonly MillisBehindLatest?: number | undefined;
  readonly ChildShards?: readonly ChildShard[] | undefined;
}

/** The API's GetResourcePolicyInput. */
export interface GetResourcePolicyInput {
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
}

/** The API's GetResourcePolicyOutput. */
export interface GetResourcePolicyOutput {
  readonly Policy: string;
}

/** The API's GetShardIteratorInput. */
export interface GetShardIteratorInput {
  readonly StreamName?: string | undefined;
  readonly ShardId: string;
  readonly ShardIteratorType: ShardIteratorType;
  readonly StartingSequenceNumber?: string | undefined;
  readonly Timestamp?: number | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly DryRun?: boolean | undefined;
}

/** The API's GetShardIteratorOutput. */
export interface GetShardIteratorOutput {
  readonly ShardIterator?: string | undefined;
}

/** The API's HashKeyRange. */
export interface HashKeyRange {
  readonly StartingHashKey: string;
  readonly EndingHashKey: string;
}

/** The API's IncreaseStreamRetentionPeriodInput. */
export interface IncreaseStreamRetentionPeriodInput {
  readonly StreamName?: string | undefined;
  readonly RetentionPeriodHours: number;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's InternalFailureException. */
export interface InternalFailureException {
  readonly message?: string | undefined;
}

/** The API's KMSAccessDeniedException. */
export interface KMSAccessDeniedException {
  readonly message?: string | undefined;
}

/** The API's KMSDisabledException. */
export interface KMSDisabledException {
  readonly message?: string | undefined;
}

/** The API's KMSInvalidStateException. */
export interface KMSInvalidStateException {
  readonly message?: string | undefined;
}

/** The API's KMSNotFoundException. */
export interface KMSNotFoundException {
  readonly message?: string | undefined;
}

/** The API's KMSOptInRequired. */
export interface KMSOptInRequired {
  readonly message?: string | undefined;
}

/** The API's KMSThrottlingException. */
export interface KMSThrottlingException {
  readonly message?: string | undefined;
}

/** The API's ListShardsInput. */
export interface ListShardsInput {
  readonly StreamName?: string | undefined;
  readonly NextToken?: string | undefined;
  readonly ExclusiveStartShardId?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
  readonly ShardFilter?: ShardFilter | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's ListShardsOutput. */
export interface ListShardsOutput {
  readonly Shards?: readonly Shard[] | undefined;
  readonly NextToken?: string | undefined;
}

/** The API's ListStreamConsumersInput. */
export interface ListStreamConsumersInput {
  readonly StreamARN: string;
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's ListStreamConsumersOutput. */
export interface ListStreamConsumersOutput {
  readonly Consumers?: readonly Consumer[] | undefined;
  readonly NextToken?: string | undefined;
}

/** The API's ListStreamsInput. */
export interface ListStreamsInput {
  readonly Limit?: number | undefined;
  readonly ExclusiveStartStreamName?: string | undefined;
  readonly NextToken?: string | undefined;
}

/** The API's ListStreamsOutput. */
export interface ListStreamsOutput {
  readonly StreamNames: readonly string[];
  readonly HasMoreStreams: boolean;
  readonly NextToken?: string | undefined;
  readonly StreamSummaries?: readonly StreamSummary[] | undefined;
}

/** The API's ListTagsForResourceInput. */
export interface ListTagsForResourceInput {
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
}

/** The API's ListTagsForResourceOutput. */
export interface ListTagsForResourceOutput {
  readonly Tags?: readonly Tag[] | undefined;
}

/** The API's ListTagsForStreamInput. */
export interface ListTagsForStreamInput {
  readonly StreamName?: string | undefined;
  readonly ExclusiveStartTagKey?: string | undefined;
  readonly Limit?: number | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's ListTagsForStreamOutput. */
export interface ListTagsForStreamOutput {
  readonly Tags: readonly Tag[];
  readonly HasMoreTags: boolean;
}

/** The API's MergeShardsInput. */
export interface MergeShardsInput {
  readonly StreamName?: string | undefined;
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** Values of MetricsName. */
export type MetricsName = "IncomingBytes" | "IncomingRecords" | "OutgoingBytes" | "OutgoingRecords" | "WriteProvisionedThroughputExceeded" | "ReadProvisionedThroughputExceeded" | "IteratorAgeMilliseconds" | "ALL";

/** The API's MinimumThroughputBillingCommitmentInput. */
export interface MinimumThroughputBillingCommitmentInput {
  readonly Status: MinimumThroughputBillingCommitmentInputStatus;
}

/** Values of MinimumThroughputBillingCommitmentInputStatus. */
export type MinimumThroughputBillingCommitmentInputStatus = "ENABLED" | "DISABLED";

/** The API's MinimumThroughputBillingCommitmentOutput. */
export interface MinimumThroughputBillingCommitmentOutput {
  readonly Status: MinimumThroughputBillingCommitmentOutputStatus;
  readonly StartedAt?: number | undefined;
  readonly EndedAt?: number | undefined;
  readonly EarliestAllowedEndAt?: number | undefined;
}

/** Values of MinimumThroughputBillingCommitmentOutputStatus. */
export type MinimumThroughputBillingCommitmentOutputStatus = "ENABLED" | "DISABLED" | "ENABLED_UNTIL_EARLIEST_ALLOWED_END";

/** The API's PutRecordInput. */
export interface PutRecordInput {
  readonly StreamName?: string | undefined;
  readonly Data: Buffer;
  readonly PartitionKey?: string | undefined;
  readonly ExplicitHashKey?: string | undefined;
  readonly SequenceNumberForOrdering?: string | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly DryRun?: boolean | undefined;
}

/** The API's PutRecordOutput. */
export interface PutRecordOutput {
  readonly ShardId: string;
  readonly SequenceNumber: string;
  readonly EncryptionType?: EncryptionType | undefined;
}

/** The API's PutRecordsInput. */
export interface PutRecordsInput {
  readonly Records: readonly PutRecordsRequestEntry[];
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly DryRun?: boolean | undefined;
}

/** The API's PutRecordsOutput. */
export interface PutRecordsOutput {
  readonly FailedRecordCount?: number | undefined;
  readonly Records: readonly PutRecordsResultEntry[];
  readonly EncryptionType?: EncryptionType | undefined;
}

/** The API's PutRecordsRequestEntry. */
export interface PutRecordsRequestEntry {
  readonly Data: Buffer;
  readonly ExplicitHashKey?: string | undefined;
  readonly PartitionKey?: string | undefined;
}

/** The API's PutRecordsResultEntry. */
export interface PutRecordsResultEntry {
  readonly SequenceNumber?: string | undefined;
  readonly ShardId?: string | undefined;
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}

/** The API's PutResourcePolicyInput. */
export interface PutResourcePolicyInput {
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
  readonly Policy: string;
}

/** The API's Record. */
export interface Record {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp?: number | undefined;
  readonly Data: Buffer;
  readonly PartitionKey?: string | undefined;
  readonly EncryptionType?: EncryptionType | undefined;
}

/** Values of RecordDistributionStrategy. */
export type RecordDistributionStrategy = "AUTO" | "USER_PARTITION_KEY";

/** The API's RegisterStreamConsumerInput. */
export interface RegisterStreamConsumerInput {
  readonly StreamARN: string;
  readonly ConsumerName: string;
  readonly StreamId?: string | undefined;
  readonly Tags?: { readonly [key: string]: string } | undefined;
}

/** The API's RegisterStreamConsumerOutput. */
export interface RegisterStreamConsumerOutput {
  readonly Consumer: Consumer;
}

/** The API's RemoveTagsFromStreamInput. */
export interface RemoveTagsFromStreamInput {
  readonly StreamName?: string | undefined;
  readonly TagKeys: readonly string[];
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's ResourceInUseException. */
export interface ResourceInUseException {
  readonly message?: string | undefined;
}

/** The API's ResourceNotFoundException. */
export interface ResourceNotFoundException {
  readonly message?: string | undefined;
}

/** Values of ScalingType. */
export type ScalingType = "UNIFORM_SCALING";

/** The API's SequenceNumberRange. */
export interface SequenceNumberRange {
  readonly StartingSequenceNumber: string;
  readonly EndingSequenceNumber?: string | undefined;
}

/** The API's Shard. */
export interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string | undefined;
  readonly AdjacentParentShardId?: string | undefined;
  readonly HashKeyRange: HashKeyRange;
  readonly SequenceNumberRange: SequenceNumberRange;
}

/** The API's ShardFilter. */
export interface ShardFilter {
  readonly Type: ShardFilterType;
  readonly ShardId?: string | undefined;
  readonly Timestamp?: number | undefined;
}

/** Values of ShardFilterType. */
export type ShardFilterType = "AFTER_SHARD_ID" | "AT_TRIM_HORIZON" | "FROM_TRIM_HORIZON" | "AT_LATEST" | "AT_TIMESTAMP" | "FROM_TIMESTAMP";

/** Values of ShardIteratorType. */
export type ShardIteratorType = "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER" | "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";

/** The API's SplitShardInput. */
export interface SplitShardInput {
  readonly StreamName?: string | undefined;
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's StartStreamEncryptionInput. */
export interface StartStreamEncryptionInput {
  readonly StreamName?: string | undefined;
  readonly EncryptionType: EncryptionType;
  readonly KeyId: string;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's StartingPosition. */
export interface StartingPosition {
  readonly Type: ShardIteratorType;
  readonly SequenceNumber?: string | undefined;
  readonly Timestamp?: number | undefined;
}

/** The API's StopStreamEncryptionInput. */
export interface StopStreamEncryptionInput {
  readonly StreamName?: string | undefined;
  readonly EncryptionType: EncryptionType;
  readonly KeyId: string;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's StreamDescription. */
export interface StreamDescription {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamStatus: StreamStatus;
  readonly StreamModeDetails?: StreamModeDetails | undefined;
  readonly Shards: readonly Shard[];
  readonly HasMoreShards: boolean;
  readonly RetentionPeriodHours: number;
  readonly StreamCreationTimestamp: number;
  readonly EnhancedMonitoring: readonly EnhancedMetrics[];
  readonly EncryptionType?: EncryptionType | undefined;
  readonly KeyId?: string | undefined;
}

/** The API's StreamDescriptionSummary. */
export interface StreamDescriptionSummary {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamId?: string | undefined;
  readonly StreamStatus: StreamStatus;
  readonly StreamModeDetails?: StreamModeDetails | undefined;
  readonly RetentionPeriodHours: number;
  readonly StreamCreationTimestamp: number;
  readonly EnhancedMonitoring: readonly EnhancedMetrics[];
  readonly EncryptionType?: EncryptionType | undefined;
  readonly KeyId?: string | undefined;
  readonly OpenShardCount: number;
  readonly ConsumerCount?: number | undefined;
  readonly WarmThroughput?: WarmThroughputObject | undefined;
  readonly MaxRecordSizeInKiB?: number | undefined;
  readonly ChannelCount?: number | undefined;
  readonly RecordDistributionStrategy?: RecordDistributionStrategy | undefined;
}

/** Values of StreamMode. */
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** The API's StreamModeDetails. */
export interface StreamModeDetails {
  readonly StreamMode: StreamMode;
}

/** Values of StreamStatus. */
export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";

/** The API's StreamSummary. */
export interface StreamSummary {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamStatus: StreamStatus;
  readonly StreamModeDetails?: StreamModeDetails | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
}

/** The API's SubscribeToShardEvent. */
export interface SubscribeToShardEvent {
  readonly Records: readonly Record[];
  readonly ContinuationSequenceNumber?: string | undefined;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly ChildShard[] | undefined;
}

/** The API's SubscribeToShardEventStream. */
export interface SubscribeToShardEventStream {
  readonly SubscribeToShardEvent?: SubscribeToShardEvent | undefined;
  readonly ResourceNotFoundException?: ResourceNotFoundException | undefined;
  readonly ResourceInUseException?: ResourceInUseException | undefined;
  readonly KMSDisabledException?: KMSDisabledException | undefined;
  readonly KMSInvalidStateException?: KMSInvalidStateException | undefined;
  readonly KMSAccessDeniedException?: KMSAccessDeniedException | undefined;
  readonly KMSNotFoundException?: KMSNotFoundException | undefined;
  readonly KMSOptInRequired?: KMSOptInRequired | undefined;
  readonly KMSThrottlingException?: KMSThrottlingException | undefined;
  readonly InternalFailureException?: InternalFailureException | undefined;
}

/** The API's SubscribeToShardInput. */
export interface SubscribeToShardInput {
  readonly ConsumerARN: string;
  readonly StreamId?: string | undefined;
  readonly ShardId: string;
  readonly StartingPosition: StartingPosition;
  readonly DryRun?: boolean | undefined;
}

/** The API's SubscribeToShardOutput. */
export interface SubscribeToShardOutput {
  readonly EventStream: SubscribeToShardEventStream;
}

/** The API's Tag. */
export interface Tag {
  readonly Key: string;
  readonly Value?: string | undefined;
}

/** The API's TagResourceInput. */
export interface TagResourceInput {
  readonly Tags: { readonly [key: string]: string };
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
}

/** The API's UntagResourceInput. */
export interface UntagResourceInput {
  readonly TagKeys: readonly string[];
  readonly ResourceARN: string;
  readonly StreamId?: string | undefined;
}

/** The API's UpdateAccountSettingsInput. */
export interface UpdateAccountSettingsInput {
  readonly MinimumThroughputBillingCommitment: MinimumThroughputBillingCommitmentInput;
}

/** The API's UpdateAccountSettingsOutput. */
export interface UpdateAccountSettingsOutput {
  readonly MinimumThroughputBillingCommitment?: MinimumThroughputBillingCommitmentOutput | undefined;
}

/** The API's UpdateMaxRecordSizeInput. */
export interface UpdateMaxRecordSizeInput {
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly MaxRecordSizeInKiB: number;
}

/** The API's UpdateShardCountInput. */
export interface UpdateShardCountInput {
  readonly StreamName?: string | undefined;
  readonly TargetShardCount: number;
  readonly ScalingType: ScalingType;
  readonly StreamARN?: string | undefined;
  readonly StreamId?: string | undefined;
}

/** The API's UpdateShardCountOutput. */
export interface UpdateShardCountOutput {
  readonly StreamName?: string | undefined;
  readonly CurrentShardCount?: number | undefined;
  readonly TargetShardCount?: number | undefined;
  readonly StreamARN?: string | undefined;
}

/** The API's UpdateStreamModeInput. */
export interface UpdateStreamModeInput {
  readonly StreamARN: string;
  readonly StreamId?: string | undefined;
  readonly StreamModeDetails: StreamModeDetails;
  readonly WarmThroughputMiBps?: number | undefined;
}

/** The API's UpdateStreamRecordDistributionStrategyInput. */
export interface UpdateStreamRecordDistributionStrategyInput {
  readonly StreamARN: string;
  readonly StreamId?: string | undefined;
  readonly RecordDistributionStrategy: RecordDistributionStrategy;
}

/** The API's UpdateStreamWarmThroughputInput. */
export interface UpdateStreamWarmThroughputInput {
  readonly StreamARN?: string | undefined;
  readonly StreamName?: string | undefined;
  readonly StreamId?: string | undefined;
  readonly WarmThroughputMiBps: number;
}

/** The API's UpdateStreamWarmThroughputOutput. */
export interface UpdateStreamWarmThroughputOutput {
  readonly StreamARN?: string | undefined;
  readonly StreamName?: string | undefined;
  readonly WarmThroughput?: WarmThroughputObject | undefined;
}

/** The API's WarmThroughputObject. */
export interface WarmThroughputObject {
  readonly TargetMiBps?: number | undefined;
  readonly CurrentMiBps?: number | undefined;
}

/** Input type of every operation. */
export interface OperationInputs {
  readonly AddTagsToStream: AddTagsToStreamInput;
  readonly CreateStream: CreateStreamInput;
  readonly DecreaseStreamRetentionPeriod: DecreaseStreamRetentionPeriodInput;
  readonly DeleteResourcePolicy: DeleteResourcePolicyInput;
  readonly DeleteStream: DeleteStreamInput;
  readonly DeregisterStreamConsumer: DeregisterStreamConsumerInput;
  readonly DescribeAccountSettings: DescribeAccountSettingsInput;
  readonly DescribeLimits: DescribeLimitsInput;
  readonly DescribeStream: DescribeStreamInput;
  readonly DescribeStreamConsumer: DescribeStreamConsumerInput;
  readonly DescribeStreamSummary: DescribeStreamSummaryInput;
  readonly DisableEnhancedMonitoring: DisableEnhancedMonitoringInput;
  readonly EnableEnhancedMonitoring: EnableEnhancedMonitoringInput;
  readonly GetRecords: GetRecordsInput;
  readonly GetResourcePolicy: GetResourcePolicyInput;
  readonly GetShardIterator: GetShardIteratorInput;
  readonly IncreaseStreamRetentionPeriod: IncreaseStreamRetentionPeriodInput;
  readonly ListShards: ListShardsInput;
  readonly ListStreamConsumers: ListStreamConsumersInput;
  readonly ListStreams: ListStreamsInput;
  readonly ListTagsForResource: ListTagsForResourceInput;
  readonly ListTagsForStream: ListTagsForStreamInput;
  readonly MergeShards: MergeShardsInput;
  readonly PutRecord: PutRecordInput;
  readonly PutRecords: PutRecordsInput;
  readonly PutResourcePolicy: PutResourcePolicyInput;
  readonly RegisterStreamConsumer: RegisterStreamConsumerInput;
  readonly RemoveTagsFromStream: RemoveTagsFromStreamInput;
  readonly SplitShard: SplitShardInput;
  readonly StartStreamEncryption: StartStreamEncryptionInput;
  readonly StopStreamEncryption: StopStreamEncryptionInput;
  readonly SubscribeToShard: SubscribeToShardInput;
  readonly TagResource: TagResourceInput;
  readonly UntagResource: UntagResourceInput;
  readonly UpdateAccountSettings: UpdateAccountSettingsInput;
  readonly UpdateMaxRecordSize: UpdateMaxRecordSizeInput;
  readonly UpdateShardCount: UpdateShardCountInput;
  readonly UpdateStreamMode: UpdateStreamModeInput;
  readonly UpdateStreamRecordDistributionStrategy: UpdateStreamRecordDistributionStrategyInput;
  readonly UpdateStreamWarmThroughput: UpdateStreamWarmThroughputInput;
}

/** Output type of every operation, undefined where the answer has no body. */
export interface OperationOutputs {
  readonly AddTagsToStream: undefined;
  readonly CreateStream: undefined;
  readonly DecreaseStreamRetentionPeriod: undefined;
  readonly DeleteResourcePolicy: undefined;
  readonly DeleteStream: undefined;
  readonly DeregisterStreamConsumer: undefined;
  readonly DescribeAccountSettings: DescribeAccountSettingsOutput;
  readonly DescribeLimits: DescribeLimitsOutput;
  readonly DescribeStream: DescribeStreamOutput;
  readonly DescribeStreamConsumer: DescribeStreamConsumerOutput;
  readonly DescribeStreamSummary: DescribeStreamSummaryOutput;
  readonly DisableEnhancedMonitoring: EnhancedMonitoringOutput;
  readonly EnableEnhancedMonitoring: EnhancedMonitoringOutput;
  readonly GetRecords: GetRecordsOutput;
  readonly GetResourcePolicy: GetResourcePolicyOutput;
  readonly GetShardIterator: GetShardIteratorOutput;
  readonly IncreaseStreamRetentionPeriod: undefined;
  readonly ListShards: ListShardsOutput;
  readonly ListStreamConsumers: ListStreamConsumersOutput;
  readonly ListStreams: ListStreamsOutput;
  readonly ListTagsForResource: ListTagsForResourceOutput;
  readonly ListTagsForStream: ListTagsForStreamOutput;
  readonly MergeShards: undefined;
  readonly PutRecord: PutRecordOutput;
  readonly PutRecords: PutRecordsOutput;
  readonly PutResourcePolicy: undefined;
  readonly RegisterStreamConsumer: RegisterStreamConsumerOutput;
  readonly RemoveTagsFromStream: undefined;
  readonly SplitShard: undefined;
  readonly StartStreamEncryption: undefined;
  readonly StopStreamEncryption: undefined;
  readonly SubscribeToShard: SubscribeToShardOutput;
  readonly TagResource: undefined;
  readonly UntagResource: undefined;
  readonly UpdateAccountSettings: UpdateAccountSettingsOutput;
  readonly UpdateMaxRecordSize: undefined;
  readonly UpdateShardCount: UpdateShardCountOutput;
  readonly UpdateStreamMode: undefined;
  readonly UpdateStreamRecordDistributionStrategy: undefined;
  readonly UpdateStreamWarmThroughput: UpdateStreamWarmThroughputOutput;
}

/** Name of a supported operation. */
export type OperationName = keyof OperationInputs;
