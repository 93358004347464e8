#!/bin/bash
# Runs once, when PostgreSQL's data directory is new: one schema for each service, and a user for each that sees no other's.
# A service's memory is its own; a query that crosses the line fails here rather than in a review.
set -euo pipefail
for service in ingestion tokenization training checkpoint evaluation inference control; do
  psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set service="$service" --set password="$MARU_DATABASE_PASSWORD" <<'SQL'
create role :"service" login password :'password';
create schema :"service" authorization :"service";
SQL
done
