// The values of a single moment as bars, the highest first: each has its name and its number beside it.

import type { Level } from "./axis";
import { type Group, list, ranked } from "./series";
import { alike, short } from "./scale";

interface Props {
  groups: Group[];
  /** Marks across all bars. */
  levels?: Level[];
}

const MOST = 8;

/** Names of what went wrong: their bars have another colour. */
const BAD = /^(failed|timed out|stopped|rejected|without weather|4xx|5xx)$/;

export function Bars({ groups, levels = [] }: Props) {
  const all = ranked(groups.flatMap((each) => each.names.map((one) => ({ ...each, names: [one] }))));
  const values = all.map((each) => each.highest[1]);
  const words = alike(values);
  const most = Math.max(...values.map(Math.abs), ...levels.map(([value]) => value));
  const shown = all.slice(0, MOST);
  return (
    <>
      <ul class="bars">
        {shown.map(({ names, highest: [, value] }) => (
          <li key={names[0]}>
            <span>{names[0]}</span> <strong>{words(value)}</strong>
            {(all.length > 1 || levels.length > 0) && (
              <span class={`length${value < 0 ? " less" : ""}${BAD.test(names[0]!) ? " bad" : ""}`}>
                <span style={{ width: `${(Math.abs(value) / most) * 100}%` }} />
                {levels.map(([level]) => (
                  <i key={level} style={{ left: `min(${(level / most) * 100}%, 100% - 2px)` }} />
                ))}
              </span>
            )}
          </li>
        ))}
      </ul>
      {levels.length > 0 && <p class="quiet">The marks stand at {list(levels.map(([value, meaning]) => `${short(value)} (${meaning})`))}.</p>}
      <Rest groups={all.slice(MOST)} words={words} />
    </>
  );
}

/** The names of those for which there is no room. */
export function Rest({ groups, words }: { groups: Group[]; words: (value: number) => string }) {
  if (groups.length === 0) return null;
  return (
    <p class="quiet">
      And, lower: {groups.map((each) => `${list(each.names)} ${words(each.highest[1])}`).join(", ")}.
    </p>
  );
}
