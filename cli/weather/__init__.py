"""Weather files as people download them from NOAA, in the layout of NOAA's public bucket `noaa-ghcn-pds`.

- `text`         a file, plain or gzip -> its lines, by number
- `shapes`       its first lines -> which of NOAA's shapes it has, and so who reads it
- `ghcn_csv`     by_year and by_station CSV -> observations
- `dly`          fixed-width months -> observations
- `summaries`    daily summaries, a column for each element -> observations
- `observations` an observation, its units and bounds
- `collection`   files -> `Weather`: Parquet objects, and what was left out
- `bucket`       `Weather` -> the bucket; the years it covers

docs/weather.md shows each shape.
"""

from cli.weather.bucket import BUCKET, check_stack_years, check_years, fill
from cli.weather.collection import Weather, WeatherError, WeatherFileError, collect, left_out, ranges
from cli.weather.observations import Units

__all__ = [
    "BUCKET",
    "Units",
    "Weather",
    "WeatherError",
    "WeatherFileError",
    "check_stack_years",
    "check_years",
    "collect",
    "fill",
    "left_out",
    "ranges",
]
