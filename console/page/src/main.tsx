// The page: who it shows, and the view. What changes is told by the server.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, listen } from "./api";
import { Removals } from "./data/removal";
import { DataView } from "./data/view";
import { useFocusOn } from "./focus";
import { ModelsView } from "./models/view";
import { OperationsView } from "./operations/view";
import { OutcomeList, Outcomes, useOutcomes } from "./outcomes";
import { message, Trouble } from "./parts";
import { Embedded, type Go, type Place, placeOf, type Target, type View, VIEWS } from "./places";
import { ServingView } from "./serving/view";
import "./style.css";
import { count } from "./words";
import type { Change } from "./workflow/types";
import { WorkflowView } from "./workflow/view";

interface About {
  stack: string;
  where: string;
  /** Of a task whose function may not be looked at there is none, and `trouble` says why. */
  champions: Record<string, string | null>;
  /** By task, the question that its model answers. */
  questions: Record<string, string>;
  is_embedded: boolean;
  /** How many alarms are on; null where they may not be looked at. */
  alarms: number | null;
  trouble: string;
}

/** Milliseconds between two looks at what the head shows. */
const PAUSE = 60_000;

/** The place that is shown, as the browser's history has it: *Back* and a reload lead to it. */
function usePlace(): [Place, (view: View, target?: Target) => void] {
  const [place, setPlace] = useState<Place>(() => placeOf(history.state) ?? { view: "Workflows", target: {} });
  useEffect(() => {
    history.replaceState(place, "");
    // An entry without a place is a jump within the view.
    const back = (event: PopStateEvent) => setPlace((before) => placeOf(event.state) ?? before);
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const go = (view: View, target: Target = {}) => {
    if (view === place.view) history.replaceState({ view, target }, "");
    else history.pushState({ view, target }, "");
    setPlace({ view, target });
  };
  return [place, go];
}

function Page() {
  const [{ view, target }, go] = usePlace();
  const place = useFocusOn<HTMLElement>(`${view} ${JSON.stringify(target)}`);
  useEffect(() => void (document.title = `${view}, Wild Rydes console`), [view]);
  const [about, setAbout] = useState<About | null>(null);
  const [changes, setChanges] = useState(new Map<string, Change>());
  const [trouble, setTrouble] = useState("");
  const [unread, setUnread] = useState("");
  const [ends, setEnds] = useState(0);
  const [gaps, setGaps] = useState(0);
  const [looks, setLooks] = useState(0);
  const { outcomes, add, remove } = useOutcomes();
  const opened = useRef(false);
  const hasFirst = useRef(false);
  const seen = useRef(new Map<string, string>());
  useEffect(() => {
    get<About>("about")
      .then((read) => (setAbout(read), setUnread(read.trouble)))
      .catch((fault: unknown) => setUnread(message(fault)));
  }, [ends, gaps, looks]);
  useEffect(() => {
    const timer = setInterval(() => setLooks((number) => number + 1), PAUSE);
    return () => clearInterval(timer);
  }, []);
  useEffect(
    () =>
      listen((event, data) => {
        if (event === "open") {
          // Between two streams more may have gone on than the second one tells of: what the first has told may be old.
          if (opened.current) {
            setGaps((number) => number + 1);
            setChanges(new Map());
          }
          opened.current = true;
        }
        if (event === "trouble") setTrouble((data as { message: string }).message);
        if (event !== "executions") return;
        setTrouble("");
        const changed = data as Change[];
        if (changed.length === 0) return;
        setChanges((before) => new Map([...before, ...changed.map((each) => [each.arn, each] as const)]));
        // A stream that is opened anew tells again what the one before has told.
        const fresh = changed.filter((each) => seen.current.get(each.arn) !== `${each.status} ${each.ended}`);
        for (const each of fresh) seen.current.set(each.arn, `${each.status} ${each.ended}`);
        // A retraining that has ended may have another champion; those that are told first had ended before.
        if (hasFirst.current && fresh.some((each) => each.status !== "RUNNING")) setEnds((number) => number + 1);
        hasFirst.current = true;
      }, setTrouble),
    [],
  );
  return (
    <Embedded.Provider value={about?.is_embedded ?? false}>
      <Outcomes.Provider value={add}>
        <header class="top">
          <button type="button" class="skip" onClick={() => document.querySelector("main")?.focus()}>
            Skip to the view
          </button>
          <h1>Wild Rydes</h1>
          {about && (
            <p class="quiet">
              Stack <strong>{about.stack}</strong> in {about.where}
            </p>
          )}
          <nav class="views" aria-label="Views">
            {VIEWS.map((each) => (
              <button
                key={each}
                type="button"
                aria-current={each === view ? "page" : undefined}
                title={each === "Operations" && about ? alarming(about.alarms) : undefined}
                onClick={() => go(each)}
              >
                {each}
                {each === "Operations" && about && alarming(about.alarms) && (
                  <span class="badge" aria-hidden="true">
                    {about.alarms ?? "?"}
                  </span>
                )}
              </button>
            ))}
          </nav>
          {about && <Champions about={about} go={go} />}
        </header>
        <main ref={place} tabIndex={-1}>
          <OutcomeList outcomes={outcomes} remove={remove} />
          <Trouble message={trouble} />
          {unread !== trouble && <Trouble message={unread} />}
          {view === "Workflows" && <WorkflowView changes={changes} gaps={gaps} target={target} go={go} />}
          {view === "Data" && <DataView key={target.execution} version={ends + gaps} target={target} go={go} />}
          {view === "Models" && <ModelsView key={target.task} version={ends + gaps} changes={changes} target={target} go={go} />}
          {view === "Serving" && <ServingView version={ends + gaps} champions={about?.champions ?? null} trouble={unread} go={go} />}
          {view === "Operations" && <OperationsView version={ends + gaps} go={go} />}
        </main>
        <footer class="quiet">Times are of your clock, {zone()}. A day of the monitor is one of UTC.</footer>
      </Outcomes.Provider>
    </Embedded.Provider>
  );
}

/** How many alarms are on; undefined where none is. */
function alarming(alarms: number | null): string | undefined {
  if (alarms === null) return "Your credentials may not look at alarms";
  return alarms > 0 ? `${count(alarms, "alarm is", "alarms are")} on` : undefined;
}

/** The clock's offset from UTC now, "UTC+01:00". */
function zone(): string {
  const minutes = -new Date().getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((each) => String(each).padStart(2, "0"));
  return `UTC${minutes < 0 ? "\u2212" : "+"}${hours}:${rest}`;
}

/** Of each task its question, and its champion, which answers it: the model is named by its retraining. Folded in a narrow window. */
function Champions({ about, go }: { about: About; go: Go }) {
  const [isOpen] = useState(!matchMedia("(max-width: 48rem)").matches);
  const all = Object.keys(about.questions).length;
  const answering = Object.values(about.champions).filter((each) => each !== null).length;
  return (
    <details class="questions" open={isOpen}>
      <summary>
        Learns from unicorn rides, and answers {count(all, "question", "questions")}, each by its champion model: {answering} of {all}{" "}
        {answering === 1 ? "has" : "have"} a model so far
      </summary>
      <ul class="champions" aria-label="Champions">
        {Object.entries(about.champions).map(([task, execution]) => (
          <li key={task}>
            {task} <span class="quiet">{about.questions[task]}:</span>{" "}
            {execution ? (
              <button type="button" class="link" title={`Show the model of ${execution}`} onClick={() => go("Models", { task })}>
                {execution}
              </button>
            ) : (
              "no model yet"
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

// A file that is dropped beside the place for it the browser would open, in the place of the page.
for (const event of ["dragover", "drop"] as const)
  document.addEventListener(event, (drag) => drag.dataTransfer?.types.includes("Files") && drag.preventDefault());

render(
  <Removals>
    <Page />
  </Removals>,
  document.getElementById("page")!,
);
