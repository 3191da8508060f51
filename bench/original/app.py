"""The first workshop's way of taking rides one at a time: one message, and one object, for each ride.

fan_out   a file of rides -> one SendMessage a ride
locate    a message -> nearest ground station and label -> one SendMessage
store     a message -> one object, named by the ride's number (the workshop named it by the ride's time, and lost
          the rides that shared one)
"""

import json
import os
from functools import cache
from math import asin, cos, pi, sqrt

import boto3

STATIONS = {
    "US1NYNY0074": (40.7969, -73.9330),
    "USW00014732": (40.7794, -73.8803),
    "USW00094728": (40.7789, -73.9692),
    "USW00094789": (40.6386, -73.7622),
}


@cache
def client(service):
    return boto3.client(service)


def fan_out(event, _context):
    body = client("s3").get_object(Bucket=os.environ["BUCKET"], Key=event["key"])["Body"].read()
    rides = json.loads(body)
    for number, ride in enumerate(rides):
        client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody=json.dumps(ride | {"number": number}))
    return len(rides)


def locate(event, _context):
    for record in event["Records"]:
        ride = json.loads(record["body"])
        here = (ride["Latitude"], ride["Longitude"])
        ride["groundstation"] = min(STATIONS, key=lambda station: kilometres(here, STATIONS[station]))
        ride["heavy_utilization"] = int(ride["MagicPoints"] >= 50 * ride["Distance"])
        client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody=json.dumps(ride))


def store(event, _context):
    for record in event["Records"]:
        ride = json.loads(record["body"])
        body = ",".join(ride) + "\n" + ",".join(map(str, ride.values()))
        client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"processed/{ride['number']}.csv", Body=body)


def kilometres(here, there):
    """Great-circle distance of two positions in degrees (haversine)."""
    radian = pi / 180
    north, south = here[0] * radian, there[0] * radian
    h = (1 - cos(south - north)) / 2 + cos(north) * cos(south) * (1 - cos((there[1] - here[1]) * radian)) / 2
    return 12742 * asin(sqrt(h))
