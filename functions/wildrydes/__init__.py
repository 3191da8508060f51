"""What a ride, a ground station, a label and a model are. Pure: no AWS, no environment, two packages: isal, msgspec."""
