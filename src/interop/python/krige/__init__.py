"""Krige for Python: ask which prompt to try next, on which examples; measure; tell.

    import krige

    with krige.connect() as client:
        study = client.study("triage", pool=["Classify the ticket.", "Which team?"], example_count=100, evaluations=300)
        for action in study:
            study.tell(action, [score(action.text, example) for example in action.examples])
        print(study.best().text)
"""

from .client import (
    Action,
    Belief,
    Best,
    Candidate,
    Client,
    Conclusion,
    Judged,
    KrigeError,
    Prediction,
    Study,
    Summary,
    connect,
)

__all__ = [
    "Action",
    "Belief",
    "Best",
    "Candidate",
    "Client",
    "Conclusion",
    "Judged",
    "KrigeError",
    "Prediction",
    "Study",
    "Summary",
    "connect",
]
