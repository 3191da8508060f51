// The values of a single moment as bars, the highest first: each has its name and its number beside it.

import { type Group, list, ranked } from "./series";
import { DAY, type Name, paceOf, short } from "./scale";

interface Props {
  name: Name;
  groups: Group[];
  period: number;
  /** Whether the time of the points is not over yet. */
  isOpen: boolean;
}

const MOST = 8;

export function Bars({ name, groups, period, isOpen }: Props) {
  const all = ranked(groups.flatMap((each) => each.names.map((one) => ({ ...each, names: [one] }))));
  const most = Math.max(...all.map((each) => Math.abs(each.highest[1])));
  const shown = all.slice(0, MOST);
  return (
    <>
      <ul class="bars">
        {shown.map(({ names, highest: [, value] }) => (
          <li key={names[0]}>
            <span>{names[0]}</span> <strong>{short(value)}</strong>
            {all.length > 1 && (
              <span class={value < 0 ? "length less" : "length"}>
                <span style={{ width: `${(Math.abs(value) / most) * 100}%` }} />
              </span>
            )}
          </li>
        ))}
      </ul>
      <Rest groups={all.slice(MOST)} />
      <p class="quiet">
        Of the {paceOf(period)} {period < DAY && "from "}{name(groups[0]!.highest[0])}{isOpen && ", which is not over yet"}: no other one has points.
      </p>
    </>
  );
}

/** The names of those for which there is no room. */
export function Rest({ groups }: { groups: Group[] }) {
  if (groups.length === 0) return null;
  return (
    <p class="quiet">
      And, lower: {groups.map((each) => `${list(each.names)} ${short(each.highest[1])}`).join(", ")}.
    </p>
  );
}
