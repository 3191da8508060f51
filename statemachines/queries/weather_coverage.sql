-- Which weather the rides want, and which there is: in words, for an execution that has too little of it.
--
-- In:   rides and weather (partition <execution>), as in training_set.sql.
-- Out:  one row of texts, read by getQueryResults:
--       labelled_rides      how many rides have a label, each counted once
--       share               how many of 100 of them have no weather, to two places
--       most                of how many of 100 the execution lets that be, to two places
--       years               the years whose weather was read: "2018", or "2018 to 2019"
--       stations_wanted     the ground stations of these rides, at most eight, with the rides of each
--       stations_reporting  the stations that any weather comes from, at most eight, with the elements of each
--       gaps                of each element, on how many days any station reported it, from which to which, and for how
--                           many rides it is missing: on how many days, from which to which, and in which year most.
--                           Those that are the same in all of this are named together, those that miss most rides first
-- Put in by sql.py:
--       <copies>        copies.sql
-- Put in by render.py:
--       <first_year>  <last_year>  whole numbers, both included: the years of rides that are read
--       <execution>     name of the execution, [A-Za-z0-9_-]{1,74}
--       <label_column>  heavy_utilization or service_requested
--       <first_year>  <last_year>  whole numbers, both included
--       <max_without_weather_fraction>  from 0 to 1
WITH
copies AS (
    ${copies}
),
days AS (
    SELECT station, day, tmin, tmax, prcp, tmin_source, tmax_source, prcp_source
    FROM weather
    WHERE execution = '${execution}'
),
labelled AS (
    SELECT copies.groundstation AS station, copies.day AS day, days.tmin AS tmin, days.tmax AS tmax, days.prcp AS prcp
    FROM copies
    LEFT JOIN days
        ON days.station = copies.groundstation
        AND days.day = copies.day
    WHERE copies.label IS NOT NULL
),
elements (element, meaning) AS (
    VALUES ('TMIN', 'lowest temperature'), ('TMAX', 'highest temperature'), ('PRCP', 'precipitation')
),
readings AS (
    SELECT 'TMIN' AS element, day, tmin_source AS source FROM days WHERE tmin IS NOT NULL
    UNION ALL
    SELECT 'TMAX' AS element, day, tmax_source AS source FROM days WHERE tmax IS NOT NULL
    UNION ALL
    SELECT 'PRCP' AS element, day, prcp_source AS source FROM days WHERE prcp IS NOT NULL
),
gaps AS (
    SELECT 'TMIN' AS element, day FROM labelled WHERE tmin IS NULL
    UNION ALL
    SELECT 'TMAX' AS element, day FROM labelled WHERE tmax IS NULL
    UNION ALL
    SELECT 'PRCP' AS element, day FROM labelled WHERE prcp IS NULL
),
covered AS (
    SELECT element, count(DISTINCT day) AS days, min(day) AS first_day, max(day) AS last_day
    FROM readings
    GROUP BY element
),
missing AS (
    SELECT element, count(*) AS rides, count(DISTINCT day) AS days, min(day) AS first_day, max(day) AS last_day
    FROM gaps
    GROUP BY element
),
gaps_by_year AS (
    SELECT element, substr(day, 1, 4) AS year, count(*) AS rides
    FROM gaps
    GROUP BY element, substr(day, 1, 4)
),
worst_years AS (
    SELECT element, year, rides, row_number() OVER (PARTITION BY element ORDER BY rides DESC, year) AS place
    FROM gaps_by_year
),
coverage AS (
    SELECT
        elements.element || ' (' || elements.meaning || ')' AS element,
        coalesce(missing.rides, 0) AS rides,
        coalesce(
            'on ' || CAST(covered.days AS varchar) || ' days, ' || covered.first_day || ' to ' || covered.last_day,
            'on no day'
        ) || coalesce(
            '; missing for ' || CAST(missing.rides AS varchar) || ' rides on ' || CAST(missing.days AS varchar)
                || ' days, ' || missing.first_day || ' to ' || missing.last_day
                || CASE
                    WHEN substr(missing.first_day, 1, 4) = substr(missing.last_day, 1, 4) THEN ''
                    ELSE ' (' || CAST(worst_years.rides AS varchar) || ' of them in ' || worst_years.year || ')'
                END,
            '; missing for no ride'
        ) AS days
    FROM elements
    LEFT JOIN covered ON covered.element = elements.element
    LEFT JOIN missing ON missing.element = elements.element
    LEFT JOIN worst_years ON worst_years.element = elements.element AND worst_years.place = 1
),
sentences AS (
    SELECT
        max(rides) AS rides,
        array_join(array_agg(element ORDER BY element DESC), ', ') || ': reported ' || days || '.' AS sentence
    FROM coverage
    GROUP BY days
),
shares AS (
    SELECT
        CAST(
            100e0 * count_if(tmin IS NULL OR tmax IS NULL OR prcp IS NULL) / greatest(1, count(*)) AS decimal(5, 2)
        ) AS share,
        CAST(100 * CAST('${max_without_weather_fraction}' AS double) AS decimal(5, 2)) AS most
    FROM labelled
),
wanted AS (
    SELECT
        station,
        count(*) AS rides,
        row_number() OVER (ORDER BY count(*) DESC, station) AS place,
        count(*) OVER () AS stations
    FROM labelled
    GROUP BY station
),
reporting AS (
    SELECT
        source AS station,
        array_join(array_agg(DISTINCT element ORDER BY element), ', ') AS elements,
        row_number() OVER (ORDER BY source) AS place,
        count(*) OVER () AS stations
    FROM readings
    GROUP BY source
)
SELECT
    (SELECT count(*) FROM labelled) AS labelled_rides,
    (SELECT trim(TRAILING '.' FROM trim(TRAILING '0' FROM CAST(share AS varchar))) FROM shares) AS share,
    (SELECT trim(TRAILING '.' FROM trim(TRAILING '0' FROM CAST(most AS varchar))) FROM shares) AS most,
    (
        CASE
            WHEN ${first_year} = ${last_year} THEN '${first_year}'
            ELSE '${first_year} to ${last_year}'
        END
    ) AS years,
    (
        SELECT coalesce(
            array_join(array_agg(station || ' (' || CAST(rides AS varchar) || ' rides)' ORDER BY place), ', ')
            || CASE WHEN max(stations) > 8 THEN ' and ' || CAST(max(stations) - 8 AS varchar) || ' more' ELSE '' END,
            'none'
        )
        FROM wanted
        WHERE place <= 8
    ) AS stations_wanted,
    (
        SELECT coalesce(
            array_join(array_agg(station || ' (' || elements || ')' ORDER BY place), ', ')
            || CASE WHEN max(stations) > 8 THEN ' and ' || CAST(max(stations) - 8 AS varchar) || ' more' ELSE '' END,
            'none'
        )
        FROM reporting
        WHERE place <= 8
    ) AS stations_reporting,
    (SELECT array_join(array_agg(sentence ORDER BY rides DESC, sentence), ' ') FROM sentences) AS gaps
