import com.google.common.util.concurrent.ListenableFuture;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * The Kinesis Producer Library: puts each line of standard input, aggregated, and prints the shard and the sequence number
 * of each as one JSON line, in the order of the input.
 *
 * <p>Arguments: endpoint (https, the library speaks nothing else), stream, directory of certificates to trust. A line is a
 * partition key, a space and the data.
 */
public final class KplProducer {
  private KplProducer() {}

  public static void main(String[] arguments) throws Exception {
    var endpoint = URI.create(arguments[0]);
    var configuration =
        new KinesisProducerConfiguration()
            .setKinesisEndpoint(endpoint.getHost())
            .setKinesisPort(endpoint.getPort())
            .setRegion("us-east-1")
            .setCredentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret")))
            .setCaCertPath(arguments[2])
            .setMetricsLevel("none")
            .setLogLevel("warning")
            .setRecordTtl(60_000)
            .setRequestTimeout(20_000);
    var producer = new KinesisProducer(configuration);
    List<ListenableFuture<UserRecordResult>> results = new ArrayList<>();
    try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        var data = ByteBuffer.wrap(line.substring(space + 1).getBytes(StandardCharsets.UTF_8));
        results.add(producer.addUserRecord(arguments[1], line.substring(0, space), data));
      }
    }
    producer.flushSync();
    for (var result : results) {
      var put = result.get();
      System.out.printf(
          "{\"step\":\"put\",\"shardId\":\"%s\",\"sequenceNumber\":\"%s\",\"attempts\":%d}%n",
          put.getShardId(), put.getSequenceNumber(), put.getAttempts().size());
    }
    producer.destroy();
    System.exit(0);
  }
}
