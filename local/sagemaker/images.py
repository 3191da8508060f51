"""Images of the algorithms that run here.

Registry accounts: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
"""

import re

from local.sagemaker.errors import ApiError

_LINEAR_LEARNER_ACCOUNTS = {
    "us-east-1": "382416733822",
    "us-east-2": "404615174143",
    "us-west-2": "174872318107",
    "ap-southeast-1": "475088953585",
    "ap-northeast-1": "351501993468",
    "eu-central-1": "664544806723",
    "eu-west-1": "438346466558",
}
_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/linear-learner(?::(1|latest))?")


def algorithm_module(image: str, region: str) -> str:
    """The Python module that does what `image` does. Raises ApiError for an image that `region` cannot run here."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise ApiError(
            f"Cannot find the image {image}: of SageMaker's algorithms the embedded AWS runs linear-learner:1 alone."
        )
    account = _LINEAR_LEARNER_ACCOUNTS.get(region)
    if account is None:
        regions = ", ".join(_LINEAR_LEARNER_ACCOUNTS)
        raise ApiError(f"The embedded AWS knows no linear-learner image for {region}; it does for {regions}.")
    if match.group(1, 2) != (account, region):
        raise ApiError(
            f"Cannot find the image {image} in {region}: the image there is "
            f"{account}.dkr.ecr.{region}.amazonaws.com/linear-learner:1."
        )
    return "local.algorithms.linear_learner"
