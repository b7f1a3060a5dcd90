"""A worker's handler in Python, without any library: records come in on standard input, counters are in Redis.

    millrace worker exec --stream visits --application python -- python3 count.py --redis redis://127.0.0.1:6379
"""

import base64
import json
import pathlib
import re
import socket
import sys
import urllib.parse

LINE = re.compile(r'\[(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d):\d\d [^\]]*\] "[^"]*" (\d{3})')
SCRIPT = (pathlib.Path(__file__).parent / "count.lua").read_text()


class Redis:
    """As much of a client as this needs: one command at a time, which fails when Redis says so."""

    def __init__(self, url):
        target = urllib.parse.urlparse(url)
        self.stream = socket.create_connection((target.hostname, target.port or 6379)).makefile("rwb")

    def call(self, *parts):
        encoded = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
        self.stream.write(b"*%d\r\n" % len(encoded))
        for part in encoded:
            self.stream.write(b"$%d\r\n%s\r\n" % (len(part), part))
        self.stream.flush()
        answer = self.stream.readline().strip()
        if not answer.startswith(b":"):
            raise RuntimeError(answer.decode())
        return int(answer[1:])


def counter_of(line):
    match = LINE.search(line)
    if match is None:
        return ""
    day, month, year, minute, status = match.groups()
    return f"{year} {month} {day} {minute} {status}"


def count(redis, message):
    arguments = [message["shardId"]]
    for record in message["records"]:
        arguments.append(f"{record['sequenceNumber']:0>60}:{record['subSequenceNumber']:0>10}")
        arguments.append(counter_of(base64.b64decode(record["data"]).decode()))
    redis.call("EVAL", SCRIPT, 2, "{access-log}:counts", "{access-log}:positions", *arguments)


def main():
    redis = Redis(sys.argv[sys.argv.index("--redis") + 1])
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] in ("hello", "cancel"):
            continue
        answer = {"type": "done", "id": message["id"]}
        if message["type"] == "records":
            try:
                count(redis, message)
            except Exception as error:
                answer = {"type": "failed", "id": message["id"], "message": str(error)}
        print(json.dumps(answer), flush=True)


main()
