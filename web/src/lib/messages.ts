// All words of the page, in one place, so that another language is one more object of this shape.
export const en = {
  title: 'quell',
  research: 'Research use only',
  researchLong:
    'Research use only. quell simulates groups of virtual patients. It is not a medical device, and must not be used to choose treatment for a person.',
  skip: 'Skip to the result',
  nav: { compare: 'Compare', patient: 'Patient', therapies: 'Therapies', trials: 'Trials', evidence: 'Evidence', model: 'Model', limits: 'Limits' },
  population: 'Population',
  regimens: 'Regimens',
  addRegimen: 'Add a regimen',
  remove: (name: string) => `Remove ${name}`,
  patients: 'Virtual patients',
  years: 'Years',
  seed: 'Seed',
  run: 'Compare',
  running: 'Simulating…',
  cancel: 'Stop',
  took: (n: number, s: number) => `${n.toLocaleString('en')} virtual patients, ${s.toFixed(1)} s`,
  whom: (n: number, title: string, years: number) =>
    `In this model, ${n.toLocaleString('en')} virtual patients (${title}), each followed for up to ${years} years under every regimen.`,
  views: { table: 'Effects table', curves: 'Curves', icons: 'Icons', courses: 'Courses', words: 'In words' },
  endpoint: 'Endpoint',
  simulated: 'simulated',
  published: 'published',
  noPublished: 'none in this evidence base',
  recalled: 'recalled, not checked against the paper',
  grade: {
    A: 'phase 3 in CLL',
    B: 'phase 1-2, 20 or more CLL patients',
    C: 'fewer than 20 CLL patients',
    D: 'no clinical data in CLL'
  } as Record<string, string>,
  gradeWord: 'Evidence',
  interval: {
    monte_carlo: 'sampling of virtual patients',
    parameter: 'doubt about parameters',
    trial: 'a trial of this size'
  } as Record<string, string>,
  band: '95 % band: sampling of virtual patients',
  months: 'months since start of treatment',
  days: 'days since start of treatment',
  pfs: 'alive without progression, per 100',
  atRisk: 'at risk',
  tableOf: 'Table',
  chartOf: 'Chart',
  csv: 'CSV',
  svg: 'SVG',
  png: 'PNG',
  copyCommand: 'Copy command',
  copied: 'Copied',
  link: 'Link to this view',
  source: (c: { model: string; model_hash: string; seed: number; tolerances: { rtol: number }; version?: string }) =>
    `Source: quell ${c.version ?? ''} · model ${c.model} ${c.model_hash.slice(0, 8)} · seed ${c.seed} · rtol ${c.tolerances.rtol}`,
  failed: (n: number) => `${n} patients failed to integrate; they are counted as failed, not as events.`,
  interrupted: 'Stopped early: these are the patients that finished.',
  notReached: 'not reached',
  outOf100: 'of 100 virtual patients',
  iconsTitle: (title: string) => `${title}: each mark is one of 100 virtual patients`,
  iconsYes: 'with',
  iconsNo: 'without',
  noServer: 'The program does not answer.',
  noServerHelp: 'Start it with `quell serve` and reload this page.',
  ahead: (a: string, b: string, p: number) =>
    `Of pairs of the same patient under both regimens that differ, ${Math.round(p * 100)} in 100 do better on ${a} than on ${b}.`,
  hr: (a: string, b: string) => `Hazard ratio for progression or death, ${a} against ${b}`,
  wordsHigh: (reg: string, n: number, what: string) => `${reg}: ${what} in ${n} of 100 virtual patients`
};
export type Messages = typeof en;
export const t: Messages = en;
