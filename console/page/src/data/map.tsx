// The ground stations where they are, with an arrow to each from those that filled its gaps.

import { Empty } from "../parts";
import { Table } from "../table";
import { count } from "../words";

interface Station {
  id: string;
  name: string;
  latitude: number;
  longitude: number;
}

interface Reading {
  station: string;
  element: string;
  source: string | null;
  days: number;
}

export interface Weather {
  stations: Station[];
  readings: Reading[];
}

const WIDTH = 560;
const HEIGHT = 360;
const EDGE = 60;

export function StationMap({ weather }: { weather: Weather }) {
  const { stations, readings } = weather;
  if (readings.length === 0) return <Empty>It has selected no weather: look at its state Select weather under Workflows.</Empty>;
  const filled = readings.filter((each) => each.source !== null && each.source !== each.station);
  const absent = readings.filter((each) => each.source === null);
  const links = new Map<string, number>();
  for (const each of filled) {
    const link = `${each.source} ${each.station}`;
    links.set(link, (links.get(link) ?? 0) + each.days);
  }
  const most = Math.max(1, ...links.values());
  const places = placed(stations);
  const said = links.size
    ? `${count(links.size, "pair of stations", "pairs of stations")}: one filled gaps of the other`
    : "No station had a gap that another one filled";
  return (
    <>
      <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${count(stations.length, "station", "stations")}. ${said}.`}>
        <defs>
          <marker id="fills" viewBox="0 0 8 8" refX="13" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
        {[...links].map(([link, days]) => {
          const [from, to] = link.split(" ").map((name) => places.get(name));
          if (!from || !to) return null;
          return (
            <path key={link} class="fill" d={arc(from, to)} stroke-width={1 + (3 * days) / most} marker-end="url(#fills)">
              <title>{`${link.replace(" ", " filled ")} ${count(days, "value", "values")}`}</title>
            </path>
          );
        })}
        {stations.map((each) => {
          const { x, y } = places.get(each.id)!;
          return (
            <g key={each.id}>
              <circle class="point" cx={x} cy={y} r={5} />
              <text x={x} y={y - 10} class="middle">
                {each.name}
              </text>
            </g>
          );
        })}
      </svg>
      <p>
        {said}. An arrow goes from the station that had the value to the one that had not; the wider, the more values.
        {absent.length > 0 && ` ${count(absent.reduce((sum, each) => sum + each.days, 0), "value", "values")} no station had.`}
      </p>
      <Table
        label="Where values came from"
        head={["Station", "Element", "From", "Days"]}
        rows={readings.map((each) => [
          each.station,
          each.element,
          each.source === null ? "nowhere: no station had it" : each.source === each.station ? "itself" : each.source,
          each.days.toLocaleString(),
        ])}
      />
    </>
  );
}

interface Place {
  x: number;
  y: number;
}

/** Places of an even projection: a degree of longitude is shorter by the cosine of the latitude. */
function placed(stations: Station[]): Map<string, Place> {
  const middle = stations.reduce((sum, each) => sum + each.latitude, 0) / Math.max(1, stations.length);
  const shrink = Math.cos((middle * Math.PI) / 180);
  const across = stations.map((each) => each.longitude * shrink);
  const up = stations.map((each) => each.latitude);
  const [left, right, low, high] = [Math.min(...across), Math.max(...across), Math.min(...up), Math.max(...up)];
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max(right - left, 1e-6), (HEIGHT - 2 * EDGE) / Math.max(high - low, 1e-6));
  return new Map(
    stations.map((each, place) => [
      each.id,
      {
        x: WIDTH / 2 + (across[place]! - (left + right) / 2) * scale,
        y: HEIGHT / 2 - (up[place]! - (low + high) / 2) * scale,
      },
    ]),
  );
}

/** A way from one place to another that leaves room for the one back. */
function arc(from: Place, to: Place): string {
  const middle = { x: (from.x + to.x) / 2 + (to.y - from.y) / 8, y: (from.y + to.y) / 2 - (to.x - from.x) / 8 };
  return `M${from.x.toFixed(1)},${from.y.toFixed(1)} Q${middle.x.toFixed(1)},${middle.y.toFixed(1)} ${to.x.toFixed(1)},${to.y.toFixed(1)}`;
}
