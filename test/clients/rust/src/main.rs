//! Every data operation of Kinesis, and SubscribeToShard, through the AWS SDK for Rust as its users run it.
//!
//! Arguments: endpoint, stream name. `AWS_CA_BUNDLE` names a PEM file to trust. Prints one JSON line per step.

use std::{env, error::Error, fs, time::Duration};

use aws_sdk_kinesis::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::ProvideErrorMetadata,
    primitives::{Blob, DateTime},
    types::{
        ChildShard, PutRecordsRequestEntry, Record, ShardFilter, ShardFilterType,
        ShardIteratorType, StartingPosition, StreamDescriptionSummary, StreamStatus,
        SubscribeToShardEventStream,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use serde_json::{Value, json};
use tokio::time::sleep;

type Outcome<T> = Result<T, Box<dyn Error>>;

const FIRST_SHARD: &str = "shardId-000000000000";
const MIDDLE_HASH: &str = "170141183460469231731687303715884105728";
const POLL: Duration = Duration::from_millis(50);

struct Session {
    client: Client,
    stream: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = env::args().skip(1);
    let endpoint = arguments.next().ok_or("an endpoint is missing")?;
    let stream = arguments.next().ok_or("a stream name is missing")?;
    let mut config = aws_sdk_kinesis::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .endpoint_url(&endpoint);
    let tls = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    config = config.http_client(match env::var("AWS_CA_BUNDLE") {
        Ok(file) => tls
            .tls_context(
                TlsContext::builder()
                    .with_trust_store(TrustStore::empty().with_pem_certificate(fs::read(file)?))
                    .build()?,
            )
            .build_https(),
        Err(_) => tls.build_https(),
    });
    let session = Session {
        client: Client::from_conf(config.build()),
        stream,
    };
    let arn = session.create().await?;
    let first = session.put().await?;
    session.read(&first).await?;
    session.subscribe_until_split(&arn).await?;
    session.reshard_and_delete(&arn).await
}

impl Session {
    async fn create(&self) -> Outcome<String> {
        let client = &self.client;
        client.create_stream().stream_name(&self.stream).shard_count(1).send().await?;
        emit("CreateStream", json!({}));
        let summary = self.wait_active().await?;
        emit(
            "DescribeStreamSummary",
            json!({ "status": summary.stream_status().as_str(), "openShards": summary.open_shard_count() }),
        );
        emit("ListShards", json!({ "shards": self.shards(None).await? }));
        Ok(summary.stream_arn().to_owned())
    }

    async fn put(&self) -> Outcome<String> {
        let (shard, first) = self.put_one("one").await?;
        emit("PutRecord", json!({ "shardId": shard, "sequenceNumbers": [first] }));
        let two = self
            .client
            .put_record()
            .stream_name(&self.stream)
            .partition_key("a")
            .data(Blob::new("two"))
            .explicit_hash_key("0")
            .sequence_number_for_ordering(&first)
            .send()
            .await?;
        emit(
            "PutRecord in order",
            json!({ "shardId": two.shard_id(), "sequenceNumbers": [two.sequence_number()] }),
        );
        let entry = |key: &str, text: &str| {
            PutRecordsRequestEntry::builder().partition_key(key).data(Blob::new(text))
        };
        let many = self
            .client
            .put_records()
            .stream_name(&self.stream)
            .records(entry("b", "three").build()?)
            .records(entry("c", "four").explicit_hash_key("1").build()?)
            .records(entry("é€😀", "five").build()?)
            .send()
            .await?;
        let numbers: Vec<_> = many.records().iter().map(|each| each.sequence_number()).collect();
        emit(
            "PutRecords",
            json!({ "failed": many.failed_record_count().unwrap_or(0), "sequenceNumbers": numbers }),
        );
        Ok(first)
    }

    async fn read(&self, first: &str) -> Outcome<()> {
        let all = self.records(ShardIteratorType::TrimHorizon, None, None, 5).await?;
        let third = all.iter().find(|record| record.data().as_ref() == b"three");
        let arrival = third.and_then(|record| record.approximate_arrival_timestamp()).copied();
        self.records(ShardIteratorType::AtSequenceNumber, Some(first), None, 5).await?;
        self.records(ShardIteratorType::AfterSequenceNumber, Some(first), None, 4).await?;
        self.records(ShardIteratorType::AtTimestamp, None, arrival, 3).await?;
        self.records(ShardIteratorType::Latest, None, None, 1).await?;
        Ok(())
    }

    /// Reads until it has as many as wanted; at the tip it puts the record it then waits for.
    async fn records(
        &self,
        kind: ShardIteratorType,
        sequence_number: Option<&str>,
        timestamp: Option<DateTime>,
        wanted: usize,
    ) -> Outcome<Vec<Record>> {
        let mut iterator = self
            .client
            .get_shard_iterator()
            .stream_name(&self.stream)
            .shard_id(FIRST_SHARD)
            .shard_iterator_type(kind.clone())
            .set_starting_sequence_number(sequence_number.map(str::to_owned))
            .set_timestamp(timestamp)
            .send()
            .await?
            .shard_iterator;
        if kind == ShardIteratorType::Latest {
            self.put_one("six").await?;
        }
        let mut records = Vec::new();
        while records.len() < wanted {
            let page = self.client.get_records().set_shard_iterator(iterator).send().await?;
            records.extend(page.records);
            iterator = page.next_shard_iterator;
        }
        let keys: Vec<_> = records.iter().map(Record::partition_key).collect();
        emit(
            &format!("GetRecords {}", kind.as_str()),
            json!({ "data": text_of(&records), "keys": keys, "sequenceNumbers": numbers_of(&records) }),
        );
        Ok(records)
    }

    async fn subscribe_until_split(&self, arn: &str) -> Outcome<()> {
        let registered =
            self.client.register_stream_consumer().stream_arn(arn).consumer_name("rust").send().await?;
        let consumer = registered.consumer().ok_or("no consumer was registered")?;
        emit("RegisterStreamConsumer", json!({ "name": consumer.consumer_name() }));
        loop {
            let described = self
                .client
                .describe_stream_consumer()
                .consumer_arn(consumer.consumer_arn())
                .send()
                .await?;
            let status = described.consumer_description().map(|each| each.consumer_status().as_str());
            if status == Some("ACTIVE") {
                emit("DescribeStreamConsumer", json!({ "status": status }));
                break;
            }
            sleep(POLL).await;
        }
        let start = StartingPosition::builder().r#type(ShardIteratorType::TrimHorizon).build()?;
        let mut subscription = self
            .client
            .subscribe_to_shard()
            .consumer_arn(consumer.consumer_arn())
            .shard_id(FIRST_SHARD)
            .starting_position(start)
            .send()
            .await?;
        let mut records: Vec<Record> = Vec::new();
        while let Some(event) = subscription.event_stream.recv().await? {
            let SubscribeToShardEventStream::SubscribeToShardEvent(event) = event else {
                return Err("an event of an unknown kind".into());
            };
            let before = records.len();
            records.extend(event.records);
            if before < 6 && records.len() >= 6 {
                self.put_one("seven").await?;
            }
            if before < 7 && records.len() >= 7 {
                emit(
                    "SubscribeToShard",
                    json!({ "data": text_of(&records), "sequenceNumbers": numbers_of(&records) }),
                );
                self.split().await?;
            }
            if let Some(children) = event.child_shards.filter(|children| !children.is_empty()) {
                emit(
                    "SubscribeToShard at the end of the shard",
                    // The SDK turns the absent number into an empty string: the model says it is required.
                    json!({ "children": children_of(&children),
                        "continuation": Some(event.continuation_sequence_number).filter(|each| !each.is_empty()) }),
                );
            }
        }
        Ok(())
    }

    async fn split(&self) -> Outcome<()> {
        self.client
            .split_shard()
            .stream_name(&self.stream)
            .shard_to_split(FIRST_SHARD)
            .new_starting_hash_key(MIDDLE_HASH)
            .send()
            .await?;
        self.wait_active().await?;
        emit("SplitShard", json!({ "shards": self.shards(None).await? }));
        Ok(())
    }

    async fn reshard_and_delete(&self, arn: &str) -> Outcome<()> {
        let client = &self.client;
        let mut iterator = client
            .get_shard_iterator()
            .stream_name(&self.stream)
            .shard_id(FIRST_SHARD)
            .shard_iterator_type(ShardIteratorType::TrimHorizon)
            .send()
            .await?
            .shard_iterator;
        let mut children = Vec::new();
        while iterator.is_some() {
            let page = client.get_records().set_shard_iterator(iterator).limit(3).send().await?;
            iterator = page.next_shard_iterator;
            children = page.child_shards.unwrap_or_default();
        }
        emit("GetRecords at the end of the shard", json!({ "children": children_of(&children) }));
        let latest = self.shards(Some(ShardFilterType::AtLatest)).await?;
        emit("ListShards AT_LATEST", json!({ "shards": latest }));
        client
            .merge_shards()
            .stream_name(&self.stream)
            .shard_to_merge("shardId-000000000001")
            .adjacent_shard_to_merge("shardId-000000000002")
            .send()
            .await?;
        self.wait_active().await?;
        emit("MergeShards", json!({ "shards": self.shards(None).await? }));
        let refused = client
            .put_record()
            .stream_name(format!("{}-missing", self.stream))
            .partition_key("a")
            .data(Blob::new("x"))
            .send()
            .await;
        let error = refused.err().ok_or("a put to a missing stream succeeded")?.into_service_error();
        emit(
            "PutRecord to a missing stream",
            json!({ "error": error.is_resource_not_found_exception(), "name": error.code(), "message": error.message() }),
        );
        client.deregister_stream_consumer().stream_arn(arn).consumer_name("rust").send().await?;
        emit("DeregisterStreamConsumer", json!({}));
        client.delete_stream().stream_name(&self.stream).enforce_consumer_deletion(true).send().await?;
        emit("DeleteStream", json!({}));
        Ok(())
    }

    async fn put_one(&self, text: &str) -> Outcome<(String, String)> {
        let put = self
            .client
            .put_record()
            .stream_name(&self.stream)
            .partition_key("a")
            .data(Blob::new(text))
            .send()
            .await?;
        Ok((put.shard_id, put.sequence_number))
    }

    async fn wait_active(&self) -> Outcome<StreamDescriptionSummary> {
        loop {
            let output = self.client.describe_stream_summary().stream_name(&self.stream).send().await?;
            let summary = output.stream_description_summary.ok_or("no summary")?;
            if summary.stream_status() == &StreamStatus::Active {
                return Ok(summary);
            }
            sleep(POLL).await;
        }
    }

    async fn shards(&self, filter: Option<ShardFilterType>) -> Outcome<Vec<String>> {
        let filter = filter.map(|kind| ShardFilter::builder().r#type(kind).build()).transpose()?;
        let listed =
            self.client.list_shards().stream_name(&self.stream).set_shard_filter(filter).send().await?;
        Ok(listed.shards().iter().map(|shard| shard.shard_id().to_owned()).collect())
    }
}

fn text_of(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| String::from_utf8_lossy(record.data().as_ref()).into_owned()).collect()
}

fn numbers_of(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::sequence_number).collect()
}

fn children_of(shards: &[ChildShard]) -> Vec<&str> {
    shards.iter().map(ChildShard::shard_id).collect()
}

fn emit(step: &str, mut values: Value) {
    values["step"] = json!(step);
    println!("{values}");
}
