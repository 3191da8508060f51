"""docs/reference/card.md: every field of a model's card."""

from docs.site.reference.markdown import code, page, sentence, table
from wildrydes.model.card_meanings import SECTIONS


def rendered() -> str:
    """The page."""
    head = ("field", "holds", "what it says")
    body = "\n".join(
        f"## {heading}\n\n"
        + table(head, [(code(path), each.holds, sentence(each.text)) for path, each in meanings.items()])
        for heading, meanings in SECTIONS.items()
    )
    return page("The model card", _INTRODUCTION, body, _SOURCE)


_INTRODUCTION = """
A card says all there is to know of a trained model. It is `card.json` beside the model's artefact,
`models/<execution>/card.json` or `models/<task>/<execution>/card.json`. `GET /model` of [the API](../api.md) answers
the champion's to signed requests. `wildrydes report` draws it, and `wildrydes explain` trains it again:

    wildrydes report
    wildrydes models

In the tables `*` stands for the name of a feature or of a metric, and `[]` for each of a list. Errors and biases of a
regression are in the label's unit. [The model gate](../model-gate.md) explains the verdict.
"""

_SOURCE = """
The card is [`functions/wildrydes/model/card.py`](../../functions/wildrydes/model/card.py), written by
[`functions/evaluate_model/app.py`](../../functions/evaluate_model/app.py). What its fields say is in
[`functions/wildrydes/model/card_meanings.py`](../../functions/wildrydes/model/card_meanings.py).
"""
