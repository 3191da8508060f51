// Queues with their messages, and the dead letters, which are sent on their way again once somebody asks for it.

import { useState } from "preact/hooks";
import { post } from "../api";
import { Pre } from "../edges";
import { Ask, Empty, message, pretty, Trouble } from "../parts";
import { Table } from "../table";
import { count, moment, number } from "../words";

export interface Queue {
  name: string;
  messages: number;
  dead: boolean;
}

interface Letter {
  id: string;
  sent: string;
  body: string;
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
const MOST_SHOWN = 20_000;

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
  const some = queues.filter((each) => each.messages > 0);
  const none = queues.filter((each) => each.messages === 0);
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
      {some.length > 0 && <Numbers label="Queues with messages" queues={some} />}
      {none.length > 0 && (
        <details>
          <summary>{count(none.length, "queue has", "queues have")} no messages</summary>
          <Numbers label="Queues without messages" queues={none} />
        </details>
      )}
      {queues.filter((each) => each.dead && each.messages > 0).map((each) => <Letters key={each.name} queue={each} />)}
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

function Numbers({ label, queues }: { label: string; queues: Queue[] }) {
  return (
    <Table
      label={label}
      head={["Queue", "Messages", "Of what"]}
      rows={queues.map((each) => [each.name, number(each.messages), each.dead ? "dead letters" : "messages on their way"])}
    />
  );
}

/** Some of the dead letters of a queue, asked for once somebody opens them. */
function Letters({ queue }: { queue: Queue }) {
  const [letters, setLetters] = useState<Letter[] | null>(null);
  const [trouble, setTrouble] = useState("");
  const open = (isOpen: boolean) => {
    if (!isOpen) return;
    setTrouble("");
    post<Letter[]>("operations/letters", { queue: queue.name })
      .then(setLetters)
      .catch((fault: unknown) => setTrouble(message(fault)));
  };
  return (
    <details class="text" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>What waits in {queue.name}</summary>
      <Trouble message={trouble} />
      {!letters && !trouble && <p class="quiet">Asking SQS for some of them …</p>}
      {letters?.length === 0 && <Empty>SQS has given none this time: close it, and open it again.</Empty>}
      {letters?.map((each) => (
        <section key={each.id} aria-label={`The message ${each.id}`}>
          <h4>
            {each.id} <span class="quiet">sent {moment(each.sent)}</span>
          </h4>
          <Pre label={`The body of ${each.id}`} text={pretty(each.body).slice(0, MOST_SHOWN)} />
          {pretty(each.body).length > MOST_SHOWN && <p class="quiet">Its first {MOST_SHOWN.toLocaleString()} characters.</p>}
        </section>
      ))}
      {letters && letters.length < queue.messages && letters.length > 0 && (
        <p class="quiet">
          {letters.length} of {queue.messages.toLocaleString()}: SQS gives any of them, ten at most.
        </p>
      )}
    </details>
  );
}
