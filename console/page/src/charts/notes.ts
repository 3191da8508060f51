// What the numbers of the dashboard's charts are, by the beginning of a chart's title.

const NOTES: [string, string][] = [
  ["Executions of ", "How many began, and how many came to each end."],
  ["What became of ", "Promoted: its model went live. Kept: it did not, and what answered before still does. Yielded: another retraining was under way."],
  ["Seconds by state", "The mean time in a state. A state that took no time to speak of is not drawn."],
  ["Rides stored", "One at a time, by the queues."],
  ["Rides", "Of ride files, counted once a retraining ends with a model: those of a failed one are not counted. Rides that come one at a time count at once."],
  ["Messages that wait", "The most that were in a queue within the minute."],
  ["Dead letters", "Messages that have failed too often, by queue."],
  ["Empty receives", "How often a function looked into its queue and nothing was there: it costs a request, and is no fault."],
  ["Errors of functions", "Invocations that failed."],
  ["Errors", "4xx: the request was wrong or refused. 5xx: the service failed."],
  ["Latency", "Half of the requests took less than p50, 99 of 100 less than p99."],
  ["Numbers answered", "A tenth of the answers are below the lowest of these numbers, half below the middle one, nine tenths below the highest."],
  ["How far", "The PSI of the feature that lies farthest from training, and of the champion's answers. Up to 0.1 is close, above 0.25 is far."],
  ["Features that drifted", "How many lie elsewhere than in training, beyond chance."],
  ["Cost of executions", "At list prices of AWS; the embedded AWS costs nothing. Cost of a month, below, adds up a month, with all other services."],
];

/** What the numbers of a chart are; empty where its title says it. */
export function noteOf(title: string): string {
  // The longest beginning is the one that is meant: "Rides stored" are not those of ride files.
  const [, note] = NOTES.filter(([beginning]) => title.startsWith(beginning)).sort(([one], [other]) => other.length - one.length)[0] ?? ["", ""];
  return note;
}
