#!/bin/bash
# Runs once, after InfluxDB was set up: makes the user that Grafana asks as, who may read the bucket and nothing else.
set -euo pipefail

influx v1 auth create --username grafana --password "$GRAFANA_INFLUX_PASSWORD" \
  --org "$DOCKER_INFLUXDB_INIT_ORG" --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" >/dev/null
