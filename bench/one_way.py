"""One way of answering, in a process of its own: bench.predict starts it, with the folder and the module of the way.

    python bench/one_way.py <folder> <module> cold      answers the request in REQUEST, and prints the answer
    python bench/one_way.py <folder> <module> warm      prints a JSON object: seconds for each of what is measured, and
                                                        the scores of ROWS

What is imported here is part of a cold start's time, for both ways alike; so there is next to nothing.
"""

import os
import sys

RESULT_PREFIX = "result: "
"""What a line begins with that is for bench.predict, and no line of a handler's log."""

FEATURES = ("distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP")


class Context:
    """What Lambda passes a handler beside the event."""

    aws_request_id = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"


def main() -> None:
    """Answers, or measures."""
    folder, module, temper = sys.argv[1:]
    sys.path.insert(0, folder)
    # As Lambda has it: a line goes out when it is written.
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue]
    import json

    event = json.loads(os.environ["REQUEST"])
    app = __import__(module, fromlist=["handler"])
    answer = app.handler(event, Context)
    result = answer if temper == "cold" else measured(app, event)
    print(f"{RESULT_PREFIX}{json.dumps(result)}", flush=True)  # noqa: T201


def measured(app, event):
    """Seconds for one prediction, one request, a thousand predictions and a request of a thousand rides; the scores."""
    import json

    with open(os.environ["ROWS"], encoding="utf-8") as file:  # noqa: PTH123
        rows = json.load(file)
    one, many = predictors(app)
    batch = event | {"body": json.dumps([dict(zip(FEATURES, row, strict=True)) for row in rows])}
    return {
        "one": seconds(lambda: one(rows[0]), 200),
        "request": seconds(lambda: app.handler(event, Context), 200),
        "many": seconds(lambda: many(rows), 10),
        "batch": seconds(lambda: app.handler(batch, Context), 10),
        "scores": many(rows),
    }


def predictors(app):
    """The functions that predict one row of features and several, without a request around them."""
    if hasattr(app, "MODULE"):
        return lambda row: app.predict([row])[0], app.predict
    model = app.load_champion(app.predict_settings()).model
    return model.score, model.scores


def seconds(call, times):
    """What a call takes: the median of seven rounds of so many calls."""
    from statistics import median
    from time import perf_counter

    rounds = []
    for _ in range(7):
        began = perf_counter()
        for _ in range(times):
            call()
        rounds.append((perf_counter() - began) / times)
    return median(rounds)


if __name__ == "__main__":
    main()
