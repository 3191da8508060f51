"""What an endpoint costs by the hour: one instance of the template's default type, while the endpoint is there.

On-demand prices of hosting in US dollars, without tax, as of November 2026. That of us-east-1 is the price list's
(`USE1-Host:ml.m5.large`); the others are its 1.2 times what EC2 asks there for the same machine, and approximate.

    https://aws.amazon.com/sagemaker/ai/pricing/
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

from collections.abc import Mapping
from types import MappingProxyType

INSTANCE = "ml.m5.large"
AS_OF = "November 2026"

USD_PER_HOUR: Mapping[str, float] = MappingProxyType(
    {
        "us-east-1": 0.115,
        "us-east-2": 0.115,
        "us-west-2": 0.115,
        "ap-southeast-1": 0.144,
        "ap-northeast-1": 0.149,
        "eu-central-1": 0.138,
        "eu-west-1": 0.128,
    }
)
_HOURS_A_MONTH = 730


def sentence(region: str) -> str:
    """What an endpoint in `region` costs, and how to be rid of it.

    >>> sentence("us-east-1").partition(".")[0] + "…"
    'The endpoint costs some $0…'
    """
    end = "A model that goes live with serving: lambda removes it."
    price = USD_PER_HOUR.get(region)
    if price is None:
        return f"The endpoint costs by the hour on AWS; its price in {region} is not known here. {end}"
    month = price * _HOURS_A_MONTH
    return f"The endpoint costs some ${price:.3f} an hour on AWS, ${month:.0f} a month ({INSTANCE}, {AS_OF}). {end}"
