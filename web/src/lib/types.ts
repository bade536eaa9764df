// Shapes of the JSON that `quell` writes; the same bytes come from the command line and the API.

export interface Interval {
  lower: number | null;
  upper: number | null;
  level: number;
  kind: 'monte_carlo' | 'parameter' | 'trial';
}
export interface Published {
  value: number | null;
  lower: number | null;
  upper: number | null;
  source: string;
  trial: string;
  arm: string;
  population: string;
  verified: boolean;
}
export interface Endpoint {
  id: string;
  title: string;
  unit: string;
  estimate: number | null;
  interval: Interval;
  published: Published | null;
  published_more: Published[];
}
export interface Curve {
  id: string;
  month: number[];
  surv: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  at_risk: number[];
  events: number[];
  censored: number[];
}
export interface Course {
  output: string;
  title: string;
  unit: string;
  day: number[];
  q05: (number | null)[];
  q25: (number | null)[];
  q50: (number | null)[];
  q75: (number | null)[];
  q95: (number | null)[];
}
export interface Regimen {
  id: string;
  title: string;
  evidence_grade: 'A' | 'B' | 'C' | 'D';
  warning: string | null;
  patients_done: number;
  patients_failed: number;
  kernel: string;
  n_state: number;
  endpoints: Endpoint[];
  curves: Curve[];
  courses: Course[];
}
export interface Contrast {
  a: string;
  b: string;
  endpoint: string;
  difference: number | null;
  interval: Interval;
  p_ahead: number | null;
  hazard_ratio: { estimate: number; lower: number | null; upper: number | null } | null;
}
export interface Comparison {
  schema: string;
  version?: string;
  model: string;
  model_hash: string;
  seed: number;
  population: string;
  population_title: string;
  patients_total: number;
  years: number;
  tolerances: { rtol: number };
  interrupted: boolean;
  regimens: Regimen[];
  contrasts: Contrast[];
}

export interface Choice {
  id: string;
  title: string;
  line?: string | string[];
  evidence_grade?: string;
  warning?: string | null;
}
export interface About {
  version: string;
  model: string;
  model_hash: string;
  regimens: Choice[];
  populations: Choice[];
}
export interface CompareSettings {
  population: string;
  regimens: string[];
  patients: number;
  years: number;
  seed: number;
}
