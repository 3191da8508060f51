"""The table of list prices: every region of the template, and where each price is from."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from wildrydes.cost.prices import BASES, price_list, regions
from wildrydes.errors import NoListPrice

ROOT = Path(__file__).resolve().parents[3]


def test_every_item_has_a_price_and_its_basis_in_each_region_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    (listed,) = re.findall(r"Assert: !Contains\s+- \[(.+)\]", template)
    assert set(regions()) == set(listed.split(", "))
    for item in price_list().items.values():
        assert set(item.tiers) == set(item.basis) == set(regions()), item.name
        assert set(item.basis.values()) <= set(BASES), item.name
        assert item.source.startswith("https://aws.amazon.com/"), item.name


def test_tiers_rise_to_no_end_and_never_cost_more() -> None:
    for item in price_list().items.values():
        for tiers in item.tiers.values():
            ends = [tier.up_to for tier in tiers]
            assert ends[-1] is None
            assert ends[:-1] == sorted(end for end in ends[:-1] if end is not None)
            assert [tier.usd for tier in tiers] == sorted((tier.usd for tier in tiers), reverse=True)
            assert all(tier.usd > 0 for tier in tiers)


def test_the_table_is_dated() -> None:
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", price_list().date)


def test_price_is_that_of_the_region() -> None:
    assert price_list().usd("api_requests", "us-east-1") == Decimal("0.0000035")
    assert price_list().usd("log_gb", "ap-northeast-1") == Decimal("0.76")
    with pytest.raises(NoListPrice, match=r"hour of ml[.]m5[.]large .* in eu-north-1"):
        price_list().usd("ml_hours/ml.m5.large", "eu-north-1")
    with pytest.raises(NoListPrice, match=r"ml_hours of ml[.]p9[.]large"):
        price_list().usd("ml_hours/ml.p9.large", "us-east-1")
