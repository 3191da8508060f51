// A table that scrolls by itself where it is wider than the page.

import type { JSX } from "preact";

export type Cell = string | JSX.Element;

export function Table({ head, rows, label }: { head: string[]; rows: Cell[][]; label?: string }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label ?? head[0]}>
      <table>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
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
