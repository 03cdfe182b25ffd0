#!/usr/bin/env python3
"""Counts raw call records again, independently, and compares with exported day cells.

Shares no code and no table with the program that it checks: its own reading of the formats, its
own attribution (a small JSON map), its own prices (a small JSON table), its own buckets and its
own rounding. Python 3.9 or newer, standard library only.

    recount.py --map demo.json RECORDS...                       prints day cells as JSON lines
    recount.py --map demo.json --compare cells.jsonl RECORDS... exits 1 and names each difference
    recount.py --map demo.json calls.dump.jsonl                 a dump of a topic, one record a line
    recount.py --self-test                                      breaks figures and expects to see it

Key of a cell: day, feature, endpoint. Exported cells that differ only in provider, model, region,
verdict or grade are added up first.
"""

import argparse
import base64
import collections
import gzip
import json
import pathlib
import re
import sys
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATENCY_MAX_MS = 3_600_000
PROMPT_MAX_TOKENS = 10_000_000
FEMTO_IN_NANO = 1_000_000
SHOWN_AT_MOST = 60

# Every figure that is recounted. What hangs on rules of residency or links is not.
TOTALS = (
    ["calls_" + c for c in ("ok", "throttled", "auth", "client_error", "server_error", "timeout", "no_answer", "failed")]
    + ["requests_" + c for c in ("ok", "throttled", "auth", "client_error", "server_error", "timeout", "no_answer", "failed")]
    + ["latency_ms_sum", "duration_ms_sum", "request_bytes", "response_bytes"]
    + ["tokens_input", "tokens_cache_read", "tokens_cache_write_5m", "tokens_cache_write_1h"]
    + ["tokens_output", "tokens_reasoning"]
    + ["cost_exact_nanousd", "cost_approximated_nanousd"]
    + ["requests_exact", "requests_approximated", "requests_fixed", "requests_unpriced"]
    + ["tokens_fixed", "tokens_unpriced", "requests_external", "requests_platform"]
)
HISTOGRAMS = ("latency", "duration", "prompt")


class Unreadable(Exception):
    """The record belongs into quarantine."""


class NotACall(Exception):
    """The record is no LLM call."""


# ---------------------------------------------------------------------------------------------
# Numbers


def bucket(value, largest):
    """The lowest value that shares the bucket: exact below 256, eight leading bits above."""
    value = min(value, largest)
    shift = max(value.bit_length() - 8, 0)
    return value >> shift << shift


def round_half_even(numerator, denominator):
    whole, rest = divmod(numerator, denominator)
    if rest * 2 > denominator or (rest * 2 == denominator and whole % 2 == 1):
        whole += 1
    return whole


def cost_nanousd(price, usage):
    """Femto-dollars per token times tokens, one rounding."""
    femto = sum(usage[name] * price.get(name, 0) for name in BUCKETS)
    for name in BUCKETS:
        if usage[name] and name not in price:
            raise SystemExit(f"the price of {price['endpoint']} names no rate for `{name}`")
    factor = price.get("factor_millionths", 1_000_000)
    return round_half_even(femto * factor, FEMTO_IN_NANO * 1_000_000)


BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def usage_of(total_input, output, cache_read=0, reasoning=0):
    if min(total_input, output, cache_read, reasoning) < 0 or cache_read > total_input:
        raise Unreadable("tokens")
    return {
        "input": total_input - cache_read,
        "cache_read": cache_read,
        "cache_write_5m": 0,
        "cache_write_1h": 0,
        "output": output,
        "reasoning": reasoning,
    }


# ---------------------------------------------------------------------------------------------
# Records


def strict(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unreadable("a key twice")
    return made


def refuse(word):
    raise Unreadable(word)


def parse(line):
    try:
        text = line.decode("utf-8")
        value = json.loads(text, object_pairs_hook=strict, parse_constant=refuse)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise Unreadable(str(fault))
    if not isinstance(value, dict):
        raise Unreadable("no object")
    return value


def millis(text):
    """Milliseconds since 1970 of a database time or RFC 3339; Azure writes seven decimals."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?Z?", text or "")
    if not match:
        raise Unreadable("time")
    when = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
    fraction = ((match[3] or "") + "000")[:3]
    return (when - EPOCH) // timedelta(milliseconds=1) + int(fraction)


def class_of(status):
    status = int(status or 0)
    if status == 0:
        return "no_answer"
    if 200 <= status < 300:
        return "ok"
    if status == 429:
        return "throttled"
    if status in (401, 403):
        return "auth"
    if status in (408, 504):
        return "timeout"
    return "server_error" if status >= 500 else "client_error"


def class_of_error(text):
    code = re.search(r"\b([45]\d\d)\b", text)
    if code:
        return class_of(code[1])
    low = re.sub(r"[^a-z]", "", text.lower())
    for word, name in (
        ("ratelimit", "throttled"),
        ("throttl", "throttled"),
        ("timeout", "timeout"),
        ("timedout", "timeout"),
        ("connect", "no_answer"),
        ("accessdenied", "auth"),
        ("unavailable", "server_error"),
        ("internalserver", "server_error"),
        ("validation", "client_error"),
    ):
        if word in low:
            return name
    return "failed"


def whole(value):
    return int(value) if value not in (None, "") else None


def row_id(table, row):
    """A row that was exported without its id is known by all that it says."""
    if row.get("sys_id"):
        return ("row", table, row["sys_id"])
    return ("weak", table, json.dumps(row, sort_keys=True))


def outbound(row):
    host, path = row.get("hostname") or "", row.get("path") or ""
    return [
        {
            "id": row_id("outbound", row),
            "at": millis(row["sys_created_on"]),
            "host": host,
            "path": path,
            "scope": row.get("scope", ""),
            "call": {
                "class": class_of(row.get("response_status")),
                "latency": whole(row.get("response_time")),
                "request_bytes": whole(row.get("request_length")) or 0,
                "response_bytes": whole(row.get("response_length")) or 0,
            },
        }
    ]


def genai(row):
    ok = row["status"] == "Success"
    prompt, output = int(row["prompt_token_count"]), int(row["response_token_count"])
    return [
        {
            "id": row_id("genai", row),
            "at": millis(row["started_at"]),
            "alias": row["model_name"],
            "scope": row.get("derived_scope", ""),
            "source": row.get("source", ""),
            "request": {
                "class": "ok" if ok else class_of_error(row.get("error", "")),
                "usage": usage_of(prompt, output) if prompt or output else None,
                "duration": whole(row.get("time_taken")),
                "external": row.get("external") == "true",
            },
        }
    ]


def split_url(url):
    match = re.match(r"https?://([^/:?]+)(?::\d+)?([^?]*)", url or "")
    if not match:
        raise Unreadable("no destination")
    return match[1].lower(), match[2]


def native(row):
    host, path = split_url(row.get("url"))
    told = row.get("usage")
    usage = None
    if told:
        usage = usage_of(told["input"], told["output"], told.get("cache_read", 0), told.get("reasoning", 0))
    result = class_of(row.get("status"))
    return [
        {
            "id": ("native", row["id"]),
            "at": millis(row["at"]),
            "host": host,
            "path": path,
            "application": row.get("application", ""),
            "skill": row.get("skill", ""),
            "call": {
                "class": result,
                "latency": row.get("latency_ms"),
                "request_bytes": row.get("request_bytes") or 0,
                "response_bytes": row.get("response_bytes") or 0,
            },
            "request": {"class": result, "usage": usage, "duration": row.get("latency_ms")},
        }
    ]


def seconds_as_millis(number):
    """JSON numbers with at most three decimals, exactly: floats are read as text."""
    return round(number * 1000)


def litellm(row):
    host, path = split_url(row["api_base"])
    ok = row["status"] == "success"
    error = row.get("error_information") or {}
    result = "ok" if ok else class_of_error(f"{error.get('error_code', '')} {error.get('error_class', '')}")
    details = row["metadata"]["usage_object"]
    cached = details["prompt_tokens_details"]["cached_tokens"]
    reasoning = details["completion_tokens_details"]["reasoning_tokens"]
    usage = usage_of(row["prompt_tokens"], row["completion_tokens"], cached, reasoning) if ok else None
    took = seconds_as_millis(row["response_time"])
    return [
        {
            "id": ("response", row["id"]),
            "at": seconds_as_millis(row["startTime"]),
            "host": host,
            "path": path,
            "model": row["model"],
            "application": (row["metadata"] or {}).get("user_api_key_team_alias", ""),
            "skill": (row.get("request_tags") or [""])[0],
            "call": {"class": result, "latency": took, "request_bytes": 0, "response_bytes": 0},
            "request": {"class": result, "usage": usage, "duration": took},
        }
    ]


def invocation(row):
    error = row.get("errorCode")
    result = class_of_error(error) if error else "ok"
    usage, took = None, None
    if not error:
        # Bedrock counts what was read from the cache outside the input.
        cached = row["input"].get("cacheReadInputTokenCount", 0)
        fresh = row["input"]["inputTokenCount"]
        usage = usage_of(fresh + cached, row["output"]["outputTokenCount"], cached)
        took = row["output"]["outputBodyJson"]["metrics"]["latencyMs"]
    tags = row.get("requestMetadata") or {}
    return [
        {
            "id": ("request", row["requestId"]),
            "at": millis(row["timestamp"]),
            "host": f"bedrock-runtime.{row['region']}.amazonaws.com",
            "path": "",
            "model": row["modelId"],
            "application": tags.get("application", ""),
            "skill": tags.get("skill", ""),
            "call": {"class": result, "latency": took, "request_bytes": 0, "response_bytes": 0},
            "request": {"class": result, "usage": usage, "duration": took},
        }
    ]


def azure(row):
    properties = row["properties"]
    category = row["category"]
    at = millis(row["time"])
    if category == "RequestResponse":
        account = row["resourceId"].rsplit("/", 1)[1].lower()
        return {
            "id": ("request", row["correlationId"]),
            "at": at,
            "account": account,
            "deployment": properties["modelDeploymentName"],
            "call": {
                "class": class_of(row["resultSignature"]),
                "latency": row["durationMs"],
                "request_bytes": properties["requestLength"],
                "response_bytes": properties["responseLength"],
            },
        }
    if category == "GatewayLogs":
        host, path = split_url(properties["backendUrl"])
        return {
            "id": ("gateway", row["correlationId"], "call"),
            "at": at,
            "host": host,
            "path": path,
            "call": {
                "class": class_of(properties["backendResponseCode"]),
                "latency": properties["backendTime"],
                "request_bytes": properties["requestSize"],
                "response_bytes": properties["responseSize"],
            },
        }
    if category == "GatewayLlmLogs":
        usage = usage_of(properties["promptTokens"], properties["completionTokens"], properties["promptCachedTokens"])
        return {
            "id": ("gateway", properties["correlationId"], "request"),
            "at": at,
            "deployment": properties["deploymentName"],
            "request": {"class": "ok", "usage": usage, "duration": None},
        }
    raise NotACall(category)


def span(service, attributes, ids, nanos):
    """One OpenTelemetry GenAI span; input includes what was read from the cache."""
    error = attributes.get("error.type")
    result = class_of_error(error) if error else "ok"
    usage = None
    if not error:
        usage = usage_of(
            attributes["gen_ai.usage.input_tokens"],
            attributes["gen_ai.usage.output_tokens"],
            attributes.get("gen_ai.usage.cache_read.input_tokens", 0),
            attributes.get("gen_ai.usage.reasoning.output_tokens", 0),
        )
    took = (nanos[1] - nanos[0]) // 1_000_000
    return {
        "id": ("response", attributes["gen_ai.response.id"]) if "gen_ai.response.id" in attributes else ("span",) + ids,
        "at": nanos[0] // 1_000_000,
        "host": attributes["server.address"],
        "path": "",
        "model": attributes["gen_ai.request.model"],
        "service": service,
        "call": {"class": result, "latency": took, "request_bytes": 0, "response_bytes": 0},
        "request": {"class": result, "usage": usage, "duration": took},
    }


def otlp(message):
    def read(pairs):
        found = {}
        for pair in pairs:
            value = pair["value"]
            found[pair["key"]] = int(value["intValue"]) if "intValue" in value else value.get("stringValue")
        return found

    spans = []
    for resource in message["resourceSpans"]:
        service = read(resource["resource"]["attributes"]).get("service.name", "")
        for scope in resource["scopeSpans"]:
            for told in scope["spans"]:
                nanos = int(told["startTimeUnixNano"]), int(told["endTimeUnixNano"])
                spans.append(span(service, read(told["attributes"]), (told["traceId"], told["spanId"]), nanos))
    return spans


def fields(data):
    """The fields of a protobuf message: (number, value) with bytes, or integers."""
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise Unreadable("protobuf")
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        if kind not in (1, 2, 5):
            raise Unreadable("protobuf")
        length = {1: 8, 5: 4}.get(kind) or (varint() if kind == 2 else 0)
        value = data[at : at + length]
        at += length
        if len(value) != length:
            raise Unreadable("protobuf")
        yield key >> 3, int.from_bytes(value, "little") if kind != 2 else value


def otlp_protobuf(data):
    def one(message, number):
        return [value for key, value in fields(message) if key == number]

    def attributes(message, number):
        found = {}
        for pair in one(message, number):
            key = one(pair, 1)[0].decode()
            for kind, value in fields(one(pair, 2)[0]):
                found[key] = value.decode() if kind == 1 else value
        return found

    spans = []
    for resource in one(data, 1):
        service = attributes(one(resource, 1)[0], 1).get("service.name", "")
        for scope in one(resource, 2):
            for told in one(scope, 2):
                ids = one(told, 1)[0].hex(), one(told, 2)[0].hex()
                nanos = one(told, 7)[0], one(told, 8)[0]
                spans.append(span(service, attributes(told, 9), ids, nanos))
    return spans


def reports(record):
    """The reports of one record, by its shape."""
    if "resourceSpans" in record:
        return otlp(record)
    if "tollwatch" in record:
        return native(record)
    if record.get("schemaType") == "ModelInvocationLog":
        return invocation(record)
    if "records" in record:
        return [azure(inner) for inner in record["records"]]
    if "litellm_call_id" in record:
        return litellm(record)
    if "prompt_token_count" in record:
        return genai(record)
    if "hostname" in record:
        return outbound(record)
    raise Unreadable("shape")


# ---------------------------------------------------------------------------------------------
# Attribution


class Book:
    """The map of endpoints, features and prices."""

    def __init__(self, told):
        self.endpoints = told["endpoints"]
        self.features = told["features"]
        self.spokes = told.get("spokes", {})
        self.prices = {price["endpoint"]: price for price in told["prices"]}

    def endpoint(self, report):
        fits = []
        for endpoint in self.endpoints:
            if "alias" in report:
                if report["alias"] in endpoint.get("aliases", []):
                    fits.append((0, endpoint))
            elif "account" in report:
                if endpoint["host"].startswith(report["account"] + ".") and endpoint.get("deployment") == report["deployment"]:
                    fits.append((0, endpoint))
            elif "host" not in report:
                if endpoint.get("deployment") == report.get("deployment"):
                    fits.append((0, endpoint))
            elif endpoint["host"] == report["host"]:
                prefix = endpoint.get("path", "")
                if not report["path"] or report["path"].startswith(prefix):
                    fits.append((len(prefix), endpoint))
        if not fits:
            return None
        return max(fits, key=lambda fit: fit[0])[1]["name"]

    def feature(self, report, endpoint):
        for feature in self.features:
            if endpoint in feature.get("endpoints", []):
                return feature["feature"]
        for feature in self.features:
            if report.get("source") and report["source"] in feature.get("sources", []):
                return feature["feature"]
            if report.get("service") and report["service"] in feature.get("services", []):
                return feature["feature"]
        if report.get("skill"):
            return f"{report.get('application')}/{report['skill']}"
        return self.spokes.get(report.get("scope"), "unattributed")


# ---------------------------------------------------------------------------------------------
# Counting


class Cells:
    def __init__(self, book, zone):
        self.book = book
        self.zone = zone
        self.cells = {}
        self.seen = set()
        self.outcomes = collections.Counter(received=0, metered=0, duplicate=0, ignored=0, quarantined=0)

    def day(self, at):
        """Milliseconds of the day's beginning in the zone."""
        local = (EPOCH + timedelta(milliseconds=at)).astimezone(self.zone)
        begin = datetime(local.year, local.month, local.day, tzinfo=self.zone)
        return (begin.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)

    def outcome(self, name):
        self.outcomes["received"] += 1
        self.outcomes[name] += 1

    def record(self, read, data):
        try:
            found = read(data)
        except NotACall:
            self.outcome("ignored")
            return
        except (Unreadable, KeyError, ValueError, TypeError, IndexError):
            self.outcome("quarantined")
            return
        for report in found:
            self.report(report)

    def report(self, report):
        endpoint = self.book.endpoint(report)
        if endpoint is None and "host" in report:
            self.outcome("ignored")
            return
        if report["id"] in self.seen:
            self.outcome("duplicate")
            return
        self.seen.add(report["id"])
        self.outcome("metered")
        endpoint = endpoint or "unassigned"
        key = (self.day(report["at"]), self.book.feature(report, endpoint), endpoint)
        cell = self.cells.setdefault(key, collections.Counter())
        if "call" in report:
            self.call(cell, report["call"])
        if "request" in report:
            self.request(cell, report["request"], self.book.prices.get(endpoint))

    def call(self, cell, call):
        cell["calls_" + call["class"]] += 1
        cell["request_bytes"] += call["request_bytes"]
        cell["response_bytes"] += call["response_bytes"]
        if call["latency"] is not None:
            cell["latency_ms_sum"] += call["latency"]
            cell["latency", bucket(call["latency"], LATENCY_MAX_MS)] += 1

    def request(self, cell, request, price):
        cell["requests_" + request["class"]] += 1
        if request["duration"] is not None:
            cell["duration_ms_sum"] += request["duration"]
            cell["duration", bucket(request["duration"], LATENCY_MAX_MS)] += 1
        if "external" in request:
            cell["requests_external" if request["external"] else "requests_platform"] += 1
        usage = request["usage"]
        if usage is None:
            cell["requests_unpriced"] += request["class"] == "ok"
            return
        total = sum(usage[name] for name in BUCKETS)
        for name in BUCKETS:
            cell["tokens_" + name] += usage[name]
        cell["tokens_reasoning"] += usage["reasoning"]
        cell["prompt", bucket(total - usage["output"], PROMPT_MAX_TOKENS)] += 1
        kind = price["class"] if price else "unpriced"
        cell["requests_" + kind] += 1
        if kind in ("exact", "approximated"):
            cell[f"cost_{kind}_nanousd"] += cost_nanousd(price, usage)
        else:
            cell["tokens_" + kind] += total

    def lines(self):
        for (start, feature, endpoint), cell in sorted(self.cells.items()):
            line = {"start": start, "feature": feature, "endpoint": endpoint}
            line.update({name: cell[name] for name in TOTALS})
            for name in HISTOGRAMS:
                counts = [[key[1], count] for key, count in cell.items() if key[0] == name and count]
                line[name] = sorted(counts)
            yield line


def files(paths):
    for path in map(pathlib.Path, paths):
        inner = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        yield from inner


def value_of(data):
    """The reports of a record's value: JSON, or an OpenTelemetry export as protobuf."""
    if not data:
        raise Unreadable("no bytes")
    if not data.strip():
        raise NotACall("blank")
    # A protobuf export begins with field 1, a message; as text that is a line end.
    if data[:1] == b"\n" and data.lstrip()[:1] != b"{":
        return otlp_protobuf(data)
    return reports(parse(data))


def read_dump(lines, cells):
    """One JSON object a line: topic, partition, offset, value_base64 (or null)."""
    for line in lines:
        value = json.loads(line)["value_base64"]
        cells.record(value_of, b"" if value is None else base64.b64decode(value, validate=True))


def read_all(paths, cells):
    for path in files(paths):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as file:
            if path.name.removesuffix(".gz").endswith(".dump.jsonl"):
                read_dump(file, cells)
            elif path.name.removesuffix(".gz").endswith(".pb"):
                while length := file.read(4):
                    cells.record(otlp_protobuf, file.read(int.from_bytes(length, "big")))
            else:
                for line in file:
                    if line.strip():
                        cells.record(lambda data: reports(parse(data)), line.rstrip(b"\r\n"))
                    else:
                        cells.outcome("ignored")


# ---------------------------------------------------------------------------------------------
# Comparing


def start_millis(value):
    return value if isinstance(value, int) else millis(value)


def exported(lines):
    """Exported cells, added up over what is not in the key."""
    cells = {}
    for line in lines:
        row = json.loads(line)
        key = (start_millis(row["start"]), row["feature"], row["endpoint"])
        cell = cells.setdefault(key, collections.Counter())
        for name in TOTALS:
            cell[name] += row.get(name) or 0
        for name in HISTOGRAMS:
            for lowest, count in row.get(name) or []:
                cell[name, lowest] += count
    return cells


def differences(recounted, told):
    found = []
    for key in sorted(set(recounted) | set(told)):
        ours, theirs = recounted.get(key, {}), told.get(key, {})
        for figure in sorted(set(ours) | set(theirs), key=str):
            left, right = ours.get(figure, 0), theirs.get(figure, 0)
            if left != right:
                day = (EPOCH + timedelta(milliseconds=key[0])).isoformat()
                name = figure if isinstance(figure, str) else f"{figure[0]}[{figure[1]}]"
                found.append(f"{day} {key[1]} {key[2]} {name}: recounted {left}, exported {right}")
    return found


def compare(cells, path, replay):
    with open(path, encoding="utf-8") as lines:
        told = exported(line for line in lines if line.strip())
    found = differences(cells.cells, told)
    if replay:
        summary = json.loads(pathlib.Path(replay).read_text(encoding="utf-8"))
        for name, count in cells.outcomes.items():
            if summary.get(name) != count:
                found.append(f"{name}: recounted {count}, replayed {summary.get(name)}")
    for line in found[:SHOWN_AT_MOST]:
        print(line)
    if len(found) > SHOWN_AT_MOST:
        print(f"... and {len(found) - SHOWN_AT_MOST} more")
    figures = sum(len(cell) for cell in cells.cells.values())
    verdict = "equal" if not found else f"{len(found)} differences"
    print(f"{len(cells.cells)} cells, {figures} figures: {verdict}", file=sys.stderr)
    return 1 if found else 0


# ---------------------------------------------------------------------------------------------
# Self-test

SELF_MAP = {
    "endpoints": [{"name": "e", "host": "h.example", "path": "/v1", "aliases": ["large"]}],
    "features": [{"feature": "app/skill", "sources": ["Skill"]}],
    "spokes": {"spoke": "spoke/-"},
    "prices": [{"endpoint": "e", "class": "exact", "input": 2_500_000_000, "output": 10_000_000_500}],
}
SELF_RECORDS = [
    b'{"sys_id":"1","sys_created_on":"2026-11-20 23:30:00","hostname":"h.example","path":"/v1/chat","response_status":"200","response_time":"2841","request_length":"10","response_length":"20","scope":"spoke"}',
    b'{"sys_id":"1","sys_created_on":"2026-11-20 23:30:00","hostname":"h.example","path":"/v1/chat","response_status":"200","response_time":"2841","request_length":"10","response_length":"20","scope":"spoke"}',
    b'{"sys_id":"2","sys_created_on":"2026-11-20 09:00:00","hostname":"other.example","path":"/","response_status":"200"}',
    b'{"sys_id":"3","started_at":"2026-11-20 09:00:00","status":"Success","source":"Skill","model_name":"large","prompt_token_count":"4127","response_token_count":"391","time_taken":"255","external":"true"}',
    b'{"sys_id":"4","started_at":"2026-11-20 09:00:01","status":"Error","error":"failed with code: 429","source":"Skill","model_name":"large","prompt_token_count":"0","response_token_count":"0","time_taken":"9","external":"true"}',
    b'{"sys_id":"5","sys_id":"6"}',
    b'{"a":NaN}',
    b"no json",
]


def self_test():
    for value, expected in [(0, 0), (255, 255), (256, 256), (257, 256), (2841, 2832), (9_999_999, 3_588_096)]:
        assert bucket(value, LATENCY_MAX_MS) == expected, value
    for numerator, expected in [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)]:
        assert round_half_even(numerator, 2) == expected, numerator
    cells = Cells(Book(SELF_MAP), UTC)
    for record in SELF_RECORDS:
        cells.record(lambda data: reports(parse(data)), record)
    assert dict(cells.outcomes) == dict(received=8, metered=3, duplicate=1, ignored=1, quarantined=3), cells.outcomes
    lines = list(cells.lines())
    paid = next(line for line in lines if line["feature"] == "app/skill")
    # 4127 x 2500 + 391 x 10000.0005 nano-dollars, rounded once.
    assert paid["cost_exact_nanousd"] == 14_227_500 and paid["requests_throttled"] == 1, paid
    assert next(line for line in lines if line["feature"] == "spoke/-")["latency"] == [[2832, 1]]
    whole = [json.dumps(line) for line in lines]
    assert not differences(cells.cells, exported(whole)), "equal cells differ"
    broken = 0
    for place, line in enumerate(lines):
        for name in [*TOTALS, *HISTOGRAMS]:
            bad = json.loads(whole[place])
            bad[name] = bad[name] + 1 if name in TOTALS else bad[name] + [[77, 1]]
            text = whole[:place] + [json.dumps(bad)] + whole[place + 1 :]
            assert len(differences(cells.cells, exported(text))) == 1, f"a broken {name} is not seen"
            broken += 1
    assert differences(cells.cells, exported(whole[1:])), "a missing cell is not seen"
    print(f"self-test: {broken} broken figures seen")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", help="files and directories of raw records, plain or gzip")
    parser.add_argument("--map", help="JSON: endpoints, features, spokes, prices")
    parser.add_argument("--zone", default="UTC", help="time zone of days, for example Europe/Berlin")
    parser.add_argument("--compare", metavar="CELLS", help="day cells as `tollwatch export cells` writes them")
    parser.add_argument("--replay", metavar="JSON", help="what `tollwatch replay --json` printed")
    parser.add_argument("--self-test", action="store_true")
    told = parser.parse_args()
    if told.self_test:
        self_test()
        return 0
    if not told.records or not told.map:
        parser.error("name the records and --map")
    zone = UTC
    if told.zone != "UTC":
        import zoneinfo

        zone = zoneinfo.ZoneInfo(told.zone)
    book = Book(json.loads(pathlib.Path(told.map).read_text(encoding="utf-8")))
    cells = Cells(book, zone)
    read_all(told.records, cells)
    print(json.dumps(cells.outcomes), file=sys.stderr)
    if told.compare:
        return compare(cells, told.compare, told.replay)
    for line in cells.lines():
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
