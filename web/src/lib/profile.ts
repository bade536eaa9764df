// A profile as the form holds it, as the program takes it, and as a link carries it.
import type { Diagnostic } from './api';
import { flow, pathAt } from './flow';
import { t } from './messages';
import { shellWord } from './shell';
import type { Json, ProfileList } from './types';

/** Texts of inputs; '' is unknown. Keys stay with their line or point while others come, go and move. */
export interface Line { key: number; drugs: string[]; text: Record<string, string> }
export interface Point { key: number; day: string; quantity: string; value: string }
export interface Profile {
  fields: Record<string, string>;
  earlier: 'unknown' | 'none' | 'listed';
  lines: Line[];
  courseRegimen: string;
  points: Point[];
  stated: boolean;
  weights: Record<string, string>;
}
export const parts = ['prior_lines', 'courses', 'preferences'] as const;
type Part = (typeof parts)[number];

let keys = 0;
export const newLine = (): Line => ({ key: ++keys, drugs: [], text: {} });
export const newPoint = (quantity: string, day = '', value = ''): Point => ({ key: ++keys, day, quantity, value });
export const blank = (list: ProfileList): Profile => ({
  fields: {}, earlier: 'unknown', lines: [], courseRegimen: list.courses.regimen, points: [], stated: false, weights: {}
});

/** A number where the text is one; else the text, which the program then refuses in words. */
const numberOr = (text: string): Json => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);

// --- to what the program takes ---

function linesOf(list: ProfileList, p: Profile): Json {
  if (p.earlier !== 'listed') return p.earlier === 'none' ? [] : 'unknown';
  return p.lines.map((l) => {
    const out: Record<string, Json> = {};
    for (const m of list.line_members) {
      const x = l.text[m.name] ?? '';
      if (m.kind === 'drugs' && l.drugs.length) out[m.name] = [...l.drugs];
      else if (m.kind !== 'drugs' && x && x !== 'unknown') out[m.name] = m.kind === 'number' ? numberOr(x) : x;
    }
    return out;
  });
}

function coursesOf(list: ProfileList, p: Profile): Json {
  if (!p.points.length) return 'unknown';
  const out: Record<string, Json> = p.courseRegimen && p.courseRegimen !== list.courses.regimen ? { regimen: p.courseRegimen } : {};
  for (const q of list.courses.quantities) {
    const at = p.points.filter((x) => x.quantity === q.name).sort((a, b) => Number(a.day) - Number(b.day));
    if (at.length) out[q.name] = { unit: q.unit, at: Object.fromEntries(at.map((x) => [String(numberOr(x.day)), numberOr(x.value)])) };
  }
  return out;
}

function preferencesOf(list: ProfileList, p: Profile): Json {
  if (!p.stated) return 'unknown';
  return Object.fromEntries(list.criteria.filter((c) => p.weights[c.id]).map((c) => [c.id, numberOr(p.weights[c.id] ?? '')]));
}

/** Every field and part, `unknown` where nothing is known. */
export function valuesOf(list: ProfileList, p: Profile): Record<string, Json> {
  const out: Record<string, Json> = {};
  for (const f of list.fields) out[f.name] = p.fields[f.name] || 'unknown';
  return { ...out, prior_lines: linesOf(list, p), courses: coursesOf(list, p), preferences: preferencesOf(list, p) };
}

/** What differs from another profile: the command line takes it before the sample's. */
export function difference(now: Record<string, Json>, base: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(now).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(base[k])));
}

export interface Question {
  sample: string;
  facts: Record<string, Json>;
  utilities: string;
  patients: number;
  seed: number;
}
export const bodyOf = (q: Question): object => ({
  ...(q.sample ? { profile: q.sample } : {}), ...(Object.keys(q.facts).length ? { with: q.facts } : {}), ...(q.utilities ? { utilities: q.utilities } : {}),
  patients: q.patients, seed: q.seed
});
export function commandFor(q: Question): string {
  const facts = Object.entries(q.facts).map(([k, v]) => `--with ${shellWord(`${k}=${typeof v === 'string' ? v : flow(v).text}`)}`);
  return ['quell recommend', ...(q.sample ? [q.sample] : []), ...facts, ...(q.utilities ? [`--utilities ${shellWord(q.utilities)}`] : []), `--patients ${q.patients} --seed ${q.seed}`].join(' ');
}
export function linkOf(q: Question): URLSearchParams {
  const facts = Object.entries(q.facts).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)]);
  return new URLSearchParams([...(q.sample ? [['sample', q.sample]] : []), ...facts, ...(q.utilities ? [['utilities', q.utilities]] : []), ['patients', String(q.patients)], ['seed', String(q.seed)]] as string[][]);
}

// --- from what the program or a link gives ---

const isMap = (v: Json | undefined): v is Record<string, Json> => v !== null && typeof v === 'object' && !Array.isArray(v);
const isText = (v: Json | undefined): v is string | number => typeof v === 'string' || typeof v === 'number';
const unread = (where: string, v: Json | undefined): string => t.linkUnread(where, JSON.stringify(v ?? null));

function putLines(list: ProfileList, p: Profile, v: Json): string[] {
  [p.earlier, p.lines] = ['unknown', []];
  if (v === null || v === 'unknown') return [];
  if (!Array.isArray(v)) return [unread('prior_lines', v)];
  const faults: string[] = [];
  p.earlier = v.length ? 'listed' : 'none';
  for (const x of v) {
    const line = newLine();
    p.lines.push(line);
    if (!isMap(x)) faults.push(unread('prior_lines', x));
    for (const [k, y] of Object.entries(isMap(x) ? x : {})) {
      const m = list.line_members.find((d) => d.name === k);
      if (m?.kind === 'drugs' && Array.isArray(y) && y.every((d) => typeof d === 'string')) line.drugs = y as string[];
      else if (m && m.kind !== 'drugs' && isText(y)) line.text[k] = y === 'unknown' ? '' : String(y);
      else faults.push(unread(`prior_lines, ${k}`, y));
    }
  }
  return faults;
}

function putCourses(list: ProfileList, p: Profile, v: Json): string[] {
  [p.courseRegimen, p.points] = [list.courses.regimen, []];
  if (v === null || v === 'unknown') return [];
  if (!isMap(v)) return [unread('courses', v)];
  const faults: string[] = [];
  for (const [k, x] of Object.entries(v)) {
    const q = list.courses.quantities.find((d) => d.name === k);
    if (k === 'regimen' && typeof x === 'string') p.courseRegimen = x;
    else if (q && isMap(x) && x['unit'] === q.unit && isMap(x['at']) && Object.values(x['at']).every(isText)) for (const [day, y] of Object.entries(x['at'])) p.points.push(newPoint(k, day, String(y)));
    else faults.push(unread(`courses, ${k}`, x));
  }
  return faults;
}

function putPreferences(list: ProfileList, p: Profile, v: Json): string[] {
  [p.stated, p.weights] = [false, {}];
  if (v === null || v === 'unknown') return [];
  if (!isMap(v)) return [unread('preferences', v)];
  const faults: string[] = [];
  p.stated = true;
  for (const [k, x] of Object.entries(v))
    if (list.criteria.some((c) => c.id === k) && isText(x)) p.weights[k] = String(x);
    else faults.push(unread(`preferences, ${k}`, x));
  return faults;
}
const putPart: Record<Part, (list: ProfileList, p: Profile, v: Json) => string[]> = { prior_lines: putLines, courses: putCourses, preferences: putPreferences };

export function fromSample(list: ProfileList, id: string): Profile {
  const p = blank(list);
  const s = list.samples.find((x) => x.id === id);
  if (!s) return p;
  p.fields = { ...s.known };
  for (const part of parts) putPart[part](list, p, s[part]);
  return p;
}

/** Puts what a link says over a profile; what cannot be taken is told in words. */
export function takeLink(list: ProfileList, p: Profile, link: URLSearchParams, others: string[]): string[] {
  const faults: string[] = [];
  for (const [name, text] of link) {
    const part = parts.find((x) => x === name);
    if (list.fields.some((f) => f.name === name)) p.fields[name] = text === 'unknown' ? '' : text;
    else if (part)
      try {
        faults.push(...putPart[part](list, p, text === 'unknown' ? text : (JSON.parse(text) as Json)));
      } catch {
        faults.push(t.linkUnread(part, text));
      }
    else if (!others.includes(name)) faults.push(t.linkUnknown(name));
  }
  return faults;
}

// --- mistakes, each at its place: 'age', 'prior_lines/KEY/ended', 'courses/KEY', 'preferences/os' ---

export type Marks = Record<string, string>;
const add = (marks: Marks, path: string, text: string) => (marks[path] = marks[path] ? `${marks[path]} ${text}` : text);

/** What would be lost or read wrongly if it were sent. */
export function localMistakes(p: Profile): Marks {
  const marks: Marks = {};
  const seen = new Set<string>();
  for (const x of p.points) {
    const at = `${x.quantity} ${Number(x.day)}`;
    if (!x.day.trim() || !x.value.trim()) add(marks, `courses/${x.key}`, t.pointIncomplete);
    else if (seen.has(at)) add(marks, `courses/${x.key}`, t.pointTwice(x.quantity, x.day));
    seen.add(at);
  }
  return marks;
}

function place(p: Profile, asked: Record<string, Json>, part: Part, column: number): string {
  const [first, second, third] = pathAt(asked[part] ?? null, column);
  if (part === 'prior_lines') {
    const line = typeof first === 'number' ? p.lines[first] : undefined;
    return line ? [part, line.key, ...(second === undefined ? [] : [second])].join('/') : part;
  }
  if (part === 'preferences') return first === undefined ? part : `${part}/${first}`;
  const point = second === 'at' ? p.points.find((x) => x.quantity === first && String(numberOr(x.day)) === third) : undefined;
  return point ? `${part}/${point.key}` : first === 'regimen' ? `${part}/regimen` : part;
}

/** A message as a sentence: names as they are, choices with commas. */
const sentence = (s: string): string => `${s.startsWith('`') ? s.charAt(0) : s.charAt(0).toUpperCase()}${s.slice(1)}.`.replaceAll('`', '').replace(/(\w)\|(?=\w)/g, '$1, ');

/** Where each diagnostic of the program belongs in the form; `asked` is what was sent. */
export function marksOf(list: ProfileList, p: Profile, asked: Record<string, Json>, diagnostics: Diagnostic[]): Marks {
  const marks: Marks = {};
  for (const d of diagnostics) {
    const part = parts.find((x) => d.file === `value of ${x}`);
    const named = /`(\w+)`/.exec(d.message)?.[1] ?? '';
    const text = [d.message, d.help ?? ''].filter(Boolean).map(sentence).join(' ');
    if (part) add(marks, place(p, asked, part, d.column ?? 0), text);
    else if (list.fields.some((f) => f.name === named)) add(marks, named, text);
  }
  return marks;
}

// --- pasted tables ---

/** Rows of `day,quantity,value`, or of a table with a column for each quantity. All rows are taken, or none. */
export function pointsOfCsv(list: ProfileList, text: string): { points: Point[]; faults: string[] } {
  const points: Point[] = [], faults: string[] = [];
  const rows = text.split(/\r?\n/).map((r, i) => ({ at: i + 1, cell: r.split(/[,;\t]/).map((c) => c.trim().replace(/^"(.*)"$/, '$1')) })).filter((r) => r.cell.some(Boolean));
  const names = list.courses.quantities.map((q) => q.name);
  const head = rows[0]?.cell.map((c) => c.toLowerCase()) ?? [];
  const titled = head.includes('day');
  const columns = titled ? head : ['day', 'quantity', 'value'];
  const wide = titled && !head.includes('quantity');
  if (titled) for (const c of columns) if (c !== 'day' && !(wide ? names.includes(c) : ['quantity', 'value'].includes(c))) faults.push(t.csvColumn(c, wide ? names.join(', ') : 'day, quantity, value'));
  for (const r of titled ? rows.slice(1) : rows) {
    if (r.cell.length > columns.length) faults.push(t.csvCells(r.at, r.cell.length, columns.length));
    const cell = (name: string) => r.cell[columns.indexOf(name)] ?? '';
    for (const q of wide ? names.filter((n) => columns.includes(n) && cell(n) !== '') : [cell('quantity').toLowerCase()]) {
      const value = wide ? cell(q) : cell('value');
      if (!names.includes(q)) faults.push(t.csvQuantity(r.at, q, names.join(', ')));
      for (const [what, x] of [['day', cell('day')], ['value', value]] as const) if (x === '' || !Number.isFinite(Number(x))) faults.push(t.csvNumber(r.at, what, x));
      points.push(newPoint(q, cell('day'), value));
    }
  }
  if (!points.length && !faults.length) faults.push(t.csvEmpty);
  return { points: faults.length ? [] : points, faults };
}
