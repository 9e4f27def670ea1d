"""Reads a dashboard, monitors and a service entity through the models of Datadog's own client.

Prints what those do not know: properties they have no name for, and parts that fit none of their types.
"""

import json
import sys

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import ModelSimple, UnparsedObject, validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v2.model.entity_v3 import EntityV3

MODELS = {"dashboard": Dashboard, "monitor": Monitor, "entity": EntityV3}


def problems(value, path):
    if isinstance(value, UnparsedObject):
        yield f"{path}: fits no type of Datadog"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from problems(item, f"{path}.{key}")
    elif getattr(value, "_composed_instances", None):
        for instance in value._composed_instances:
            yield from problems(instance, path)
    elif hasattr(value, "_data_store") and not isinstance(value, ModelSimple):
        if getattr(value, "_unparsed", False):
            yield f"{path}: a value below is not one that Datadog knows"
        known = set(type(value).attribute_map)
        for name, item in value._data_store.items():
            if name not in known:
                yield f"{path}: {type(value).__name__} has no property {name}"
            yield from problems(item, f"{path}.{name}")


for kind, document in json.load(sys.stdin):
    try:
        model = validate_and_convert_types(document, (MODELS[kind],), [kind], True, True, Configuration())
    except Exception as error:
        print(f"{kind}: {error}")
        continue
    for problem in problems(model, kind):
        print(problem)
