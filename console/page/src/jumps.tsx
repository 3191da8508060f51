// The parts of a long page by name: a click goes there, and another one back. No links: the fragment of the address is the token's.

import { useEffect, useState } from "preact/hooks";

interface Props {
  label: string;
  /** The name of each part, and the id of its element, which can be focused. */
  to: [string, string][];
}

export function Jumps({ label, to }: Props) {
  return (
    <nav class="jumps" aria-label={label}>
      <span class="quiet">Go to</span>
      {to.map(([name, id]) => (
        <button key={id} type="button" class="link" onClick={() => jump(id)}>
          {name}
        </button>
      ))}
    </nav>
  );
}

/** Windows that the page has to be scrolled down before there is a way back. */
const FAR = 1.5;

/** A way back to the top of a long page, once the top is far away. */
export function Up() {
  const [isFar, setIsFar] = useState(false);
  useEffect(() => {
    const measure = () => setIsFar(scrollY > innerHeight * FAR);
    measure();
    addEventListener("scroll", measure, { passive: true });
    return () => removeEventListener("scroll", measure);
  }, []);
  const rise = () => {
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("main button, main [tabindex='0']")?.focus({ preventScroll: true });
  };
  return isFar ? (
    <button type="button" class="up" onClick={rise}>
      ↑ To the top
    </button>
  ) : null;
}

/** The id of a part of the page, by its name and by what it is a part of. */
export function idOf(of: string, name: string): string {
  return `${of}-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}

function jump(id: string): void {
  const part = document.getElementById(id);
  part?.focus({ preventScroll: true });
  part?.scrollIntoView({ block: "start" });
}
