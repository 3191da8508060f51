"""The training set of rides: the weather of their stations and days, the rows, and a count of what was left out."""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines import sql
from statemachines.tasks import Tasks, refusal
from wildrydes.tasks import RIDES

LISTING = ("prefix", "objects", "sha256", "list")
"""What list_rides answers: the list of what the next query reads."""

YEARS = ("years", "other_years")
"""What it answers too: the years of that, and what there is of other years, which no query reads."""

# The columns of queries/training_set_counts.sql, in their order.
COUNTS = (
    "processed_rows",
    "rides",
    "repeated",
    "without_label",
    "without_weather",
    "without_weather_fraction",
    "train_rows",
    "validation_rows",
    "test_rows",
    "train_positives",
    "train_negatives",
    "validation_positives",
    "validation_negatives",
    "test_positives",
    "test_negatives",
    "lowest_label",
    "highest_label",
    "filled_days",
    "filled_rides",
    "far_rides",
    "farthest_miles",
    "mini_batch_size",
)
# The columns of queries/weather_coverage.sql, in their order.
COVERAGE = ("labelled_rides", "share", "most", "years", "stations_wanted", "stations_reporting", "gaps")


def build_training_set(tasks: Tasks) -> list[State]:
    """The weather at each station and day, the rides joined to it, and a look at how many have any."""
    weather = tasks.query("Select weather", sql.query("weather"), "$.weather_query")
    # Right before the query that reads them, so that later rides can be recognised.
    listing = tasks.function(
        "List rides",
        {
            "execution": "$.parameters.execution",
            "source": RIDES,
            "first_year": "$.parameters.first_year",
            "last_year": "$.parameters.last_year",
        },
        (*LISTING, *YEARS),
        "$.rides_listed",
    )
    rides = tasks.query("Build training set", sql.query("training_set"), "$.training_set_query")
    count = tasks.query("Count training set", sql.query("training_set_counts"), "$.counts_query")
    counts = tasks.row("Read counts", "$.counts_query.query_execution", COUNTS, "$.training_set")
    return [weather, listing, rides, count, counts, _check_weather(tasks)]


def _check_weather(tasks: Tasks) -> sdk.Choice:
    """Fails an execution of which too many rides have no weather, and then alone asks what there is."""
    describe = tasks.query("Describe weather", sql.query("weather_coverage"), "$.coverage_query")
    read = tasks.row("Read weather", "$.coverage_query.query_execution", COVERAGE, "$.coverage", texts=True)
    too_many = refusal(
        "Too little weather",
        "TooManyRidesWithoutWeather",
        # The first sentence says what is wrong: whoever shows a failure may fold the rest.
        "'{} of {} rides ({}%) have no weather on their day; at most {}% may lack it. {} "
        "The ground stations of these rides: {}. Stations that reported in {}: {}. Rides count once, and only with "
        "a {}.', $.training_set.without_weather, $.coverage.labelled_rides, $.coverage.share, $.coverage.most, "
        "$.coverage.gaps, $.coverage.stations_wanted, $.coverage.years, $.coverage.stations_reporting, "
        "$.parameters.label",
        tasks.failure,
    )
    sdk.Chain([describe, read, too_many])
    choice = sdk.Choice("Check weather")
    fraction, bound = "$.training_set.without_weather_fraction", "$.parameters.max_without_weather_fraction"
    choice.add_choice(sdk.ChoiceRule.NumericGreaterThanPath(variable=fraction, value=bound), describe)
    return choice
