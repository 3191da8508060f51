"""An endpoint's metrics in CloudWatch: a point an invocation, as SageMaker publishes them for its endpoints.

Source: "Amazon SageMaker AI metrics in Amazon CloudWatch", endpoint invocation metrics: namespace AWS/SageMaker,
dimensions EndpointName and VariantName, latencies in microseconds.
"""

from local.seams import seam

NAMESPACE = "AWS/SageMaker"


def record(endpoint: str, variant: str, status: int, container_seconds: float, whole_seconds: float) -> None:
    """Take in one invocation: the status it was answered with, the container's time, and the time of all of it.

    Account and region are those of the request under way.
    """
    from ministack.services import cloudwatch

    put = seam(cloudwatch, "record_metric")
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    counts = {
        "Invocations": 1,
        "InvocationsPerInstance": 1,
        "Invocation4XXErrors": int(400 <= status < 500),
        "Invocation5XXErrors": int(status >= 500),
        "InvocationModelErrors": int(not 200 <= status < 300),
    }
    for name, value in counts.items():
        put(NAMESPACE, name, value, "Count" if name == "Invocations" else "None", dimensions)
    latencies = {"ModelLatency": container_seconds, "OverheadLatency": max(0.0, whole_seconds - container_seconds)}
    for name, seconds in latencies.items():
        put(NAMESPACE, name, seconds * 1e6, "Microseconds", dimensions)
