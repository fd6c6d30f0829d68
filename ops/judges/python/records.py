"""jsonschema on records. Arguments: SCHEMA=RECORDS, two files each, the second with one record a line."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from verdicts import tell


def no_duplicates(pairs):
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError(f"a field is there twice: {[name for name, _ in pairs]}")
    return fields


def refuse_constant(text):
    raise ValueError(f"{text} is no JSON")


for argument in sys.argv[1:]:
    schema_file, _, records_file = argument.partition("=")
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    faults = []
    count = 0
    with open(records_file, encoding="utf-8") as file:
        for line in file:
            count += 1
            record = json.loads(line, object_pairs_hook=no_duplicates, parse_constant=refuse_constant)
            faults += [f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)]
    if count == 0:
        faults.append("there is no record to judge")
    tell(f"{schema['title']}: {count} records", "; ".join(faults[:5]) or None)
