#!/bin/bash
# Makes the topics of topics.txt that do not exist yet. KAFKA_BROKERS is host:port of a broker.
set -euo pipefail
cd "$(dirname "$0")"
grep '^maru' topics.txt | while read -r name partitions; do
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$KAFKA_BROKERS" \
    --create --if-not-exists --topic "$name" --partitions "$partitions" </dev/null
done
