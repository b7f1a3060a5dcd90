import java.util.Properties;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;

/**
 * Flink's Kinesis sink and source on its mini-cluster: writes numbered texts through the sink, reads them back through the
 * source, and prints each as one JSON line.
 *
 * <p>Arguments: endpoint, stream, how many records.
 */
public final class FlinkJob {
  private FlinkJob() {}

  public static void main(String[] arguments) throws Exception {
    var stream = arguments[1];
    int count = Integer.parseInt(arguments[2]);
    write(connection(arguments[0]), stream, count);
    read(connection(arguments[0]), stream, count);
    System.exit(0);
  }

  private static Properties connection(String endpoint) {
    var properties = new Properties();
    properties.setProperty("aws.region", "us-east-1");
    properties.setProperty("aws.endpoint", endpoint);
    properties.setProperty("aws.credentials.provider.basic.accesskeyid", "AKIDEXAMPLE");
    properties.setProperty("aws.credentials.provider.basic.secretkey", "secret");
    return properties;
  }

  private static void write(Properties connection, String stream, int count) throws Exception {
    connection.setProperty("aws.http.protocol.version", "HTTP2");
    var sink =
        KinesisStreamsSink.<String>builder()
            .setKinesisClientProperties(connection)
            .setStreamName(stream)
            .setSerializationSchema(new SimpleStringSchema())
            .setPartitionKeyGenerator(text -> String.valueOf(text.hashCode()))
            .setFailOnError(true)
            .build();
    var flink = StreamExecutionEnvironment.getExecutionEnvironment();
    flink.setParallelism(2);
    flink.fromSequence(1, count).map(number -> "record " + number).returns(String.class).sinkTo(sink);
    flink.execute("write");
  }

  private static void read(Properties connection, String stream, int count) throws Exception {
    connection.setProperty("flink.stream.initpos", "TRIM_HORIZON");
    connection.setProperty("flink.stream.recordpublisher", "POLLING");
    connection.setProperty("flink.shard.getrecords.intervalmillis", "200");
    var flink = StreamExecutionEnvironment.getExecutionEnvironment();
    flink.setParallelism(2);
    var texts = flink.addSource(new FlinkKinesisConsumer<>(stream, new SimpleStringSchema(), connection));
    try (var collected = texts.executeAndCollect("read")) {
      for (int seen = 0; seen < count && collected.hasNext(); seen++) {
        System.out.println("{\"step\":\"record\",\"data\":\"" + collected.next() + "\"}");
      }
    }
  }
}
