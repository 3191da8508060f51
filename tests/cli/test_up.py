"""What `wildrydes up` prints."""

from cli.up import listing


def test_the_values_of_variables_stand_below_each_other_however_long_their_names_are() -> None:
    longest = "PROMOTION_ENDS_DEAD_LETTER_QUEUE_URL"
    assert listing({"API_ID": "19a6d430", longest: "http://localhost:4566/ends", "API_KEY": "secret"}) == [
        "  API_ID                                19a6d430",
        f"  {longest}  http://localhost:4566/ends",
        "  API_KEY                               …",
    ]
