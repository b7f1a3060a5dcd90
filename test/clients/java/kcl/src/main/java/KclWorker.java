import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.leases.LeaseAssignmentStrategy;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Kinesis Client Library 3 that prints what it is given, one JSON line an event, and checkpoints after
 * every batch.
 *
 * <p>Arguments: Kinesis endpoint, DynamoDB endpoint, stream, worker name, "polling" or "fan-out". Its application is
 * called like the stream. Runs until its standard input ends, then stops as KCL's documentation says.
 */
public final class KclWorker {
  private KclWorker() {}

  public static void main(String[] arguments) throws Exception {
    var stream = arguments[2];
    var worker = arguments[3];
    var kinesis =
        KinesisClientUtil.createKinesisAsyncClient(at(KinesisAsyncClient.builder(), arguments[0]));
    var dynamo = at(DynamoDbAsyncClient.builder(), arguments[1]).build();
    var cloudWatch = at(CloudWatchAsyncClient.builder(), arguments[1]).build();
    var position = InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
    var configs =
        new ConfigsBuilder(
            new SingleStreamTracker(stream, position),
            stream,
            kinesis,
            dynamo,
            cloudWatch,
            worker,
            () -> new Printer(worker));
    // KCL's defaults wait for tens of seconds at every change of hands; a test has less patience than a deployment.
    var leases =
        configs
            .leaseManagementConfig()
            // By CPU, two workers on one machine are always equal, however many leases each has.
            .leaseAssignmentStrategy(LeaseAssignmentStrategy.LEASE_COUNT_BASED)
            .failoverTimeMillis(3_000)
            .leaseAssignmentIntervalMillis(2_000L)
            .shardSyncIntervalMillis(2_000)
            .dynamoDbLockBasedLeaderLeaseDurationInMillis(6_000)
            .dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(1_500);
    leases
        .workerUtilizationAwareAssignmentConfig()
        .workerMetricsReporterFreqInMillis(1_000)
        .inMemoryWorkerMetricsCaptureFrequencyMillis(500);
    var retrieval = configs.retrievalConfig();
    if (arguments[4].equals("polling")) {
      retrieval.retrievalSpecificConfig(new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(200));
    }
    var scheduler =
        new Scheduler(
            configs.checkpointConfig(),
            configs
                .coordinatorConfig()
                .parentShardPollIntervalMillis(500)
                .schedulerInitializationBackoffTimeMillis(200)
                .shardConsumerDispatchPollIntervalMillis(200),
            leases,
            configs.lifecycleConfig(),
            configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
            configs.processorConfig(),
            retrieval);
    var running = new Thread(scheduler, "scheduler");
    running.setDaemon(true);
    running.start();
    System.in.transferTo(System.err);
    var graceful = scheduler.startGracefulShutdown().get(40, TimeUnit.SECONDS);
    emit(worker, "stopped", Map.of("graceful", graceful));
    System.exit(0);
  }

  private static <B extends AwsClientBuilder<B, ?>> B at(B builder, String endpoint) {
    return builder
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret")));
  }

  /** Prints first and checkpoints then: what was printed twice was at least never lost. */
  private static final class Printer implements ShardRecordProcessor {
    private final String worker;
    private String shard;

    Printer(String worker) {
      this.worker = worker;
    }

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
      emit(worker, "initialize", Map.of("shard", shard, "from", input.extendedSequenceNumber().sequenceNumber()));
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (var record : input.records()) {
        emit(
            worker,
            "record",
            Map.of(
                "shard", shard,
                "key", record.partitionKey(),
                "data", StandardCharsets.UTF_8.decode(record.data()).toString(),
                "sequenceNumber", record.sequenceNumber(),
                "subSequenceNumber", record.subSequenceNumber(),
                "aggregated", record.aggregated()));
      }
      if (!input.records().isEmpty()) checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      emit(worker, "leaseLost", Map.of("shard", shard));
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      emit(worker, "shardEnded", Map.of("shard", shard));
      checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      emit(worker, "shutdownRequested", Map.of("shard", shard));
      checkpoint(input.checkpointer());
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (ShutdownException lost) {
        emit(worker, "checkpointRefused", Map.of("shard", shard));
      } catch (InvalidStateException broken) {
        throw new IllegalStateException(broken);
      }
    }
  }

  private static synchronized void emit(String worker, String step, Map<String, ?> values) {
    var line = new TreeMap<String, Object>(values);
    line.put("step", step);
    line.put("worker", worker);
    System.out.println(
        line.entrySet().stream()
            .map(each -> '"' + each.getKey() + "\":" + json(each.getValue()))
            .collect(Collectors.joining(",", "{", "}")));
  }

  /** Enough JSON for what is printed here: strings without control characters, numbers, booleans. */
  private static String json(Object value) {
    if (!(value instanceof String text)) return String.valueOf(value);
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
