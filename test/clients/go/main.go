// Every data operation of Kinesis, and SubscribeToShard, through the AWS SDK for Go v2 as its users run it.
// Arguments: endpoint, stream name. AWS_CA_BUNDLE names a PEM file to trust. Prints one JSON line per step.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	firstShard = "shardId-000000000000"
	middleHash = "170141183460469231731687303715884105728"
)

type fields map[string]any

type session struct {
	ctx    context.Context
	client *kinesis.Client
	stream *string
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	loaded := must(config.LoadDefaultConfig(ctx,
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""))))
	client := kinesis.NewFromConfig(loaded, func(options *kinesis.Options) {
		options.BaseEndpoint = aws.String(os.Args[1])
	})
	s := session{ctx, client, aws.String(os.Args[2])}
	arn := s.create()
	first := s.put()
	s.read(first)
	s.subscribeUntilSplit(arn)
	s.reshardAndDelete(arn)
}

func (s session) create() *string {
	must(s.client.CreateStream(s.ctx, &kinesis.CreateStreamInput{StreamName: s.stream, ShardCount: aws.Int32(1)}))
	emit("CreateStream", fields{})
	summary := s.waitActive()
	emit("DescribeStreamSummary", fields{"status": summary.StreamStatus, "openShards": summary.OpenShardCount})
	emit("ListShards", fields{"shards": s.shards(nil)})
	return summary.StreamARN
}

func (s session) put() string {
	one := must(s.client.PutRecord(s.ctx, &kinesis.PutRecordInput{
		StreamName: s.stream, PartitionKey: aws.String("a"), Data: []byte("one")}))
	emit("PutRecord", fields{"shardId": one.ShardId, "sequenceNumbers": []*string{one.SequenceNumber}})
	two := must(s.client.PutRecord(s.ctx, &kinesis.PutRecordInput{
		StreamName: s.stream, PartitionKey: aws.String("a"), Data: []byte("two"),
		ExplicitHashKey: aws.String("0"), SequenceNumberForOrdering: one.SequenceNumber}))
	emit("PutRecord in order", fields{"shardId": two.ShardId, "sequenceNumbers": []*string{two.SequenceNumber}})
	many := must(s.client.PutRecords(s.ctx, &kinesis.PutRecordsInput{StreamName: s.stream, Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("b"), Data: []byte("three")},
		{PartitionKey: aws.String("c"), Data: []byte("four"), ExplicitHashKey: aws.String("1")},
		{PartitionKey: aws.String("é€😀"), Data: []byte("five")}}}))
	numbers := []*string{}
	for _, record := range many.Records {
		numbers = append(numbers, record.SequenceNumber)
	}
	emit("PutRecords", fields{"failed": many.FailedRecordCount, "sequenceNumbers": numbers})
	return *one.SequenceNumber
}

func (s session) read(first string) {
	all := s.records("TRIM_HORIZON", kinesis.GetShardIteratorInput{}, 5)
	var third *time.Time
	for _, record := range all {
		if string(record.Data) == "three" {
			third = record.ApproximateArrivalTimestamp
		}
	}
	s.records("AT_SEQUENCE_NUMBER", kinesis.GetShardIteratorInput{StartingSequenceNumber: &first}, 5)
	s.records("AFTER_SEQUENCE_NUMBER", kinesis.GetShardIteratorInput{StartingSequenceNumber: &first}, 4)
	s.records("AT_TIMESTAMP", kinesis.GetShardIteratorInput{Timestamp: third}, 3)
	s.records("LATEST", kinesis.GetShardIteratorInput{}, 1)
}

// records reads until it has as many as wanted; at the tip it puts the record it then waits for.
func (s session) records(kind types.ShardIteratorType, input kinesis.GetShardIteratorInput, wanted int) []types.Record {
	input.StreamName, input.ShardId, input.ShardIteratorType = s.stream, aws.String(firstShard), kind
	iterator := must(s.client.GetShardIterator(s.ctx, &input)).ShardIterator
	if kind == types.ShardIteratorTypeLatest {
		s.putOne("six")
	}
	var records []types.Record
	for len(records) < wanted {
		page := must(s.client.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator}))
		records = append(records, page.Records...)
		iterator = page.NextShardIterator
	}
	keys := []string{}
	for _, record := range records {
		keys = append(keys, *record.PartitionKey)
	}
	emit("GetRecords "+string(kind), fields{"data": textOf(records), "keys": keys, "sequenceNumbers": numbersOf(records)})
	return records
}

func (s session) subscribeUntilSplit(arn *string) {
	consumer := must(s.client.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: arn, ConsumerName: aws.String("go")})).Consumer
	emit("RegisterStreamConsumer", fields{"name": consumer.ConsumerName})
	for {
		described := must(s.client.DescribeStreamConsumer(s.ctx, &kinesis.DescribeStreamConsumerInput{
			ConsumerARN: consumer.ConsumerARN})).ConsumerDescription
		if described.ConsumerStatus == types.ConsumerStatusActive {
			emit("DescribeStreamConsumer", fields{"status": described.ConsumerStatus})
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	position := types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	var records []types.Record
	for shardEnded := false; !shardEnded; {
		stream := s.subscribe(consumer.ConsumerARN, &position)
		for event := range stream.Events() {
			value := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
			position = types.StartingPosition{
				Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: value.ContinuationSequenceNumber}
			before := len(records)
			records = append(records, value.Records...)
			if before < 6 && len(records) >= 6 {
				s.putOne("seven")
			}
			if before < 7 && len(records) >= 7 {
				emit("SubscribeToShard", fields{"data": textOf(records), "sequenceNumbers": numbersOf(records)})
				s.split()
			}
			if len(value.ChildShards) > 0 {
				shardEnded = true
				emit("SubscribeToShard at the end of the shard", fields{
					"children": childrenOf(value.ChildShards), "continuation": value.ContinuationSequenceNumber})
			}
		}
		// The SDK's own closing of the connection can overtake its reader, even its last event: then one goes on after the one before.
		err := stream.Err()
		if err == nil && !shardEnded {
			log.Fatal("the subscription ended before the shard")
		}
		if err != nil && !strings.Contains(err.Error(), "use of closed network connection") {
			log.Fatal(err)
		}
		stream.Close()
	}
}

func (s session) subscribe(consumer *string, position *types.StartingPosition) *kinesis.SubscribeToShardEventStream {
	for {
		output, err := s.client.SubscribeToShard(s.ctx, &kinesis.SubscribeToShardInput{
			ConsumerARN: consumer, ShardId: aws.String(firstShard), StartingPosition: position})
		var inUse *types.ResourceInUseException
		if errors.As(err, &inUse) {
			time.Sleep(time.Second)
			continue
		}
		return must(output, err).GetStream()
	}
}

func (s session) split() {
	must(s.client.SplitShard(s.ctx, &kinesis.SplitShardInput{
		StreamName: s.stream, ShardToSplit: aws.String(firstShard), NewStartingHashKey: aws.String(middleHash)}))
	s.waitActive()
	emit("SplitShard", fields{"shards": s.shards(nil)})
}

func (s session) reshardAndDelete(arn *string) {
	iterator := must(s.client.GetShardIterator(s.ctx, &kinesis.GetShardIteratorInput{
		StreamName: s.stream, ShardId: aws.String(firstShard), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})).ShardIterator
	var children []types.ChildShard
	for iterator != nil {
		page := must(s.client.GetRecords(s.ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(3)}))
		iterator, children = page.NextShardIterator, page.ChildShards
	}
	emit("GetRecords at the end of the shard", fields{"children": childrenOf(children)})
	emit("ListShards AT_LATEST", fields{"shards": s.shards(&types.ShardFilter{Type: types.ShardFilterTypeAtLatest})})
	must(s.client.MergeShards(s.ctx, &kinesis.MergeShardsInput{StreamName: s.stream,
		ShardToMerge: aws.String("shardId-000000000001"), AdjacentShardToMerge: aws.String("shardId-000000000002")}))
	s.waitActive()
	emit("MergeShards", fields{"shards": s.shards(nil)})
	_, err := s.client.PutRecord(s.ctx, &kinesis.PutRecordInput{
		StreamName: aws.String(*s.stream + "-missing"), PartitionKey: aws.String("a"), Data: []byte("x")})
	var missing *types.ResourceNotFoundException
	emit("PutRecord to a missing stream", fields{"error": errors.As(err, &missing), "name": missing.ErrorCode(),
		"message": missing.ErrorMessage()})
	must(s.client.DeregisterStreamConsumer(s.ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("go")}))
	emit("DeregisterStreamConsumer", fields{})
	must(s.client.DeleteStream(s.ctx, &kinesis.DeleteStreamInput{StreamName: s.stream, EnforceConsumerDeletion: aws.Bool(true)}))
	emit("DeleteStream", fields{})
}

func (s session) putOne(text string) {
	must(s.client.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: s.stream, PartitionKey: aws.String("a"), Data: []byte(text)}))
}

func (s session) waitActive() *types.StreamDescriptionSummary {
	for {
		output := must(s.client.DescribeStreamSummary(s.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: s.stream}))
		if output.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return output.StreamDescriptionSummary
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s session) shards(filter *types.ShardFilter) []string {
	names := []string{}
	for _, shard := range must(s.client.ListShards(s.ctx, &kinesis.ListShardsInput{StreamName: s.stream, ShardFilter: filter})).Shards {
		names = append(names, *shard.ShardId)
	}
	return names
}

func textOf(records []types.Record) []string {
	texts := []string{}
	for _, record := range records {
		texts = append(texts, string(record.Data))
	}
	return texts
}

func numbersOf(records []types.Record) []string {
	numbers := []string{}
	for _, record := range records {
		numbers = append(numbers, *record.SequenceNumber)
	}
	return numbers
}

func childrenOf(shards []types.ChildShard) []string {
	names := []string{}
	for _, shard := range shards {
		names = append(names, *shard.ShardId)
	}
	return names
}

func emit(step string, values fields) {
	values["step"] = step
	fmt.Println(string(must(json.Marshal(values))))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
