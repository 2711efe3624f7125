#!/usr/bin/env bash
# One night of one catalog: ask what is new, combine, publish. Prints only what a person should read.
#
#   nightly.sh FOLDER        FOLDER holds attrx.yaml and products.csv
set -uo pipefail

# Kinds of warnings that are known here and are no reason for a mail; docs/outputs.md lists all kinds.
quiet_kinds="products_without_text small_group"

cd "${1:?usage: nightly.sh FOLDER}" || exit 1
mkdir -p log published
log="log/$(date +%Y-%m-%dT%H%M%S).jsonl"
if [ -f keys.env ]; then . ./keys.env; fi

attrx run products.csv --compare out --quiet --log-format json 2>"$log"
code=$?

publish() {  # whole or not at all: a reader never sees half a file
    cp out/products.csv published/.products.csv && mv published/.products.csv published/products.csv
}

case $code in
    0 | 3) publish || exit 1 ;;
    4) echo "stopped at the budget; not published, the next night goes on from there" ;;
    5) echo "the run of the night before is still going; nothing was done" ;;
    7) echo "cells are on their way in a batch; not published until they are collected" ;;
    *) echo "attrx run ended with exit code $code; not published" ;;
esac

python3 - "$log" "$quiet_kinds" <<'PYTHON'
import json
import sys

quiet_kinds = sys.argv[2].split()
for line in open(sys.argv[1], encoding="utf-8"):
    try:
        record = json.loads(line)
    except ValueError:  # what is no message of attrx, such as the shell's own words
        print(line.rstrip())
        continue
    if record["level"] != "info" and record.get("kind") not in quiet_kinds:
        print(f"{record['level']}: {record['message']}")
PYTHON
exit $code
