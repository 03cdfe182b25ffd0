"""Runs recipes as far as a machine without their services can.

    try.py collector FILE   stdin: OTLP JSON, a message a line; stdout: what the allow-list leaves
    try.py litellm FILE     stdin: payloads, one a line; stdout: the lines that the callback writes
"""

import importlib.util
import json
import os
import re
import sys
import tempfile


def collector(path):
    import yaml  # told apart from other failures by its exit code

    with open(path, encoding="utf-8") as file:
        config = yaml.safe_load(file)
    for pipeline in config["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            for name in pipeline[part]:
                assert name in config[part], f"{name} is in no {part}"
    spans, events = config["processors"]["transform/strip"]["trace_statements"]
    allowed = pattern(spans["statements"][0])
    allowed_events = pattern(events["statements"][0])
    for line in sys.stdin:
        message = json.loads(line)
        for resource in message.get("resourceSpans", []):
            for scope in resource.get("scopeSpans", []):
                for span in scope.get("spans", []):
                    keep(span, allowed)
                    span.get("status", {}).pop("message", None)
                    for event in span.get("events", []):
                        keep(event, allowed_events)
        print(json.dumps(message))


def pattern(statement):
    """The expression of a keep_matching_keys statement; OTTL escapes backslashes in texts."""
    told = re.fullmatch(r'keep_matching_keys\(attributes, "(.*)"\)', statement.strip())
    return re.compile(told.group(1).replace("\\\\", "\\"))


def keep(holder, allowed):
    attributes = holder.get("attributes", [])
    holder["attributes"] = [one for one in attributes if allowed.search(one["key"])]


def litellm(path):
    spec = importlib.util.spec_from_file_location("recipe", path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    with tempfile.TemporaryDirectory() as folder:
        log = recipe.FileLog(os.path.join(folder, "log.jsonl"))
        for line in sys.stdin:
            log.log_success_event({"standard_logging_object": json.loads(line)}, None, None, None)
        with open(log.path, encoding="utf-8") as written:
            sys.stdout.write(written.read())


try:
    {"collector": collector, "litellm": litellm}[sys.argv[1]](sys.argv[2])
except ModuleNotFoundError as missing:
    sys.stderr.write(str(missing))
    sys.exit(77)
