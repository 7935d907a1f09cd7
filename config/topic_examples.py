"""The example sentences of an operator's own topics, tried: each must land where it says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from config.data_files import Problems, ReferenceDataError
from routing.classify import Decision, Router
from routing.topics import Topic


def check_examples(problems: Problems, own: Path, router: Router) -> None:
    """Complain of every example in the file that is read as something else, and of every counter-example that is not.

    The file has been read before, and is fine.
    """
    text = own.read_text(encoding="utf-8-sig")
    for table in tomllib.loads(text)["topic"]:
        topic = router.topics.topics[table["id"]]
        for key, wanted in (("examples", True), ("counter_examples", False)):
            for sentence in table.get(key, ()):
                decision = router.classify(sentence)
                if _is_of(decision, topic) is not wanted:
                    problems.append(_problem(own, text, sentence, topic, decision))


def _is_of(decision: Decision, topic: Topic) -> bool:
    """Whether the text is of this topic; misconduct lies beside the matter, so there its mark is enough."""
    if topic.conduct and decision.evidence is not None:
        return decision.evidence.topics.get(topic.id, 0.0) > 0
    return decision.topic == topic.id


def _problem(own: Path, text: str, sentence: str, topic: Topic, decision: Decision) -> ReferenceDataError:
    written = json.dumps(sentence, ensure_ascii=False)
    line = next((number for number, each in enumerate(text.splitlines(), 1) if written in each), None)
    read_as = f"topic {decision.topic}" if decision.topic else "no topic"
    cure = f'change the keywords of {topic.id}; smsd classify --explain "{sentence}" shows which words decide'
    return ReferenceDataError(str(own), line, f"the example {written} is read as {read_as}", cure)
