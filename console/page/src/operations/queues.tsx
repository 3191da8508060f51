// Queues with their messages, and the dead letters, which are sent on their way again once somebody asks for it.

import { useState } from "preact/hooks";
import { post } from "../api";
import { Ask } from "../parts";
import { Table } from "../table";
import { count } from "../words";

export interface Queue {
  name: string;
  messages: number;
  dead: boolean;
}

interface Resent {
  /** By the id of a message, why it was left. */
  left: Record<string, string>;
}

interface Replayed {
  sentences: string[];
  events: Resent;
  samples: Resent;
  ends: Resent;
  announcements: Resent;
  costs: Resent;
  starts: Resent;
}

const MOST_NAMED = 5;

/** Why messages were left, the first of them. */
function reasons({ events, samples, ends, announcements, costs, starts }: Replayed): string[] {
  const left = [events, samples, ends, announcements, costs, starts].flatMap((each) => Object.entries(each.left));
  const named = left.slice(0, MOST_NAMED).map(([id, why]) => `The message ${id} was left: ${why}`);
  return left.length > MOST_NAMED ? [...named, `And ${left.length - MOST_NAMED} more: left as well`] : named;
}

/** What became of the queues that had dead letters, and why some were left. */
function account(replayed: Replayed): string[] {
  const all = replayed.sentences;
  const some = all.filter(isOfSome);
  const others = some.length === all.length ? [] : [some.length > 0 ? "The other queues had none." : "No queue had any."];
  return [...some, ...others, ...reasons(replayed)];
}

/** Whether a sentence, which begins with its queue's name, is of some dead letters, or of a failure. */
const isOfSome = (sentence: string) => /[1-9]|failed/.test(sentence.slice(sentence.indexOf(":")));

export function Queues({ queues, look }: { queues: Queue[]; look: () => void }) {
  const [replaying, setReplaying] = useState(false);
  const [said, setSaid] = useState<string[]>([]);
  const dead = queues.filter((each) => each.dead).reduce((sum, each) => sum + each.messages, 0);
  return (
    <>
      <p>
        {dead === 0
          ? "There are no dead letters: what came in has been taken, or is on its way."
          : `${count(dead, "message has failed too often and waits as a dead letter", "messages have failed too often and wait as dead letters")}.`}
      </p>
      {dead > 0 && (
        <p class="buttons">
          <button type="button" class="main" onClick={() => setReplaying(true)}>
            Replay dead letters …
          </button>
        </p>
      )}
      {said.length > 0 && (
        <ul role="status" aria-label="What became of the dead letters">
          {said.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      <Table
        label="Queues with their messages"
        head={["Queue", "Messages", "Of what"]}
        rows={queues.map((each) => [each.name, each.messages.toLocaleString(), each.dead ? "dead letters" : "messages on their way"])}
      />
      {replaying && (
        <Ask
          title="Replay all dead letters?"
          confirm="Replay them"
          act={async () => {
            const replayed = await post<Replayed>("operations/replay", {});
            setSaid(account(replayed));
            look();
          }}
          close={() => setReplaying(false)}
        >
          <p>
            Each is sent on its way again, to the function or queue that it failed in. Mend first what made it fail: what fails again is
            back in its queue after some minutes. Nothing is lost; an event may be sent twice, which gives the same rides with the
            same ids.
          </p>
        </Ask>
      )}
    </>
  );
}
