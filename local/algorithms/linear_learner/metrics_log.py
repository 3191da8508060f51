"""The container's log: one line on stdout each, in the forms that metric definitions parse."""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from local.algorithms.linear_learner.candidates import Candidate
from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.training import SCHEDULER_FACTOR, SCHEDULER_MINIMUM, SCHEDULER_STEP

_HOST = "algo-1"


def configure() -> logging.Logger:
    """A logger to stdout whose lines begin as the container's: `[11/24/2020 18:54:29 INFO 140513285547840]`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        logging.Formatter("[%(asctime)s %(levelname)s %(thread)d] %(message)s", datefmt="%m/%d/%Y %H:%M:%S")
    )
    logger = logging.getLogger("linear_learner")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


@dataclass(frozen=True)
class MetricsLog:
    """Writes the lines of a training run."""

    logger: logging.Logger

    def epoch_loss(self, epoch: int, channel: str, objective: str, loss: float) -> None:
        """The loss of the epoch's best candidate on a channel."""
        self.logger.info(f"#quality_metric: host={_HOST}, epoch={epoch}, {channel} {objective} <loss>={loss!r}")

    def early_stopping(self, epoch: int, criterion: str, value: float, *, improved: bool, waited: int) -> None:
        """The metric that early stopping looks at, and what came of it."""
        self.logger.info(
            f"#early_stopping_criteria_metric: host={_HOST}, epoch={epoch}, criteria={criterion}, value={value!r}"
        )
        if improved:
            self.logger.info(f"Epoch {epoch}: Loss improved. Updating best model")
        if waited:
            self.logger.info(f"Epoch {epoch}: Loss has not improved for {waited} epochs.")

    def progress(self, epoch: int, epochs: int, records_per_second: float) -> None:
        """Percentage of the epochs, and speed."""
        self.logger.info(f"#progress_metric: host={_HOST}, completed {100 * (epoch + 1) / epochs!r} % of epochs")
        self.logger.info(f"#throughput_metric: host={_HOST}, train throughput={records_per_second!r} records/second")

    def scores(self, channel: str, scores: Mapping[str, float]) -> None:
        """The final model's scores on a channel: losses are to be small, scores large."""
        for name, value in scores.items():
            self.logger.info(f"#{channel}_score ({_HOST}) : ({name!r}, {value!r})")
        for name, value in scores.items():
            kind = "loss" if name.endswith("_objective") or name in ("mse", "absolute_loss") else "score"
            self.logger.info(f"#quality_metric: host={_HOST}, {channel} {name} <{kind}>={value!r}")

    def best(self, candidate: Candidate, settings: Hyperparameters) -> None:
        """The hyperparameters of the chosen candidate."""
        chosen = {"optimizer": settings.optimizer, "learning_rate": candidate.learning_rate}
        chosen |= {"l1": candidate.l1, "wd": candidate.wd}
        if settings.positive_example_weight_mult == "auto":
            chosen |= {"positive_example_weight_balance": candidate.balance}
        if settings.use_lr_scheduler:
            chosen |= {
                "lr_scheduler_step": settings.lr_scheduler_step or SCHEDULER_STEP,
                "lr_scheduler_factor": settings.lr_scheduler_factor or SCHEDULER_FACTOR,
                "lr_scheduler_minimum_lr": settings.lr_scheduler_minimum_lr or SCHEDULER_MINIMUM,
            }
        self.logger.info(f"Best model found for hyperparameters: {json.dumps(chosen)}")
