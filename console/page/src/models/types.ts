// What the server answers under /api/models/.

export interface ModelLine {
  task: string;
  execution: string;
  since: string;
  until: string;
  version: string;
  log_loss: number | null;
  auc: number | null;
  accuracy: number | null;
  rmse: number | null;
  mae: number | null;
  r2: number | null;
  why: string;
  /** What the gate held against it; none where its card is of an earlier version. */
  faults: string[];
  started_by: Record<string, string>;
  algorithm: string;
  serving: string;
  live: boolean;
}

export interface Task {
  task: string;
  kind: string;
  unit: string;
  lines: ModelLine[];
}

/** Something that the gate asked of a model. */
export interface Criterion {
  name: string;
  passes: boolean;
  value: number | null;
  bound: number | null;
  fault: string | null;
}

export interface Card {
  execution: string;
  kind: string;
  unit: string;
  features: string[];
  /** By the name of a feature. */
  units: Record<string, string> | null;
  /** What the labels 0 and 1 say; none of a regression. */
  answers: string[];
  /** What each feature is, by its name. */
  meanings: Record<string, string>;
  /** Where in the bucket the card is. */
  key: string;
  algorithm: string;
  rows: number;
  metrics: Record<string, unknown>;
  verdict: { promote?: boolean; reason?: string; criteria?: Criterion[] } | null;
  weights: number[] | null;
  training: Record<string, { mean: number; deviation: number }>;
  created: string;
}

export interface Field {
  name: string;
  unit: string;
  meaning: string;
  low: number;
  usual: number;
  high: number;
  mean: number;
  weight: number | null;
}

export interface Champion {
  execution: string;
  kind: string;
  unit: string;
  /** What is predicted, as "Whether the ride …". */
  meaning: string;
  /** What the labels 0 and 1 say; none of a regression. */
  answers: string[];
  /** When it was trained. */
  created: string;
  /** What a linear model answers to the mean of each feature: log odds, or the number. */
  base: number | null;
  features: Field[];
}

/** An input of a model by its digest, and what became of it: match, differs, gone or unknown. */
export interface Finding {
  name: string;
  digest: string;
  status: string;
  details: string[];
  objects: number | null;
  prefix: string | null;
}
