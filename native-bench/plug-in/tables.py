"""Replay tables (`table/1`): real outcomes of prompts on examples."""

import gzip
import json
from pathlib import Path


class Table:
    """`search[i][e]` is the score of prompt i on search example e; `holdout` the same of examples no search sees."""

    def __init__(self, path):
        with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as file:
            document = json.load(file)
        self.name = path.name.split(".json")[0]
        self.texts = [prompt["text"] for prompt in document["prompts"]]
        rows = [[float(cell) for cell in row] for row in document["scores"]]
        kept = document["examples"] - document.get("holdout", 0)
        self.search = [row[:kept] for row in rows]
        self.holdout = [row[kept:] for row in rows]

    def mean(self, prompt, part="search"):
        scores = getattr(self, part)[prompt]
        return sum(scores) / len(scores)


def tables(folder, most_prompts=None):
    """The tables of a folder, by name; of those with at most so many prompts, where a number is given."""
    found = [Table(path) for path in sorted(Path(folder).glob("*.json*"))]
    if not found:
        raise SystemExit(f"{folder} has no table; expected .json or .json.gz files of table/1")
    return [table for table in found if most_prompts is None or len(table.texts) <= most_prompts]
