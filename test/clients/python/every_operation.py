"""Every data operation of Kinesis, and SubscribeToShard, through boto3 as its users run it.

Arguments: endpoint, stream name. AWS_CA_BUNDLE names a PEM file to trust. Prints one JSON line per step.
"""

import json
import sys
import time

import boto3

ENDPOINT, STREAM = sys.argv[1:3]
FIRST_SHARD = "shardId-000000000000"
MIDDLE_HASH = "170141183460469231731687303715884105728"

kinesis = boto3.client(
    "kinesis",
    endpoint_url=ENDPOINT,
    region_name="us-east-1",
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="secret",
)


def emit(step, **values):
    print(json.dumps({"step": step, **values}), flush=True)


def put_one(text):
    return kinesis.put_record(StreamName=STREAM, PartitionKey="a", Data=text.encode())


def wait_active():
    while True:
        summary = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
        if summary["StreamStatus"] == "ACTIVE":
            return summary
        time.sleep(0.05)


def shards(**options):
    return [shard["ShardId"] for shard in kinesis.list_shards(StreamName=STREAM, **options)["Shards"]]


def texts(records):
    return [record["Data"].decode() for record in records]


def numbers(records):
    return [record["SequenceNumber"] for record in records]


def ids(children):
    return [child["ShardId"] for child in children]


def create():
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    emit("CreateStream")
    summary = wait_active()
    emit("DescribeStreamSummary", status=summary["StreamStatus"], openShards=summary["OpenShardCount"])
    emit("ListShards", shards=shards())
    return summary["StreamARN"]


def put():
    one = put_one("one")
    emit("PutRecord", shardId=one["ShardId"], sequenceNumbers=numbers([one]))
    two = kinesis.put_record(
        StreamName=STREAM,
        PartitionKey="a",
        Data=b"two",
        ExplicitHashKey="0",
        SequenceNumberForOrdering=one["SequenceNumber"],
    )
    emit("PutRecord in order", shardId=two["ShardId"], sequenceNumbers=numbers([two]))
    many = kinesis.put_records(
        StreamName=STREAM,
        Records=[
            {"PartitionKey": "b", "Data": b"three"},
            {"PartitionKey": "c", "Data": b"four", "ExplicitHashKey": "1"},
            {"PartitionKey": "é€😀", "Data": b"five"},
        ],
    )
    emit("PutRecords", failed=many["FailedRecordCount"], sequenceNumbers=numbers(many["Records"]))
    return one["SequenceNumber"]


def read(kind, wanted, **start):
    """Reads until it has as many as wanted; at the tip it puts the record it then waits for."""
    iterator = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=FIRST_SHARD, ShardIteratorType=kind, **start)
    iterator = iterator["ShardIterator"]
    if kind == "LATEST":
        put_one("six")
    records = []
    while len(records) < wanted:
        page = kinesis.get_records(ShardIterator=iterator)
        records += page["Records"]
        iterator = page["NextShardIterator"]
    keys = [record["PartitionKey"] for record in records]
    emit("GetRecords " + kind, data=texts(records), keys=keys, sequenceNumbers=numbers(records))
    return records


def split():
    kinesis.split_shard(StreamName=STREAM, ShardToSplit=FIRST_SHARD, NewStartingHashKey=MIDDLE_HASH)
    wait_active()
    emit("SplitShard", shards=shards())


def subscribe_until_split(arn):
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="python")["Consumer"]
    emit("RegisterStreamConsumer", name=consumer["ConsumerName"])
    consumer_arn = consumer["ConsumerARN"]
    while True:
        described = kinesis.describe_stream_consumer(ConsumerARN=consumer_arn)["ConsumerDescription"]
        if described["ConsumerStatus"] == "ACTIVE":
            emit("DescribeStreamConsumer", status="ACTIVE")
            break
        time.sleep(0.05)
    records = []
    subscription = kinesis.subscribe_to_shard(
        ConsumerARN=consumer_arn, ShardId=FIRST_SHARD, StartingPosition={"Type": "TRIM_HORIZON"}
    )
    for event in subscription["EventStream"]:
        event = event["SubscribeToShardEvent"]
        before = len(records)
        records += event["Records"]
        if before < 6 <= len(records):
            put_one("seven")
        if before < 7 <= len(records):
            emit("SubscribeToShard", data=texts(records), sequenceNumbers=numbers(records))
            split()
        if event.get("ChildShards"):
            emit(
                "SubscribeToShard at the end of the shard",
                children=ids(event["ChildShards"]),
                continuation=event.get("ContinuationSequenceNumber"),
            )


def reshard_and_delete(arn):
    iterator = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=FIRST_SHARD, ShardIteratorType="TRIM_HORIZON")
    iterator = iterator["ShardIterator"]
    children = []
    while iterator:
        page = kinesis.get_records(ShardIterator=iterator, Limit=3)
        iterator, children = page.get("NextShardIterator"), page.get("ChildShards", [])
    emit("GetRecords at the end of the shard", children=ids(children))
    emit("ListShards AT_LATEST", shards=shards(ShardFilter={"Type": "AT_LATEST"}))
    kinesis.merge_shards(
        StreamName=STREAM, ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    wait_active()
    emit("MergeShards", shards=shards())
    try:
        kinesis.put_record(StreamName=STREAM + "-missing", PartitionKey="a", Data=b"x")
    except kinesis.exceptions.ResourceNotFoundException as missing:
        error = missing.response["Error"]
        emit("PutRecord to a missing stream", error=True, name=error["Code"], message=error["Message"])
    kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="python")
    emit("DeregisterStreamConsumer")
    kinesis.delete_stream(StreamName=STREAM, EnforceConsumerDeletion=True)
    emit("DeleteStream")


stream_arn = create()
first = put()
everything = read("TRIM_HORIZON", 5)
third = next(record for record in everything if record["Data"] == b"three")
read("AT_SEQUENCE_NUMBER", 5, StartingSequenceNumber=first)
read("AFTER_SEQUENCE_NUMBER", 4, StartingSequenceNumber=first)
read("AT_TIMESTAMP", 3, Timestamp=third["ApproximateArrivalTimestamp"])
read("LATEST", 1)
subscribe_until_split(stream_arn)
reshard_and_delete(stream_arn)
