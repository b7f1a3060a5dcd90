import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * Every data operation of Kinesis, and SubscribeToShard, through the AWS SDK for Java v2 as its users run it.
 *
 * <p>Arguments: endpoint, stream name, "sync" (HTTP/1.1) or "async" (Netty, HTTP/2) for everything but SubscribeToShard,
 * which only the asynchronous client has. Both speak CBOR. Prints one JSON line per step.
 */
public final class EveryOperation {
  private static final String FIRST_SHARD = "shardId-000000000000";
  private static final String MIDDLE_HASH = "170141183460469231731687303715884105728";

  private final KinesisClient kinesis;
  private final KinesisAsyncClient asynchronous;
  private final String stream;

  private EveryOperation(KinesisClient kinesis, KinesisAsyncClient asynchronous, String stream) {
    this.kinesis = kinesis;
    this.asynchronous = asynchronous;
    this.stream = stream;
  }

  public static void main(String[] arguments) throws Exception {
    var endpoint = URI.create(arguments[0]);
    var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret"));
    try (var asynchronous =
            KinesisAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .build();
        var synchronous =
            KinesisClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .build()) {
      var kinesis = arguments[2].equals("async") ? joining(asynchronous) : synchronous;
      new EveryOperation(kinesis, asynchronous, arguments[1]).run();
    }
  }

  /** The asynchronous client behind the synchronous one's interface: the same requests over the other transport. */
  private static KinesisClient joining(KinesisAsyncClient client) {
    return (KinesisClient)
        Proxy.newProxyInstance(
            EveryOperation.class.getClassLoader(),
            new Class<?>[] {KinesisClient.class},
            (proxy, method, values) -> {
              var target = KinesisAsyncClient.class.getMethod(method.getName(), method.getParameterTypes());
              try {
                return ((CompletableFuture<?>) target.invoke(client, values)).join();
              } catch (CompletionException failure) {
                throw failure.getCause();
              }
            });
  }

  private void run() throws Exception {
    kinesis.createStream(CreateStreamRequest.builder().streamName(stream).shardCount(1).build());
    emit("CreateStream", Map.of());
    var summary = waitActive();
    emit(
        "DescribeStreamSummary",
        Map.of("status", summary.streamStatusAsString(), "openShards", summary.openShardCount()));
    emit("ListShards", Map.of("shards", shards(null)));
    var first = put();
    read(first);
    subscribeUntilSplit(summary.streamARN());
    reshardAndDelete(summary.streamARN());
  }

  private String put() {
    var one = putOne("one");
    emit("PutRecord", Map.of("shardId", one.shardId(), "sequenceNumbers", List.of(one.sequenceNumber())));
    var two =
        kinesis.putRecord(
            PutRecordRequest.builder()
                .streamName(stream)
                .partitionKey("a")
                .data(SdkBytes.fromUtf8String("two"))
                .explicitHashKey("0")
                .sequenceNumberForOrdering(one.sequenceNumber())
                .build());
    emit("PutRecord in order", Map.of("shardId", two.shardId(), "sequenceNumbers", List.of(two.sequenceNumber())));
    var many =
        kinesis.putRecords(
            PutRecordsRequest.builder()
                .streamName(stream)
                .records(
                    entry("b", "three").build(),
                    entry("c", "four").explicitHashKey("1").build(),
                    entry("é€😀", "five").build())
                .build());
    var numbers = many.records().stream().map(PutRecordsResultEntry::sequenceNumber).toList();
    emit("PutRecords", Map.of("failed", many.failedRecordCount(), "sequenceNumbers", numbers));
    return one.sequenceNumber();
  }

  private void read(String first) {
    var all = records(ShardIteratorType.TRIM_HORIZON, null, null, 5);
    Instant third =
        all.stream()
            .filter(record -> record.data().asUtf8String().equals("three"))
            .findFirst()
            .orElseThrow()
            .approximateArrivalTimestamp();
    records(ShardIteratorType.AT_SEQUENCE_NUMBER, first, null, 5);
    records(ShardIteratorType.AFTER_SEQUENCE_NUMBER, first, null, 4);
    records(ShardIteratorType.AT_TIMESTAMP, null, third, 3);
    records(ShardIteratorType.LATEST, null, null, 1);
  }

  /** Reads until it has as many as wanted; at the tip it puts the record it then waits for. */
  private List<Record> records(ShardIteratorType type, String sequenceNumber, Instant timestamp, int wanted) {
    var iterator =
        kinesis
            .getShardIterator(
                GetShardIteratorRequest.builder()
                    .streamName(stream)
                    .shardId(FIRST_SHARD)
                    .shardIteratorType(type)
                    .startingSequenceNumber(sequenceNumber)
                    .timestamp(timestamp)
                    .build())
            .shardIterator();
    if (type == ShardIteratorType.LATEST) putOne("six");
    var records = new ArrayList<Record>();
    while (records.size() < wanted) {
      var page = kinesis.getRecords(GetRecordsRequest.builder().shardIterator(iterator).build());
      records.addAll(page.records());
      iterator = page.nextShardIterator();
    }
    var keys = records.stream().map(Record::partitionKey).toList();
    emit(
        "GetRecords " + type,
        Map.of("data", textOf(records), "keys", keys, "sequenceNumbers", numbersOf(records)));
    return records;
  }

  private void subscribeUntilSplit(String arn) throws Exception {
    var consumer =
        kinesis
            .registerStreamConsumer(
                RegisterStreamConsumerRequest.builder().streamARN(arn).consumerName("java").build())
            .consumer();
    emit("RegisterStreamConsumer", Map.of("name", consumer.consumerName()));
    for (; ; Thread.sleep(50)) {
      var described =
          kinesis
              .describeStreamConsumer(
                  DescribeStreamConsumerRequest.builder().consumerARN(consumer.consumerARN()).build())
              .consumerDescription();
      if (described.consumerStatus() != ConsumerStatus.ACTIVE) continue;
      emit("DescribeStreamConsumer", Map.of("status", described.consumerStatusAsString()));
      break;
    }
    BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
    var handler =
        SubscribeToShardResponseHandler.builder()
            .subscriber(SubscribeToShardResponseHandler.Visitor.builder().onSubscribeToShardEvent(events::add).build())
            .build();
    var end =
        asynchronous.subscribeToShard(
            SubscribeToShardRequest.builder()
                .consumerARN(consumer.consumerARN())
                .shardId(FIRST_SHARD)
                .startingPosition(position -> position.type(ShardIteratorType.TRIM_HORIZON))
                .build(),
            handler);
    var records = new ArrayList<Record>();
    while (true) {
      var event = events.poll(1, TimeUnit.SECONDS);
      if (event == null) {
        if (end.isDone()) break;
        continue;
      }
      int before = records.size();
      records.addAll(event.records());
      if (before < 6 && records.size() >= 6) putOne("seven");
      if (before < 7 && records.size() >= 7) {
        emit("SubscribeToShard", Map.of("data", textOf(records), "sequenceNumbers", numbersOf(records)));
        split();
      }
      if (!event.childShards().isEmpty()) {
        var values = new TreeMap<String, Object>(Map.of("children", childrenOf(event.childShards())));
        values.put("continuation", event.continuationSequenceNumber());
        emit("SubscribeToShard at the end of the shard", values);
      }
    }
    end.join();
  }

  private void split() throws Exception {
    kinesis.splitShard(
        SplitShardRequest.builder()
            .streamName(stream)
            .shardToSplit(FIRST_SHARD)
            .newStartingHashKey(MIDDLE_HASH)
            .build());
    waitActive();
    emit("SplitShard", Map.of("shards", shards(null)));
  }

  private void reshardAndDelete(String arn) throws Exception {
    var iterator =
        kinesis
            .getShardIterator(
                GetShardIteratorRequest.builder()
                    .streamName(stream)
                    .shardId(FIRST_SHARD)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON)
                    .build())
            .shardIterator();
    List<ChildShard> children = List.of();
    while (iterator != null) {
      var page = kinesis.getRecords(GetRecordsRequest.builder().shardIterator(iterator).limit(3).build());
      iterator = page.nextShardIterator();
      children = page.childShards();
    }
    emit("GetRecords at the end of the shard", Map.of("children", childrenOf(children)));
    emit("ListShards AT_LATEST", Map.of("shards", shards(ShardFilterType.AT_LATEST)));
    kinesis.mergeShards(
        MergeShardsRequest.builder()
            .streamName(stream)
            .shardToMerge("shardId-000000000001")
            .adjacentShardToMerge("shardId-000000000002")
            .build());
    waitActive();
    emit("MergeShards", Map.of("shards", shards(null)));
    try {
      kinesis.putRecord(
          PutRecordRequest.builder()
              .streamName(stream + "-missing")
              .partitionKey("a")
              .data(SdkBytes.fromUtf8String("x"))
              .build());
    } catch (ResourceNotFoundException missing) {
      var details = missing.awsErrorDetails();
      emit(
          "PutRecord to a missing stream",
          Map.of("error", true, "name", details.errorCode(), "message", details.errorMessage()));
    }
    kinesis.deregisterStreamConsumer(
        DeregisterStreamConsumerRequest.builder().streamARN(arn).consumerName("java").build());
    emit("DeregisterStreamConsumer", Map.of());
    kinesis.deleteStream(DeleteStreamRequest.builder().streamName(stream).enforceConsumerDeletion(true).build());
    emit("DeleteStream", Map.of());
  }

  private PutRecordResponse putOne(String text) {
    return kinesis.putRecord(
        PutRecordRequest.builder()
            .streamName(stream)
            .partitionKey("a")
            .data(SdkBytes.fromUtf8String(text))
            .build());
  }

  private StreamDescriptionSummary waitActive() throws InterruptedException {
    for (; ; Thread.sleep(50)) {
      var summary =
          kinesis
              .describeStreamSummary(DescribeStreamSummaryRequest.builder().streamName(stream).build())
              .streamDescriptionSummary();
      if (summary.streamStatus() == StreamStatus.ACTIVE) return summary;
    }
  }

  private List<String> shards(ShardFilterType type) {
    var filter = type == null ? null : ShardFilter.builder().type(type).build();
    var request = ListShardsRequest.builder().streamName(stream).shardFilter(filter).build();
    return kinesis.listShards(request).shards().stream().map(Shard::shardId).toList();
  }

  private static PutRecordsRequestEntry.Builder entry(String key, String text) {
    return PutRecordsRequestEntry.builder().partitionKey(key).data(SdkBytes.fromUtf8String(text));
  }

  private static List<String> textOf(List<Record> records) {
    return records.stream().map(record -> record.data().asUtf8String()).toList();
  }

  private static List<String> numbersOf(List<Record> records) {
    return records.stream().map(Record::sequenceNumber).toList();
  }

  private static List<String> childrenOf(List<ChildShard> children) {
    return children.stream().map(ChildShard::shardId).toList();
  }

  private static synchronized void emit(String step, Map<String, ?> values) {
    var line = new TreeMap<String, Object>(values);
    line.put("step", step);
    System.out.println(json(line));
  }

  /** Enough JSON for what is printed here: strings without control characters, numbers, booleans, lists, maps, null. */
  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(each -> json(each.getKey()) + ":" + json(each.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (value instanceof List<?> list) {
      return list.stream().map(EveryOperation::json).collect(Collectors.joining(",", "[", "]"));
    }
    if (value instanceof String text) return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    return String.valueOf(value);
  }
}
