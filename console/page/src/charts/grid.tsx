// Charts side by side, as many as have room, in rows that are filled: none stands alone beside an empty place.

import type { VNode } from "preact";
import { useWidth } from "./width";

/** Pixels that a chart needs, those between two charts, and how many are beside each other at most. */
const LEAST = 224;
const GAP = 20;
const MOST = 4;

export function Grid({ charts }: { charts: VNode[] }) {
  const [frame, width] = useWidth<HTMLDivElement>();
  return (
    <div ref={frame} class="chart-rows">
      {rowsOf(charts, Math.min(MOST, Math.max(1, Math.floor((width + GAP) / (LEAST + GAP))))).map((row, place) => (
        <div key={place} class="charts" style={{ gridTemplateColumns: `repeat(${row.length}, minmax(0, 1fr))` }}>
          {row}
        </div>
      ))}
    </div>
  );
}

/** The charts in as few rows as hold `most` each, which differ by one chart at most. */
function rowsOf(charts: VNode[], most: number): VNode[][] {
  const rows = Math.ceil(charts.length / most);
  const sizes = Array.from({ length: rows }, (_, place) => Math.floor((charts.length + rows - 1 - place) / rows));
  let next = 0;
  return sizes.map((size) => charts.slice(next, (next += size)));
}
