// The parts of a long page by name: a click goes there. No links: the fragment of the address is the token's.

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

/** The id of a part of the page, by its name and by what it is a part of. */
export function idOf(of: string, name: string): string {
  return `${of}-${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}

function jump(id: string): void {
  const part = document.getElementById(id);
  part?.focus({ preventScroll: true });
  part?.scrollIntoView({ block: "start" });
}
