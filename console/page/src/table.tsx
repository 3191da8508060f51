// A table that shows all of each cell at every width: where its columns have no room side by side, each row is a block of
// lines, each line with the head of its column. What is longer than it should be scrolls within a low frame.

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useEdges } from "./edges";

export type Cell = string | JSX.Element;

interface Props {
  head: Cell[];
  /** The heads as texts, where some are more than a text: a row that is a block has them before its cells. */
  names?: string[];
  /** The first cell of each row is the row's head. */
  rows: Cell[][];
  label: string;
  caption?: string;
  /** The places of columns of numbers, which end at one line. */
  numbers?: number[];
  /** Whether the rows scroll within a low frame. */
  tall?: boolean;
}

/** Characters from which on a text is prose: it needs a column that is wide enough to be read. */
const PROSE = 40;

export function Table({ head, names, rows, label, caption, numbers = [], tall = false }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (frame.current) fit(frame.current);
  });
  useEdges(frame);
  useLayoutEffect(() => {
    const element = frame.current!;
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      fit(element);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const name = (place: number) => names?.[place] ?? (typeof head[place] === "string" ? (head[place] as string) : "");
  return (
    <div class={tall ? "scroll tall" : "scroll"} tabIndex={0} role="group" aria-label={label} ref={frame}>
      <table role="table">
        {caption && <caption>{caption}</caption>}
        <thead role="rowgroup">
          <tr role="row">
            {head.map((title, place) => (
              <th key={place} scope="col" role="columnheader" class={numbers.includes(place) ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(([first, ...cells], number) => (
            <tr key={number} role="row">
              <th scope="row" role="rowheader">
                {first}
              </th>
              {cells.map((cell, place) => (
                <td
                  key={place}
                  role="cell"
                  class={numbers.includes(place + 1) ? "number" : typeof cell === "string" && cell.length > PROSE ? "prose" : undefined}
                  data-head={name(place + 1)}
                  data-empty={cell === "" ? "" : undefined}
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Let the rows be blocks where the columns would be wider than the frame. */
function fit(frame: HTMLElement): void {
  frame.classList.remove("stacked");
  frame.classList.toggle("stacked", frame.scrollWidth > frame.clientWidth);
}
