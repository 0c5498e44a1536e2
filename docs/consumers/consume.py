"""Reads alerts: each once, whatever is delivered twice. Needs `confluent-kafka` and `cloudevents` (2.x)."""

import sys

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from confluent_kafka import Consumer

brokers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": "my-desk",
        # Records of a transaction that was taken back are never seen.
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        # Committed below, once the alert was acted on.
        "enable.auto.commit": False,
    }
)
consumer.subscribe([topic])

# The last sequence that was acted on, by alert. Keep it where your results are: in the same database transaction.
acted_on: dict[str, int] = {}

while count > 0:
    record = consumer.poll(1.0)
    if record is None:
        continue
    if record.error():
        raise SystemExit(f"cannot read {topic}: {record.error()}")
    message = KafkaMessage(headers=dict(record.headers()), key=record.key(), value=record.value())
    event = from_binary_event(message)
    alert_id, sequence = event.get_id().rsplit(".", 1)
    if int(sequence) > acted_on.get(alert_id, 0):
        alert = event.get_data()
        print(f'{alert["action"]} {alert["severity"]} {alert["watchlist"]["id"]}: {alert["summary"]}', flush=True)
        acted_on[alert_id] = int(sequence)
    consumer.commit(record, asynchronous=False)
    count -= 1
consumer.close()
