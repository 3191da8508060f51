// What a state logged, and what it read and wrote in S3: asked for once somebody opens it.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { Pre } from "../edges";
import { Trouble } from "../parts";
import { count, moment, size } from "../words";
import type { Location, Objects, State, Tail } from "./types";

interface Props {
  arn: string;
  state: State;
}

export function Evidence({ arn, state }: Props) {
  return (
    <>
      {state.has_log && (
        <Opened title="The end of its log" doing="Reading the log …" path="workflow/log" arn={arn} state={state} show={(tail: Tail) => <LogTail tail={tail} />} />
      )}
      <Opened
        title="What it read and wrote"
        doing="Looking at the objects that it names, and at those of its execution …"
        path="workflow/objects"
        arn={arn}
        state={state}
        show={(objects: Objects) => <ObjectTables objects={objects} />}
      />
    </>
  );
}

interface OpenedProps<T> extends Props {
  title: string;
  doing: string;
  path: string;
  show: (answer: T) => preact.ComponentChild;
}

/** Asks when it is opened, and again when the state has gone on. */
function Opened<T>({ title, doing, path, arn, state, show }: OpenedProps<T>) {
  const [isOpen, setOpen] = useState(false);
  const query = isOpen ? { arn, place: String(state.place) } : null;
  const { value: answer, trouble } = useAnswer<T>(path, query, `${state.status} ${state.attempts}`);
  return (
    <details class="text" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      <Trouble message={trouble} />
      {isOpen && answer === null && !trouble && <p class="quiet">{doing}</p>}
      {answer !== null && show(answer)}
    </details>
  );
}

function LogTail({ tail }: { tail: Tail }) {
  return (
    <>
      <p class="quiet">
        {tail.group}: {tail.lines.length < tail.read ? `the last ${tail.lines.length.toLocaleString()} of ` : ""}
        {count(tail.read, "line", "lines")}
        {!tail.is_whole && (
          <>
            {" "}
            that were read, the first of more: <code>wildrydes logs</code> has all
          </>
        )}
      </p>
      {tail.lines.length > 0 ? <Pre label={`The end of ${tail.group}`} text={tail.lines.join("\n")} /> : <p>Nothing was logged while it ran.</p>}
    </>
  );
}

function ObjectTables({ objects }: { objects: Objects }) {
  const more = objects.written_objects - objects.written.length;
  return (
    <>
      <Locations
        caption="Objects that its input, its call and its output name"
        all={objects.named}
        bucket={objects.bucket}
        none="It names no object of S3."
        more={objects.more_named > 0 ? `It names ${objects.more_named.toLocaleString()} more, which were not looked at.` : ""}
      />
      <Locations
        caption={`Written by the execution while the state ran${objects.is_denied ? "" : `: ${count(objects.written_objects, "object", "objects")}, ${size(objects.written_bytes)}`}`}
        all={objects.written}
        bucket={objects.bucket}
        none={objects.is_denied ? "Your credentials may not list the data bucket (s3:ListBucket)." : ""}
        more={
          (objects.written.length > 0 ? "S3 knows times in whole seconds: what other states wrote within its first or last second is listed, too. " : "") +
          (more > 0 ? `${more.toLocaleString()} more were written. ` : "") +
          (objects.is_cut ? "There are more than 1,000 objects under a prefix: those beyond were not looked at." : "")
        }
      />
    </>
  );
}

/** An address, or of an object of the data bucket its key alone. */
function within(address: string, bucket: string): string {
  const start = `s3://${bucket}/`;
  return address.startsWith(start) ? address.slice(start.length) : address;
}

interface LocationsProps {
  caption: string;
  all: Location[];
  bucket: string;
  none: string;
  more: string;
}

function Locations({ caption, all, bucket, none, more }: LocationsProps) {
  return (
    <>
      <h4>{caption}</h4>
      {all.length === 0 && none && <p>{none}</p>}
      {all.length > 0 && (
        <ul class="objects">
          {all.map((each) => (
            <li key={each.address}>
              <code title={each.address}>{within(each.address, bucket)}</code> <span class="quiet">{described(each)}</span>
            </li>
          ))}
        </ul>
      )}
      {more && <p class="quiet">{more}</p>}
    </>
  );
}

function described(location: Location): string {
  if (location.status === "denied") return "your credentials may not look at it";
  if (location.status === "absent") return "is not there now";
  const written = location.modified ? `, written ${moment(location.modified)}` : "";
  const objects = location.objects === 1 ? "" : `${location.is_cut ? "the first " : ""}${count(location.objects, "object", "objects")}, `;
  return `${objects}${size(location.bytes)}${written}`;
}
