"""What every script of a judge writes: one JSON object a line, a name and what is wrong, or null."""

import json


def tell(name, fault=None):
    print(json.dumps({"name": name, "fault": None if fault is None else str(fault)}), flush=True)


def judge(name, run):
    """Tells whether `run` passes; an exception is what is wrong."""
    try:
        run()
    except Exception as error:  # noqa: BLE001: whatever a library throws is its verdict
        tell(name, f"{type(error).__name__}: {error}")
    else:
        tell(name)
