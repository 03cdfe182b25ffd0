"""LiteLLM callback: appends the standard logging payload to a file, without prompts.

Set TOLLWATCH_LOG to the file (default tollwatch-litellm.jsonl) and let tollwatch follow it:

    [[source.file]]
    name = "litellm"
    paths = ["/var/log/litellm/*.jsonl"]
    format = "litellm"

What is dropped is dropped although `turn_off_message_logging` blanks it: a setting can be changed.
"""

import json
import os
import threading

try:
    from litellm.integrations.custom_logger import CustomLogger
except ImportError:  # to be tried without LiteLLM
    CustomLogger = object

# Whatever a person or a model wrote, or a key could stand in.
DROPPED = ("messages", "model_parameters", "error_str", "guardrail_information")
# Of the metadata, only what says whose call it was and what it used.
METADATA = (
    "user_api_key_alias", "user_api_key_team_alias", "user_api_key_team_id", "user_api_key_user_id",
    "user_api_key_end_user_id",
    "requester_metadata_session_id", "usage_object", "spend_logs_metadata",
)
# Of the answer, only what names it and counts it.
RESPONSE = ("id", "object", "model", "usage", "service_tier")


def slim(payload):
    """The payload without content."""
    kept = {key: value for key, value in payload.items() if key not in DROPPED}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {key: metadata[key] for key in METADATA if key in metadata}
    response = kept.pop("response", None)
    if isinstance(response, dict):
        kept["response"] = {key: response[key] for key in RESPONSE if key in response}
    error = kept.get("error_information")
    if isinstance(error, dict):
        told = {
            key: error[key]
            for key in ("error_code", "error_class", "llm_provider", "normalized_error")
            if key in error
        }
        # The message can quote the prompt; that nobody answered is all that counts in it.
        if "Connection error" in str(error.get("error_message")):
            told["error_message"] = "Connection error"
        kept["error_information"] = told
    return kept


class FileLog(CustomLogger):
    """Writes a line for each call that LiteLLM reports, answered or failed."""

    def __init__(self, path=None):
        super().__init__()
        self.path = path or os.environ.get("TOLLWATCH_LOG", "tollwatch-litellm.jsonl")
        self.lock = threading.Lock()

    def write(self, kwargs):
        payload = kwargs.get("standard_logging_object")
        if payload is None:
            return
        line = json.dumps(slim(payload), default=str, separators=(",", ":")) + "\n"
        # One write a line: a reader beside sees whole lines only.
        with self.lock, open(self.path, "a", encoding="utf-8") as log:
            log.write(line)

    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    def log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)


handler = FileLog()
