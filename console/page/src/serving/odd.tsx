// Objects where the monitor's days should be, which are none: they are named and left out.

import { count, number } from "../words";

const MOST = 5;

export function OddObjects({ keys }: { keys: string[] }) {
  if (keys.length === 0) return null;
  return (
    <p class="trouble">
      {count(keys.length, "object is", "objects are")} no day's: {keys.slice(0, MOST).join(", ")}
      {keys.length > MOST && ` and ${number(keys.length - MOST)} more`}. They are left out.
    </p>
  );
}
