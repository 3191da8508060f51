// What the numbers of the dashboard's charts are, by the beginning of a chart's title.

const NOTES: [string, string][] = [
  ["Executions of ", "How many began and how many ended, by their end."],
  ["What became of ", "Promoted: its model went live. Kept: the champion stayed. Yielded: another retraining was under way."],
  ["Seconds by state", "The mean time in a state. A state that took no time to speak of is not drawn."],
  ["Rides stored", "One at a time, by the queues."],
  ["Rides", "Of the ride files that retrainings ingested."],
  ["Depth", "Messages that wait in a queue."],
  ["Dead letters", "Messages that have failed too often, by queue."],
  ["Empty receives", "How often a function looked into its queue and nothing was there: it costs a request, and is no fault."],
  ["Errors of functions", "Invocations that failed."],
  ["Errors", "4xx: the request was wrong or refused. 5xx: the service failed."],
  ["Latency", "Half of the requests took less than p50, 99 of 100 less than p99."],
  ["Scores by label", "Probabilities that were answered, by the label that was answered with them. A tenth is below p10, half below p50."],
  ["Values of", "The numbers that were answered. A tenth is below p10, half below p50, nine tenths below p90."],
  ["Drift", "By the day that the monitor looked at, against the rows of training. A day with too few rows counts 0 drifted features."],
  ["Served quality", "By the day that the monitor looked at: the champion's measure on answers whose truth came in; lower is better."],
  ["Cost of executions", "At list prices of AWS; the embedded AWS costs nothing."],
  ["Executions of this month in USD", "At list prices, so far. Cost of a month, below, has all other services too."],
];

/** What the numbers of a chart are; empty where its title says it. */
export function noteOf(title: string): string {
  // The longest beginning is the one that is meant: "Executions of this month" is no count of a workflow's.
  const [, note] = NOTES.filter(([beginning]) => title.startsWith(beginning)).sort(([one], [other]) => other.length - one.length)[0] ?? ["", ""];
  return note;
}
