// A table that scrolls by itself where it is wider than the page, or longer than it should be.

import type { JSX } from "preact";

export type Cell = string | JSX.Element;

interface Props {
  head: Cell[];
  /** The first cell of each row is the row's head. */
  rows: Cell[][];
  label: string;
  caption?: string;
  /** Whether the rows scroll within a low frame. */
  tall?: boolean;
}

export function Table({ head, rows, label, caption, tall = false }: Props) {
  return (
    <div class={tall ? "scroll tall" : "scroll"} tabIndex={0} role="group" aria-label={label}>
      <table>
        {caption && <caption>{caption}</caption>}
        <thead>
          <tr>
            {head.map((title, place) => (
              <th key={place} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...cells], number) => (
            <tr key={number}>
              <th scope="row">{first}</th>
              {cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
