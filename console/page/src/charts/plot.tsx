// A few series as lines in one picture.

import { type Axis, type Level, markClass, type Place, Times } from "./axis";
import { colorOf, markOf } from "./marks";
import { coincidences, type Group, list, summary } from "./series";
import { alike, bounds, type Point, runs, short } from "./scale";

const HEIGHT = 150;
const LEFT = 54;
const RIGHT = 10;
const BOTTOM = 22;
const TOP = 8;
const MOST_MARKS = 120;
/** Pixels within which one mark hides another, and how much larger than the next the outer one is. */
const HIDDEN = 4;
const LARGER = 0.7;

export function Plot({ title, axis, levels = [] }: { title: string; axis: Axis; levels?: Level[] }) {
  const { name, groups, width, start, end } = axis;
  const values = groups.flatMap((each) => each.points.map(([, value]) => value));
  const { low, high } = bounds([...values, ...levels.map(([value]) => value)]);
  const words = alike(values);
  const x: Place = (at) => LEFT + 6 + ((at - start) / (end - start)) * (width - LEFT - RIGHT - 6);
  const y: Place = (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const same = coincidences(groups);
  return (
    <>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${title}. ${summary(groups, name, words)}.`}>
        {[low, (low + high) / 2, high].map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={width - 2} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={LEFT - 5} y={y(tick) + 4} text-anchor="end">
              {short(tick)}
            </text>
          </g>
        ))}
        {levels.map(([value, meaning]) => (
          <g key={value}>
            <line class="level" x1={LEFT} x2={width - 2} y1={y(value)} y2={y(value)} />
            <text class="tick" x={width - 4} y={y(value) - 3} text-anchor="end">
              {short(value)} {meaning}
            </text>
          </g>
        ))}
        <Times axis={axis} room={width - LEFT} x={x} y={HEIGHT - 5} />
        {groups.map((each, place) => (
          <Line key={each.names[0]} axis={axis} group={each} place={place} others={groups.slice(place + 1)} x={x} y={y} words={words} />
        ))}
      </svg>
      {(groups.length > 1 || groups[0]!.names.length > 1) && (
        <ul class="legend">
          {groups.map((each, place) => (
            <li key={each.names[0]}>
              <svg viewBox="0 0 30 10" aria-hidden="true" class={`series ${colorOf(place)}`}>
                <polyline points="0,5 30,5" />
                <path class="mark" d={markOf(place)} transform="translate(15 5)" />
              </svg>
              {list(each.names)}
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">{[summary(groups, name, words), ...same].join(". ")}.</p>
    </>
  );
}

interface LineProps {
  axis: Pick<Axis, "name" | "period" | "now">;
  group: Group;
  place: number;
  /** Those that are drawn above it. */
  others: Group[];
  x: Place;
  y: Place;
  words: (value: number) => string;
}

/** A line, and its points as marks: all of them, or of many some. Where another one's mark will lie on a mark, it is the larger. */
function Line({ axis, group, place, others, x, y, words }: LineProps) {
  const { points } = group;
  const every = Math.ceil(points.length / MOST_MARKS);
  const marked = points.filter((_, number) => number % every === 0 || number === points.length - 1);
  const values = others.map((each) => new Map(each.points));
  const above = ([at, value]: Point) => values.filter((each) => each.has(at) && Math.abs(y(each.get(at)!) - y(value)) < HIDDEN).length;
  return (
    <g class={`series ${colorOf(place)}`}>
      {runs(points, axis.period).map((run, number) => (
        <polyline key={number} points={run.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")} />
      ))}
      {marked.map((point) => (
        <path
          key={point[0]}
          class={markClass(point[0], axis)}
          d={markOf(place)}
          transform={`translate(${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}) scale(${1 + LARGER * above(point)})`}
        >
          <title>{`${list(group.names)}: ${words(point[1])} at ${axis.name(point[0])}`}</title>
        </path>
      ))}
    </g>
  );
}
